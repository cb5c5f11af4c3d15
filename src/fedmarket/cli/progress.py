"""One line that says what is going on, on a terminal's standard error only."""

from typing import TextIO

ERASE = "\r\x1b[2K"


class Progress:
    """Shows the latest sentence in place; does nothing where `stream` is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._text = ""

    def show(self, text: str) -> None:
        """Replace what is shown by `text`; an empty one takes the line away."""
        if self._live and text != self._text:
            self._stream.write(ERASE + text)
            self._stream.flush()
        self._text = text

    def clear(self) -> None:
        """Take the line away before something else is printed."""
        self.show("")
