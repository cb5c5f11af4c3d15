"""Standard output as a page: tables and sentences fitted to its width, coloured on a terminal only."""

from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text


class Page:
    """Prints what is shown to `stream`, 80 columns wide where that is no terminal and COLUMNS is not set."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)

    @property
    def width(self) -> int:
        """Columns that fit in a line."""
        return self._console.width

    def show(self, *lines: RenderableType) -> None:
        """Print each of `lines`, without trailing blanks."""
        with self._console.capture() as captured:
            for line in lines:
                self._console.print(line)
        self._stream.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
        self._stream.flush()

    def title(self, text: str) -> None:
        """Print a heading with a blank line before it."""
        self.show("", Text(text, "bold"))


def plain_table(*columns: str, right: int | None = None) -> Table:
    """Return an empty table with headings; all columns but the first are right-aligned, or the last `right`."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="dim", border_style="dim")
    aligned = len(columns) - (len(columns) - 1 if right is None else right)
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place >= aligned else "left")
    return table


def printable(text: str) -> str:
    """Return `text` without characters that could steer a terminal; they may come from a stranger's record."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
