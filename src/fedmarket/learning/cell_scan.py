"""Cells as a file writes them, one by one: what names a person, what a spreadsheet would run, what is damaged.

Columns of numbers keep no text, so this reads the file by itself, in blocks.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np

from fedmarket.learning.column_builder import as_numbers, is_number
from fedmarket.learning.csv_file import BLOCK, Block, csv_cells
from fedmarket.learning.identifiers import SHAPES, Identifier, found_in, may_hold, plain_digits
from fedmarket.learning.sheet import Column, Numbers, Sheet, Unusable, as_texts

SEPARATOR = "\0"
"""Between the cells of a column when they are searched at once: no cell holds it."""
FORMULA = re.compile(r"(?:^|\0)[ ]*([=@＝＠\t\r][^\0]+|[+＋\-－](?=[^\0]*[(|!A-Za-z])[^\0]+)")
"""What spreadsheets take for a formula (OWASP, CSV injection), numbers aside."""
CUT_SHORT = re.compile(r"(?:^|\0)\d(?:\.\d+)?[eE]\+1[0-9](?=\0|$)")
"""A long number as a spreadsheet writes it once its last digits are lost."""
LEAST_NUMBER = 10.0**10
"""Among numbers nothing smaller is an identifier, or was cut short."""
DAMAGED = "\N{REPLACEMENT CHARACTER}"


@dataclass
class Seen:
    """How many cells of a column hold something, and the file's row of the first."""

    count: int = 0
    row: int = 0

    def add(self, row: int, count: int = 1) -> None:
        """Count cells; `row` counts where they are the first."""
        self.row = self.row or row
        self.count += count


@dataclass
class ColumnScan:
    """What the cells of one column hold; `numeric` says that none but numbers and empty cells were seen."""

    filled: int = 0
    numeric: bool = True
    formulas: Seen = field(default_factory=Seen)
    cut_short: Seen = field(default_factory=Seen)
    damaged: Seen = field(default_factory=Seen)
    identifiers: dict[Identifier, Seen] = field(default_factory=dict)

    def add(self, cells: Sequence[str], rows: Sequence[int]) -> None:
        """Take a block of cells that stand in `rows` of the file."""
        self.filled += sum(1 for cell in cells if cell)
        text = SEPARATOR.join(cells)
        numbers = as_numbers(cells)
        if numbers is None:
            self.numeric = False
            self._search(FORMULA, text, rows, self.formulas)
            if DAMAGED in text:
                for cell, row in zip(cells, rows, strict=True):
                    if DAMAGED in cell:
                        self.damaged.add(row)
        elif not (numbers >= LEAST_NUMBER).any():
            return
        self._search(CUT_SHORT, text, rows, self.cut_short)
        if may_hold(plain_digits(text)):
            for cell, row in zip(cells, rows, strict=True):
                kind = found_in(plain_digits(cell)) if cell else None
                if kind:
                    self.identifiers.setdefault(kind, Seen()).add(row)

    def likely(self) -> dict[Identifier, Seen]:
        """Return the identifiers that are more than chance."""
        return {
            kind: seen
            for kind, seen in self.identifiers.items()
            if not self.numeric or seen.count >= max(1.0, SHAPES[kind].share * self.filled)
        }

    @staticmethod
    def _search(pattern: re.Pattern[str], text: str, rows: Sequence[int], seen: Seen) -> None:
        for found in pattern.finditer(text):
            if pattern is FORMULA and is_number(found.group(1).strip()):
                continue
            start = found.start() + (text[found.start()] == SEPARATOR)
            seen.add(rows[text.count(SEPARATOR, 0, start)] if not seen.row else 0)


@dataclass
class CellScan:
    """Every column's scan by its place, and rows that are the same as an earlier one, cell by cell."""

    names: list[str]
    columns: list[ColumnScan]
    repeated: int = 0
    repeated_row: int = 0


def scan_csv(path: Path, codec: str) -> CellScan:
    """Scan a text file's cells; raises as `csv_cells` does."""
    with csv_cells(path, codec) as (names, blocks):
        return _scan(names, map(_turned, blocks))


def scan_sheet(sheet: Sheet) -> CellScan:
    """Scan the columns of a file in another format, as texts; lists, images and bytes are passed over."""
    names = [name for name, column in sheet.columns.items() if not isinstance(column, Unusable)]
    starts = range(0, len(sheet), BLOCK)
    return _scan(names, (_block(sheet, names, start) for start in starts))


def _turned(block: Block) -> tuple[list[Sequence[str]], list[int]]:
    columns = zip(*([cell.strip(" ") for cell in cells] for _, cells in block), strict=True)
    return list(columns), [row for row, _ in block]


def _scan(names: list[str], blocks: Iterable[tuple[list[Sequence[str]], list[int]]]) -> CellScan:
    scan = CellScan(names, [ColumnScan() for _ in names])
    marks, numbers = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for columns, rows in blocks:
        for column, cells in zip(scan.columns, columns, strict=True):
            column.add(cells, rows)
        marks.append(np.array([_mark(cells) for cells in zip(*columns, strict=True)], np.uint64))
        numbers.append(np.array(rows, np.int64))
    every = np.concatenate(marks)
    _, first = np.unique(every, return_index=True)
    again = np.ones(len(every), np.bool_)
    again[first] = False
    scan.repeated = int(np.count_nonzero(again))
    scan.repeated_row = int(np.concatenate(numbers)[again][0]) if scan.repeated else 0
    return scan


def _mark(cells: Sequence[str]) -> int:
    """Return 64 bits that stand for a row: of a million rows two different ones share them with odds of 1 to 10^7."""
    return int.from_bytes(blake2b(SEPARATOR.join(cells).encode(), digest_size=8).digest(), "big")


def _block(sheet: Sheet, names: list[str], start: int) -> tuple[list[Sequence[str]], list[int]]:
    rows = [int(row) for row in sheet.row_numbers[start : start + BLOCK]]
    columns: list[Sequence[str]] = [
        _texts(sheet.columns[name].rows(np.arange(start, start + len(rows)))) for name in names
    ]
    return columns, rows


def _texts(column: Column) -> list[str]:
    if isinstance(column, Unusable):
        return []
    if isinstance(column, Numbers):
        return ["" if np.isnan(value) else _written(float(value)) for value in column.values]
    texts = as_texts(column)
    return [texts.values[code] if code >= 0 else "" for code in texts.codes]


def _written(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)
