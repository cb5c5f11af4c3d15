"""A line a round, printed as the rounds come."""

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.text import Text

from fedmarket.cli.language import Words
from fedmarket.cli.page import Page, printable
from fedmarket.cli.why import refusals
from fedmarket.embedded.report import RoundLine

PPB = 1_000_000_000
GAP = "  "
BEFORE = {"round": 5, "loss": 6, "skill": 6}
FIGURES = {"accuracy": 8, "auc": 5, "rmse": 7, "mae": 7}
"""Of a model's figures those that say what skill does not: R^2 on the validation set is skill."""
AFTER = {"updates": 7, "gas": 7, "seconds": 7}


def figure(value: float) -> str:
    """Return a figure in three decimals, or where it is large in its four leading digits."""
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


class RoundLines:
    """Prints the headings before the first round and a line for each; the reasons for refusals come last."""

    def __init__(self, page: Page, words: Words) -> None:
        self._page, self._words = page, words
        self._widths: list[int] = []

    def show(self, line: RoundLine) -> None:
        """Print one round."""
        figures = {name: value for name, value in line.figures.items() if name in FIGURES}
        if not self._widths:
            self._begin({**BEFORE, **{name: FIGURES[name] for name in figures}, **AFTER})
        cells = [
            str(line.number),
            f"{line.loss:.3f}",
            f"{line.skill_ppb / PPB:.3f}",
            *(figure(value) for value in figures.values()),
            str(line.updates),
            f"{line.gas:,}",
            f"{line.seconds:.2f}",
        ]
        reasons = Counter(reason for _, reason in line.refused)
        self._page.show(Text(self._row(cells, printable(refusals(sorted(reasons.items()), self._words.lang)))))

    def _begin(self, columns: Mapping[str, int]) -> None:
        headings = [self._words(name) for name in columns]
        self._widths = [max(width, cell_len(text)) for width, text in zip(columns.values(), headings, strict=True)]
        self._page.title(self._words("rounds_title"))
        self._page.show(Text(self._row(headings, self._words("refused")), "dim"))

    def _row(self, cells: Sequence[str], last: str) -> str:
        padded = (" " * (width - cell_len(cell)) + cell for cell, width in zip(cells, self._widths, strict=True))
        return GAP.join((*padded, last))
