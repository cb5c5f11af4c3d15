"""Rows of data as a recipe reads them: features standardised by the terms, labels as class numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fedmarket.domain.errors import DataError
from fedmarket.domain.rates import exact
from fedmarket.domain.terms import DataSchema

FloatArray = NDArray[np.float64]
IntVector = NDArray[np.int64]
FOLDS = 10


@dataclass(frozen=True, eq=False)
class Table:
    """`features` (n, d), standardised, and `labels` (n,): places in the schema's list of classes."""

    features: FloatArray
    labels: IntVector

    def __len__(self) -> int:
        return len(self.labels)


def build_table(raw: FloatArray, labels: IntVector, schema: DataSchema) -> Table:
    """Standardise finite raw features (n, d): (value - mean) / scale with the schema's constants.

    Raises DataError where there is no row (no_rows), or where all rows are of one class (one_class).
    """
    if not len(labels):
        raise DataError("data.no_rows")
    if len(np.unique(labels)) < 2:
        raise DataError("data.one_class", column=schema.target, value=schema.classes[labels[0]])
    means = np.array([float(exact(*pair)) for pair in zip(schema.features, schema.means, strict=True)])
    scales = np.array([float(exact(*pair)) for pair in zip(schema.features, schema.scales, strict=True)])
    return Table((raw - means) / scales, labels)


def table_from_arrays(features: ArrayLike, labels: Sequence[Any] | NDArray[Any], schema: DataSchema) -> Table:
    """Return the table of raw `features` (n, d) and `labels` (n,), each a class name or what prints as one.

    Raises DataError with the same ids as `read_csv`; rows are counted from 1.
    """
    raw = _numbers(features, schema)
    if len(raw) != len(labels):
        raise DataError("data.bad_shape", found=f"{len(raw)} / {len(labels)}", expected="n / n")
    for row, column in np.argwhere(~np.isfinite(raw)):
        fault = "data.missing_value" if np.isnan(raw[row, column]) else "data.not_finite"
        raise DataError(fault, row=int(row) + 1, column=schema.features[column])
    numbers = [class_number(str(label), row, schema) for row, label in enumerate(labels, 1)]
    return build_table(raw, np.array(numbers, np.int64), schema)


def class_number(label: str, row: int, schema: DataSchema) -> int:
    """Return the place of `label` among the schema's classes; raises DataError unknown_class naming `row`."""
    if label not in schema.classes:
        known = ", ".join(schema.classes)
        raise DataError("data.unknown_class", row=row, column=schema.target, value=label[:40], known=known)
    return schema.classes.index(label)


def schema_from_arrays(
    features: ArrayLike, labels: ArrayLike, names: Sequence[str], target: str = "target"
) -> DataSchema:
    """Return a schema with the means and standard deviations of raw `features` (n, d), to 6 digits.

    Classes are the sorted distinct `labels`. Raises DataError constant_column for a feature that never
    varies.
    """
    raw = np.asarray(features, np.float64)
    means, scales = raw.mean(axis=0), raw.std(axis=0)
    for name, low, high in zip(names, raw.min(axis=0), raw.max(axis=0), strict=True):
        if low == high:
            raise DataError("data.constant_column", column=name)
    return DataSchema(
        features=tuple(map(str, names)),
        means=tuple(map(_decimal, means)),
        scales=tuple(map(_decimal, scales)),
        target=target,
        classes=tuple(map(str, np.unique(np.asarray(labels)))),
    )


def folds(rows: int) -> IntVector:
    """Return each row's fold (rows,), interleaved 0, 1, .., 9, 0, ..: at most 10 folds, none empty."""
    return np.arange(rows, dtype=np.int64) % FOLDS


def fold_weights(fold_of: IntVector) -> FloatArray:
    """Return each fold's share of the rows (folds,); they sum to 1."""
    return np.bincount(fold_of) / len(fold_of)


def _numbers(features: ArrayLike, schema: DataSchema) -> FloatArray:
    try:
        raw = np.asarray(features, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("data.not_numeric", detail=str(error)[:120]) from error
    if raw.size == 0:
        raise DataError("data.no_rows")
    if raw.ndim != 2 or raw.shape[1] != len(schema.features):
        raise DataError("data.bad_shape", found=raw.shape, expected=f"(n, {len(schema.features)})")
    return raw


def _decimal(value: float) -> str:
    return format(Decimal(f"{value:.6g}"), "f")
