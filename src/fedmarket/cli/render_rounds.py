"""A line a round, printed as the rounds come."""

from collections import Counter
from collections.abc import Sequence

from rich.cells import cell_len
from rich.text import Text

from fedmarket.cli.language import Words
from fedmarket.cli.page import Page, printable
from fedmarket.cli.why import refusals
from fedmarket.embedded.report import RoundLine

PPB = 1_000_000_000
GAP = "  "
COLUMNS = {"round": 5, "loss": 6, "skill": 6, "accuracy": 8, "auc": 5, "updates": 7, "gas": 7, "seconds": 7}


class RoundLines:
    """Prints the headings before the first round and a line for each; the reasons for refusals come last."""

    def __init__(self, page: Page, words: Words) -> None:
        self._page, self._words = page, words
        self._headings = [words(name) for name in COLUMNS]
        self._widths = [
            max(width, cell_len(heading)) for width, heading in zip(COLUMNS.values(), self._headings, strict=True)
        ]
        self._started = False

    def show(self, line: RoundLine) -> None:
        """Print one round."""
        if not self._started:
            self._page.title(self._words("rounds_title"))
            self._page.show(Text(self._row(self._headings, self._words("refused")), "dim"))
            self._started = True
        cells = [
            str(line.number),
            f"{line.loss:.3f}",
            f"{line.skill_ppb / PPB:.3f}",
            f"{line.accuracy:.3f}",
            f"{line.auc:.3f}",
            str(line.updates),
            f"{line.gas:,}",
            f"{line.seconds:.2f}",
        ]
        reasons = Counter(reason for _, reason in line.refused)
        self._page.show(Text(self._row(cells, printable(refusals(sorted(reasons.items()), self._words.lang)))))

    def _row(self, cells: Sequence[str], last: str) -> str:
        padded = (" " * (width - cell_len(cell)) + cell for cell, width in zip(cells, self._widths, strict=True))
        return GAP.join((*padded, last))
