"""A CSV file, read in blocks of rows; every fault is refused with the row and column where it stands."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np

from fedmarket.domain.errors import DataError, SystemFault
from fedmarket.domain.terms import DataSchema
from fedmarket.learning.column_builder import ColumnBuilder, is_number
from fedmarket.learning.features import table_from_sheet
from fedmarket.learning.sheet import Sheet
from fedmarket.learning.table import Table
from fedmarket.learning.text_encoding import encoding_of, undecodable

SEPARATORS = ",;\t"
BLOCK = 4096
"""Rows that are held as text at once."""


Block = list[tuple[int, Sequence[str]]]
"""Rows as (the file's row, cells), as many cells as there are names."""


def read_csv(path: Path, schema: DataSchema, encoding: str | None = None) -> Table:
    """Return the table of the schema's columns, found by the names in the first row; other columns are ignored.

    Raises DataError as `csv_sheet` and `features.table_from_sheet` do.
    """
    return table_from_sheet(csv_sheet(path, encoding), schema)


def csv_sheet(path: Path, encoding: str | None = None) -> Sheet:
    """Return the columns of a file separated by commas, semicolons or tabs, whichever its first row holds most of.

    The encoding is as declared, else as a byte order mark says, else UTF-8. Rows are counted as a spreadsheet does: the
    names are row 1. Raises DataError: no_such_file, unreadable, unknown_encoding, encoding, encoding_chinese, nul,
    malformed, no_header, too_many_cells, no_rows.
    """
    codec = ""
    try:
        codec = encoding_of(path, encoding)
        sheet, late = _read(path, codec, frozenset())
        return _read(path, codec, late)[0] if late else sheet
    except FileNotFoundError as error:
        raise DataError("data.no_such_file", path=str(path)) from error
    except UnicodeError as error:
        raise undecodable(path, codec) from error
    except csv.Error as error:
        raise DataError("data.malformed", detail=str(error)[:120]) from error
    except OSError as error:
        raise DataError("data.unreadable", path=str(path), detail=SystemFault.of(error)) from error


def _read(path: Path, codec: str, texts: frozenset[int]) -> tuple[Sheet, frozenset[int]]:
    """Return the sheet, and the places of columns that must be read again as texts."""
    with csv_cells(path, codec) as (names, blocks):
        builders = [ColumnBuilder(texts=place in texts) for place in range(len(names))]
        numbers: list[int] = []
        for block in blocks:
            rows = [row for row, _ in block]
            numbers += rows
            for builder, cells in zip(builders, zip(*(cells for _, cells in block), strict=True), strict=True):
                builder.add(cells, rows)
    late = frozenset(place for place, builder in enumerate(builders) if builder.late)
    if late:
        return Sheet({}, np.empty(0, np.int64)), late
    columns = {name: builder.build() for name, builder in zip(names, builders, strict=True)}
    doubled = frozenset(name for name in columns if names.count(name) > 1)
    return Sheet(columns, np.array(numbers, np.int64), doubled), late


@contextmanager
def csv_cells(path: Path, codec: str) -> Iterator[tuple[list[str], Iterator[Block]]]:
    """Open a file for as long as the context lasts: the names in its first row, and its other rows in blocks.

    Raises DataError: nul, no_header, too_many_cells, no_rows; and UnicodeError, csv.Error and OSError.
    """
    with path.open(encoding=codec, newline="") as file:
        first = file.readline()
        file.seek(0)
        reader = csv.reader(_without_nul(file), delimiter=_separator(first), strict=True)
        names = _names(next(reader, []))
        yield names, _blocks(reader, len(names))


def _blocks(reader: Iterator[list[str]], width: int) -> Iterator[Block]:
    """Yield blocks of (row number, cells), short rows filled up with empty cells, empty rows left out."""
    rows = enumerate(reader, 2)
    while block := list(islice(rows, BLOCK)):
        kept: Block = []
        for row, cells in block:
            if not cells or (not cells[0].strip() and not "".join(cells).strip()):
                continue
            if len(cells) > width:
                raise DataError("data.too_many_cells", row=row, found=len(cells), expected=width)
            kept.append((row, cells if len(cells) == width else cells + [""] * (width - len(cells))))
        if kept:
            yield kept


def _separator(first: str) -> str:
    """Return what separates the cells of the first line: of equals the comma."""
    outside = "".join(first.split('"')[::2])
    return max(SEPARATORS, key=outside.count)


def _names(cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    if not any(names):
        raise DataError("data.no_rows")
    if all(is_number(name) for name in names if name):
        raise DataError("data.no_header", found=", ".join(names[:6])[:80])
    return [name or f"column {place}" for place, name in enumerate(names, 1)]


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise DataError("data.nul", line=number)
        yield line
