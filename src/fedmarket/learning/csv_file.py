"""A provider's CSV file, read row by row; every fault is refused with the row and column where it stands."""

import csv
import re
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from fedmarket.domain.errors import DataError
from fedmarket.domain.terms import DataSchema
from fedmarket.learning.table import Table, build_table, class_number

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_MISSING = {"", "?", "na", "n/a", "nan", "null", "none"}


def read_csv(path: Path, schema: DataSchema) -> Table:
    """Read the schema's columns, found by the names in the first row; other columns are ignored.

    UTF-8 with or without a byte order mark. Rows are counted as a spreadsheet does: the names are row 1.
    Raises DataError: no_such_file, unreadable, encoding, nul, malformed, duplicate_column, missing_columns,
    too_many_cells, missing_value, not_a_number, not_finite, unknown_class, no_rows, one_class, constant_target.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(csv.reader(_without_nul(file), strict=True), schema)
    except FileNotFoundError as error:
        raise DataError("data.no_such_file", path=str(path)) from error
    except UnicodeDecodeError as error:
        raise DataError("data.encoding", path=str(path)) from error
    except csv.Error as error:
        raise DataError("data.malformed", detail=str(error)[:120]) from error
    except OSError as error:
        raise DataError("data.unreadable", path=str(path), detail=error.strerror) from error


def _read(reader: Iterator[list[str]], schema: DataSchema) -> Table:
    columns = [name.strip() for name in next(reader, [])]
    places = _places(columns, schema)
    # Class numbers are exact in float64.
    values, labels = array("d"), array("d")
    for row, cells in enumerate(reader, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(columns):
            raise DataError("data.too_many_cells", row=row, found=len(cells), expected=len(columns))
        values.extend(_number(_cell(cells, places, row, name), row, name) for name in schema.features)
        label = _cell(cells, places, row, schema.target)
        labels.append(_number(label, row, schema.target) if schema.regression else class_number(label, row, schema))
    raw = np.array(values, np.float64).reshape(-1, len(schema.features))
    return build_table(raw, np.array(labels, np.float64 if schema.regression else np.int64), schema)


def _without_nul(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if "\0" in line:
            raise DataError("data.nul", line=number)
        yield line


def _places(columns: list[str], schema: DataSchema) -> dict[str, int]:
    if not any(columns):
        raise DataError("data.no_rows")
    wanted = (*schema.features, schema.target)
    missing = [name for name in wanted if name not in columns]
    if missing:
        raise DataError("data.missing_columns", columns=_listed(missing), found=_listed(columns))
    for name in wanted:
        if columns.count(name) > 1:
            raise DataError("data.duplicate_column", column=name)
    return {name: columns.index(name) for name in wanted}


def _listed(names: list[str]) -> str:
    more = f", … ({len(names)})" if len(names) > 12 else ""
    return ", ".join(name[:40] for name in names[:12]) + more


def _cell(cells: list[str], places: dict[str, int], row: int, column: str) -> str:
    cell = cells[places[column]].strip() if places[column] < len(cells) else ""
    if not cell:
        raise DataError("data.missing_value", row=row, column=column)
    return cell


def _number(cell: str, row: int, column: str) -> float:
    if cell.lower() in _MISSING:
        raise DataError("data.missing_value", row=row, column=column)
    if not _NUMBER.fullmatch(cell):
        raise DataError("data.not_a_number", row=row, column=column, value=cell[:40])
    number = float(cell)
    if number in (float("inf"), float("-inf")):
        raise DataError("data.not_finite", row=row, column=column)
    return number
