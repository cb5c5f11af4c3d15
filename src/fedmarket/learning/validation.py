"""The requester's validation set as bytes: salted, so that its commitment reveals nothing, and exact."""

from struct import Struct

import numpy as np

from fedmarket.domain.errors import DataError
from fedmarket.domain.terms import DataSchema
from fedmarket.learning.table import FloatArray, Labels, Table, build_table

SALT_BYTES = 32
LARGEST_DEVIATION = 1e6
"""Standardised features and targets beyond this would let one row break every evaluation."""
SHAPE = Struct(">II")


def pack_validation(features: FloatArray, labels: Labels, salt: bytes) -> bytes:
    """Return salt, shape, raw features (n, d) and labels (n,) as bytes; their sha256 is the commitment.

    Labels are class numbers or raw targets, as `table.raw_labels` gives them: eight bytes each in either case.
    """
    rows, columns = features.shape
    body = features.astype("<f8").tobytes() + labels.astype(labels.dtype.newbyteorder("<")).tobytes()
    return salt + SHAPE.pack(rows, columns) + body


def unpack_validation(data: bytes, schema: DataSchema) -> Table:
    """Return the standardised table; raises DataError where the bytes do not fit the schema."""
    begin = SALT_BYTES + SHAPE.size
    if len(data) < begin:
        raise DataError("data.bad_validation")
    rows, columns = SHAPE.unpack_from(data, SALT_BYTES)
    if columns != len(schema.features) or len(data) != begin + 8 * rows * (columns + 1):
        raise DataError("data.bad_validation")
    features = np.frombuffer(data, "<f8", rows * columns, begin).reshape(rows, columns).astype(np.float64)
    labels = _read_labels(data, rows, begin + 8 * rows * columns, schema)
    if not np.isfinite(features).all():
        raise DataError("data.bad_validation")
    table = build_table(features, labels, schema)
    if not (np.abs(table.features) <= LARGEST_DEVIATION).all():
        raise DataError("data.bad_validation")
    if schema.regression and not _measurable(table.labels):
        raise DataError("data.bad_validation")
    return table


def _measurable(targets: Labels) -> bool:
    """Return whether standardised targets neither lie far out nor vary too little to divide by their variance."""
    return bool((np.abs(targets) <= LARGEST_DEVIATION).all() and targets.std() >= 1 / LARGEST_DEVIATION)


def _read_labels(data: bytes, rows: int, begin: int, schema: DataSchema) -> Labels:
    if schema.regression:
        targets = np.frombuffer(data, "<f8", rows, begin).astype(np.float64)
        fits = bool(np.isfinite(targets).all())
    else:
        targets = np.frombuffer(data, "<i8", rows, begin).astype(np.int64)
        fits = not rows or bool(0 <= targets.min() <= targets.max() < len(schema.classes))
    if not fits:
        raise DataError("data.bad_validation")
    return targets
