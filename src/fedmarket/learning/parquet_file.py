"""A Parquet file, read with pyarrow, which is an extra: `pip install "fedmarket[parquet]"`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fedmarket.domain.errors import DataError
from fedmarket.learning.column_builder import ColumnBuilder
from fedmarket.learning.sheet import Column, Numbers, Sheet, Unusable

BLOCK = 4096


def parquet_sheet(path: Path) -> Sheet:
    """Return the columns of a Parquet file; rows are counted from 1.

    Truth values become the texts True and False, points in time become texts. Raises DataError: no_such_file,
    unreadable, no_pyarrow, bad_parquet.
    """
    pyarrow, parquet = _libraries()
    try:
        with path.open("rb") as file:
            table = parquet.read_table(file)
    except FileNotFoundError as error:
        raise DataError("data.no_such_file", path=str(path)) from error
    except pyarrow.ArrowException as error:
        raise DataError("data.bad_parquet", path=str(path), detail=" ".join(str(error).split())[:120]) from error
    except OSError as error:
        detail = error.strerror or " ".join(str(error).split())[:120]
        raise DataError("data.unreadable", path=str(path), detail=detail) from error
    names = [str(name) for name in table.column_names]
    columns = {name: _column(pyarrow, table.column(place)) for place, name in enumerate(names)}
    doubled = frozenset(name for name in names if names.count(name) > 1)
    return Sheet(columns, np.arange(1, table.num_rows + 1), doubled)


def _libraries() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise DataError("data.no_pyarrow") from error
    return pyarrow, parquet


def _column(pyarrow: Any, column: Any) -> Column:
    kinds, kind = pyarrow.types, column.type
    if kinds.is_dictionary(kind):
        return _column(pyarrow, column.cast(kind.value_type))
    if kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_decimal(kind):
        values = column.cast(pyarrow.float64(), safe=False).to_numpy(zero_copy_only=False)
        return Numbers(np.array(values, np.float64))
    if kinds.is_null(kind):
        return Numbers(np.full(len(column), np.nan))
    if kinds.is_boolean(kind) or kinds.is_temporal(kind) or kinds.is_string(kind) or kinds.is_large_string(kind):
        return _texts(column)
    return Unusable(str(kind)[:40], len(column))


def _texts(column: Any) -> Column:
    first = ColumnBuilder()
    for cells, rows in _blocks(column):
        first.add(cells, rows)
    if not first.late:
        return first.build()
    again = ColumnBuilder(texts=True)
    for cells, rows in _blocks(column):
        again.add(cells, rows)
    return again.build()


def _blocks(column: Any) -> Iterator[tuple[list[str], range]]:
    for start in range(0, len(column), BLOCK):
        block = column.slice(start, BLOCK).to_pylist()
        yield ["" if cell is None else str(cell).strip() for cell in block], range(start + 1, start + 1 + len(block))
