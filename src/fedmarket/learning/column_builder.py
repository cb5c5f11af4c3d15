"""Cells as they come from a file, gathered into a column of numbers, or of texts once one cell is no number."""

import re
from collections.abc import Sequence

import numpy as np

from fedmarket.learning.sheet import BEYOND, MISSING, Numbers, Texts
from fedmarket.learning.table import FloatArray

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
NUMBER_CHARACTERS = b"0123456789+-.eE "
NO_NUMBER = frozenset({"", "?", "na", "n/a", "nan", "null", "none"})
"""What stands for an empty cell among numbers."""
NO_TEXT = NO_NUMBER - {"none"}
"""What stands for an empty cell among texts, where "none" may be an answer."""
MOST_TEXTS = 50_000
"""Different texts that are kept of a column: one with more is no category whatever else it holds."""


class ColumnBuilder:
    """Takes a column's cells block by block.

    It keeps no text of cells that were numbers. `late` says that a text came after such a block: the column must be
    built again with `texts=True`.
    """

    def __init__(self, *, texts: bool = False) -> None:
        self._numbers: list[FloatArray] = []
        self._texts = texts
        self._places: dict[str, int] = {}
        self._codes: list[np.ndarray[tuple[int], np.dtype[np.int32]]] = []
        self.odd: tuple[int, str] | None = None
        self.late = False

    def add(self, cells: Sequence[str], row_numbers: Sequence[int]) -> None:
        """Take a block of cells that stand in the rows `row_numbers` of the file; blanks around them do not count."""
        if self.late:
            return
        numbers = as_numbers(cells) if not self._texts else None
        if numbers is not None:
            self._numbers.append(numbers)
            return
        cells = [cell.strip() for cell in cells]
        if self.odd is None:
            self.odd = _first_odd(cells, row_numbers)
        self.late, self._texts = bool(self._numbers), True
        if not self.late:
            self._codes.append(self._coded(cells))

    def build(self) -> Numbers | Texts:
        """Return the column."""
        if not self._texts:
            return Numbers(np.concatenate(self._numbers) if self._numbers else np.empty(0))
        values = tuple(self._places)
        # A cell counts as empty by its text, so that is decided once a text and not once a cell.
        kept = np.array([value.lower() not in NO_TEXT for value in values], np.bool_)
        renamed = np.where(kept, np.cumsum(kept) - 1, MISSING).astype(np.int32)
        renamed = np.append(renamed, np.int32(BEYOND))
        codes = np.concatenate(self._codes) if self._codes else np.empty(0, np.int32)
        texts = tuple(value for value, keep in zip(values, kept, strict=True) if keep)
        return Texts(renamed[np.where(codes == BEYOND, len(values), codes)], texts, self.odd)

    def _coded(self, cells: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
        places = self._places
        if len(places) + len(cells) <= MOST_TEXTS:
            codes = [places.setdefault(cell, len(places)) for cell in cells]
        else:
            codes = [self._place(cell) for cell in cells]
        return np.array(codes, np.int32)

    def _place(self, cell: str) -> int:
        if cell not in self._places and len(self._places) >= MOST_TEXTS:
            return BEYOND
        return self._places.setdefault(cell, len(self._places))


def as_numbers(cells: Sequence[str]) -> FloatArray | None:
    """Return cells as float64, NaN for empty ones, or None where one is neither."""
    found = _plain_numbers(cells)
    return _plain_numbers([_present(cell) for cell in cells]) if found is None else found


def is_number(cell: str) -> bool:
    """Tell whether a cell is a number as every reader here takes it: ASCII digits, no separators of thousands."""
    return NUMBER.fullmatch(cell) is not None


def _plain_numbers(cells: Sequence[str]) -> FloatArray | None:
    joined = "".join(cells)
    # float() also takes "1_000", "inf" and other alphabets' digits; these characters leave it nothing but numbers.
    if not joined.isascii() or joined.encode().translate(None, NUMBER_CHARACTERS):
        return None
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return _with_gaps(cells) if "" in cells else None


def _with_gaps(cells: Sequence[str]) -> FloatArray | None:
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return None


def _present(cell: str) -> str:
    """Return the cell without blanks around it, empty where it says that it is."""
    stripped = cell.strip()
    return "" if stripped.lower() in NO_NUMBER else stripped


def _first_odd(cells: Sequence[str], row_numbers: Sequence[int]) -> tuple[int, str] | None:
    for cell, row in zip(cells, row_numbers, strict=True):
        if not is_number(cell) and cell.lower() not in NO_NUMBER:
            return row, cell
    return None
