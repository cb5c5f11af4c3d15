"""A file of data as it stands: named columns of numbers or texts, and the file's row behind each of their cells."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import DataError
from fedmarket.learning.table import FloatArray, IntVector

Codes = NDArray[np.int32]
MISSING = -1
BEYOND = -2
"""Code of a text that came after a column had more different texts than are kept."""


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column of numbers: `values` (n,), NaN where the cell is empty."""

    values: FloatArray

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which cells are empty (n,)."""
        return np.isnan(self.values)

    def rows(self, places: IntVector | NDArray[np.bool_]) -> "Numbers":
        """Return the column of some rows."""
        return Numbers(self.values[places])


@dataclass(frozen=True, eq=False)
class Texts:
    """A column with at least one cell that is no number: `codes` (n,) are places in `values`, or MISSING, or BEYOND.

    `odd` is the first cell that is no number, with the file's row it stands in.
    """

    codes: Codes
    values: tuple[str, ...]
    odd: tuple[int, str] | None = None

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which cells are empty (n,)."""
        found: NDArray[np.bool_] = self.codes == MISSING
        return found

    def rows(self, places: IntVector | NDArray[np.bool_]) -> "Texts":
        """Return the column of some rows."""
        return Texts(self.codes[places], self.values, self.odd)


@dataclass(frozen=True, eq=False)
class Unusable:
    """A column that no feature can be made of: lists, images, bytes; `kind` is what its file calls it."""

    kind: str
    count: int

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Which cells are empty (n,): nobody looked, so none."""
        return np.zeros(self.count, np.bool_)

    def rows(self, places: IntVector | NDArray[np.bool_]) -> "Unusable":
        """Return the column of some rows."""
        return Unusable(self.kind, len(np.arange(self.count)[places]))


Column = Numbers | Texts | Unusable


@dataclass(frozen=True, eq=False)
class Sheet:
    """`columns` of n rows each; `row_numbers` (n,) count as the file's readers do; `doubled` names stand twice."""

    columns: Mapping[str, Column]
    row_numbers: IntVector
    doubled: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.row_numbers)

    def rows(self, places: IntVector | NDArray[np.bool_]) -> "Sheet":
        """Return the sheet of some rows only: their places, or a mask (n,)."""
        columns = {name: column.rows(places) for name, column in self.columns.items()}
        return Sheet(columns, self.row_numbers[places], self.doubled)

    def column(self, name: str) -> Column:
        """Return a column; raises DataError missing_columns or duplicate_column."""
        self.require((name,))
        return self.columns[name]

    def require(self, names: tuple[str, ...]) -> None:
        """Raise DataError where one of `names` is missing (missing_columns) or stands twice (duplicate_column)."""
        missing = [name for name in names if name not in self.columns]
        if missing:
            raise DataError("data.missing_columns", columns=listed(missing), found=listed(self.columns))
        for name in names:
            if name in self.doubled:
                raise DataError("data.duplicate_column", column=name)


def as_texts(column: Numbers | Texts) -> Texts:
    """Return a column with its numbers written as texts: 2 and 2.0 both as "2"."""
    if isinstance(column, Texts):
        return column
    distinct, codes = np.unique(column.values, return_inverse=True)
    numbered: Codes = np.where(np.isnan(column.values), MISSING, codes).astype(np.int32)
    return Texts(numbered, tuple(plain(value) for value in distinct[~np.isnan(distinct)]))


def plain(value: float) -> str:
    """Return a number as people write it: "2" for 2.0, "0.5" for 0.5."""
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def listed(names: "Mapping[str, object] | list[str] | tuple[str, ...]", most: int = 12) -> str:
    """Return names in a sentence: the first `most`, each cut at 40 characters, and how many there are in all."""
    found = list(names)
    more = f", … ({len(found)})" if len(found) > most else ""
    return ", ".join(name[:40] for name in found[:most]) + more
