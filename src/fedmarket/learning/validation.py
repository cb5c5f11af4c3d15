"""The requester's validation set as bytes: salted, so that its commitment reveals nothing, and exact."""

from struct import Struct

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import DataError
from fedmarket.domain.terms import DataSchema
from fedmarket.learning.table import Table, build_table

SALT_BYTES = 32
LARGEST_DEVIATION = 1e6
"""Standardised features beyond this would let one row break every evaluation."""
SHAPE = Struct(">II")


def pack_validation(features: NDArray[np.float64], labels: NDArray[np.int64], salt: bytes) -> bytes:
    """Return salt, shape, raw features (n, d) and class numbers (n,) as bytes; their sha256 is the commitment."""
    rows, columns = features.shape
    body = features.astype("<f8").tobytes() + labels.astype("<i8").tobytes()
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
    labels = np.frombuffer(data, "<i8", rows, begin + 8 * rows * columns).astype(np.int64)
    if not np.isfinite(features).all() or (rows and not 0 <= labels.min() <= labels.max() < len(schema.classes)):
        raise DataError("data.bad_validation")
    table = build_table(features, labels, schema)
    if not (np.abs(table.features) <= LARGEST_DEVIATION).all():
        raise DataError("data.bad_validation")
    return table
