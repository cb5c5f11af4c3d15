"""Standard output as a page: tables and sentences fitted to its width, coloured on a terminal only."""

from dataclasses import dataclass
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from fedmarket.cli.wrapping import wrap

LEAST_WIDTH = 40
"""Columns that lines are fitted to even where a terminal says that it has fewer."""
NARROWEST = 24
"""Cells that a column of sentences needs at least."""


class Page:
    """Prints what is shown to `stream`, 80 columns wide where that is no terminal and COLUMNS is not set."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self._console.width = max(self._console.width, LEAST_WIDTH)

    @property
    def width(self) -> int:
        """Columns that fit in a line."""
        return self._console.width

    def show(self, *lines: RenderableType) -> None:
        """Print each of `lines`, without trailing blanks."""
        with self._console.capture() as captured:
            for line in lines:
                self._console.print("\n".join(wrap(line, self.width)) if isinstance(line, str) else line)
        self._stream.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))
        self._stream.flush()

    def title(self, text: str) -> None:
        """Print a heading with a blank line before and after it."""
        self.show("", Text(text, "bold"), "")


def plain_table(*columns: str, right: int | None = None) -> Table:
    """Return an empty table with headings; all columns but the first are right-aligned, or the last `right`."""
    table = Table(
        box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim", border_style="dim"
    )
    aligned = len(columns) - (len(columns) - 1 if right is None else right)
    for place, name in enumerate(columns):
        table.add_column(name, justify="right" if place >= aligned else "left")
    return table


@dataclass(frozen=True)
class Prose:
    """A sentence in a table's cell, wrapped as `wrap` does."""

    text: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text("\n".join(wrap(self.text, options.max_width)))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        wanted = cell_len(self.text)
        return Measurement(min(wanted, NARROWEST), wanted).with_maximum(options.max_width)


def printable(text: str) -> str:
    """Return `text` without characters that could steer a terminal; they may come from a stranger's record."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
