"""Rows of data as a recipe reads them: standardised by the terms, labels as class numbers or as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fedmarket.domain.errors import DataError
from fedmarket.domain.rates import exact
from fedmarket.domain.terms import DataSchema

FloatArray = NDArray[np.float64]
IntVector = NDArray[np.int64]
Labels = NDArray[Any]
Group = IntVector | slice
"""Some of a table's rows."""
FOLDS = 10


@dataclass(frozen=True, eq=False)
class Table:
    """`features` (n, d), standardised, and `labels` (n,).

    Labels are int64 places in the schema's list of classes; where it has none, float64 targets, standardised.
    """

    features: FloatArray
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)


def build_table(raw: FloatArray, labels: Labels, schema: DataSchema) -> Table:
    """Standardise finite raw features (n, d): (value - mean) / scale with the schema's constants.

    `labels` (n,) are class numbers, or raw float64 targets, which are standardised likewise. Raises DataError where
    there is no row (no_rows), where all rows are of one class (one_class) or all targets are the same
    (constant_target).
    """
    if not len(labels):
        raise DataError("data.no_rows")
    if schema.regression:
        labels = _standard_targets(labels, schema)
    elif len(np.unique(labels)) < 2:
        raise DataError("data.one_class", column=schema.target, value=schema.classes[labels[0]])
    means, scales = constants_of(schema)
    return Table((raw - means) / scales, labels)


def constants_of(schema: DataSchema) -> tuple[FloatArray, FloatArray]:
    """Return the schema's means and scales of its features, each (d,)."""
    means = np.array([float(exact(*pair)) for pair in zip(schema.features, schema.means, strict=True)])
    scales = np.array([float(exact(*pair)) for pair in zip(schema.features, schema.scales, strict=True)])
    return means, scales


def table_from_arrays(features: ArrayLike, labels: Sequence[Any] | NDArray[Any], schema: DataSchema) -> Table:
    """Return the table of raw `features` (n, d) and `labels` (n,), each a class name or what prints as one.

    Where the schema has no classes, labels are numbers. Raises DataError with the same ids as `read_csv`; rows are
    counted from 1.
    """
    raw = _numbers(features, schema)
    if len(raw) != len(labels):
        raise DataError("data.bad_shape", found=f"{len(raw)} / {len(labels)}", expected="n / n")
    refuse_gaps(raw, schema.features)
    return build_table(raw, raw_labels(labels, schema), schema)


def refuse_gaps(raw: FloatArray, names: Sequence[str]) -> None:
    """Raise DataError missing_value or not_finite for the first of `raw` (n, d) that is no finite number."""
    for row, column in np.argwhere(~np.isfinite(raw)):
        fault = "data.missing_value" if np.isnan(raw[row, column]) else "data.not_finite"
        raise DataError(fault, row=int(row) + 1, column=names[column])


def float_array(values: ArrayLike) -> FloatArray:
    """Return values as float64; raises DataError not_numeric where they are no table of numbers."""
    try:
        return np.asarray(values, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError("data.not_numeric", detail=str(error)[:120]) from error


def raw_labels(labels: Sequence[Any] | NDArray[Any], schema: DataSchema) -> Labels:
    """Return class numbers (n,) int64 of `labels`; where the schema has no classes, the numbers (n,) in float64.

    Raises DataError naming the row: unknown_class; not_a_number, missing_value, not_finite.
    """
    if schema.regression:
        return np.array([_target(label, row, schema.target) for row, label in enumerate(labels, 1)], np.float64)
    return np.array([class_number(str(label), row, schema) for row, label in enumerate(labels, 1)], np.int64)


def class_number(label: str, row: int, schema: DataSchema) -> int:
    """Return the place of `label` among the schema's classes; raises DataError unknown_class naming `row`."""
    if label not in schema.classes:
        more = f", … ({len(schema.classes)})" if len(schema.classes) > 12 else ""
        known = ", ".join(name[:40] for name in schema.classes[:12]) + more
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
        means=tuple(map(plain_decimal, means)),
        scales=tuple(map(plain_decimal, scales)),
        target=target,
        classes=tuple(map(str, np.unique(np.asarray(labels)))),
    )


def regression_schema(
    features: ArrayLike, targets: ArrayLike, names: Sequence[str], target: str = "target"
) -> DataSchema:
    """Return the schema of a target that is a number, with its mean and standard deviation and those of `features`.

    Raises DataError constant_column as `schema_from_arrays`, and constant_target where all targets are the same.
    """
    schema = replace(schema_from_arrays(features, ["-"] * len(np.asarray(targets)), names, target), classes=())
    values = raw_labels(np.asarray(targets), schema)
    _refuse_constant(values, target)
    return replace(schema, target_mean=plain_decimal(values.mean()), target_scale=plain_decimal(values.std()))


def folds(rows: int) -> IntVector:
    """Return each row's fold (rows,), interleaved 0, 1, .., 9, 0, ..: at most 10 folds, none empty."""
    return np.arange(rows, dtype=np.int64) % FOLDS


def fold_weights(fold_of: IntVector) -> FloatArray:
    """Return each fold's share of the rows (folds,); they sum to 1."""
    return np.bincount(fold_of) / len(fold_of)


def _standard_targets(targets: Labels, schema: DataSchema) -> FloatArray:
    _refuse_constant(targets, schema.target)
    mean, scale = (float(exact(schema.target, text)) for text in (schema.target_mean, schema.target_scale))
    standard: FloatArray = (targets - mean) / scale
    return standard


def _refuse_constant(targets: Labels, column: str) -> None:
    if targets.min() == targets.max():
        raise DataError("data.constant_target", column=column, value=f"{targets[0]:g}")


def _target(label: Any, row: int, column: str) -> float:
    try:
        number = float(label)
    except (TypeError, ValueError) as error:
        raise DataError("data.not_a_number", row=row, column=column, value=str(label)[:40]) from error
    if not np.isfinite(number):
        raise DataError("data.missing_value" if np.isnan(number) else "data.not_finite", row=row, column=column)
    return number


def _numbers(features: ArrayLike, schema: DataSchema) -> FloatArray:
    raw = float_array(features)
    if raw.size == 0:
        raise DataError("data.no_rows")
    if raw.ndim != 2 or raw.shape[1] != len(schema.features):
        raise DataError("data.bad_shape", found=raw.shape, expected=f"(n, {len(schema.features)})")
    return raw


def plain_decimal(value: float) -> str:
    """Return a number as documents write it: six digits, no exponent."""
    return format(Decimal(f"{value:.6g}"), "f")
