"""A file of data in any format that can be read: which reader a name's ending asks for."""

from collections.abc import Callable, Mapping
from pathlib import Path

from fedmarket.domain.errors import DataError
from fedmarket.domain.terms import DataSchema
from fedmarket.learning.csv_file import csv_sheet
from fedmarket.learning.features import table_from_sheet
from fedmarket.learning.npz_file import npz_sheet
from fedmarket.learning.parquet_file import parquet_sheet
from fedmarket.learning.sheet import Sheet
from fedmarket.learning.table import Table

Reader = Callable[[Path, str, str | None], Sheet]
"""(path, the target's name, declared encoding) -> sheet."""


def _csv(path: Path, target: str, encoding: str | None) -> Sheet:
    return csv_sheet(path, encoding)


def _parquet(path: Path, target: str, encoding: str | None) -> Sheet:
    return parquet_sheet(path)


def _npz(path: Path, target: str, encoding: str | None) -> Sheet:
    return npz_sheet(path, target)


READERS: Mapping[str, Reader] = {
    ".csv": _csv,
    ".tsv": _csv,
    ".txt": _csv,
    ".parquet": _parquet,
    ".pq": _parquet,
    ".npz": _npz,
}


def read_sheet(path: Path, target: str, encoding: str | None = None) -> Sheet:
    """Return the columns of a file; `target` names the labels of a format that has no names for them.

    Raises DataError unknown_format for a name that ends otherwise, and what the format's reader raises.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError("data.unknown_format", path=str(path), known=", ".join(READERS))
    return reader(path, target, encoding)


def read_table(path: Path, schema: DataSchema, encoding: str | None = None) -> Table:
    """Return the table of a task's schema from a provider's file of any format.

    Raises DataError as `read_sheet` and `features.table_from_sheet` do.
    """
    return table_from_sheet(read_sheet(path, schema.target, encoding), schema)
