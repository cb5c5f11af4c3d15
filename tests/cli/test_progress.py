"""Progress: one line, replaced in place, on a terminal only."""

from io import StringIO

from fedmarket.cli.progress import ERASE, Progress


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_file_gets_nothing() -> None:
    stream = StringIO()
    progress = Progress(stream)
    progress.show("Training …")
    progress.clear()
    assert stream.getvalue() == ""


def test_a_terminal_shows_the_latest_sentence_and_is_left_clean() -> None:
    stream = Terminal()
    progress = Progress(stream)
    for text in ("one", "one", "two"):
        progress.show(text)
    progress.clear()
    progress.clear()
    assert stream.getvalue() == f"{ERASE}one{ERASE}two{ERASE}"
