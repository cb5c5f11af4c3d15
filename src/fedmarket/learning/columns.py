"""What a provider says of its columns, and data standardised anew by other constants."""

import numpy as np

from fedmarket.domain.codec import Amount
from fedmarket.domain.constants import LEAST_ROWS, PARTS
from fedmarket.domain.errors import RefusedError
from fedmarket.domain.rates import exact
from fedmarket.domain.terms import DataSchema
from fedmarket.learning.table import IntVector, Table, constants_of

_BLOCK = 1 << 14
Sums = tuple[tuple[Amount, ...], tuple[Amount, ...]]


def column_sums(table: Table, schema: DataSchema) -> Sums:
    """Return the sums and the sums of squares of each feature, clamped to the schema's bounds, in parts of 2^24.

    `table` is standardised by the schema's own constants. Raises RefusedError (too_few_rows) under 50 rows.
    """
    if len(table) < LEAST_ROWS:
        raise RefusedError("constants.too_few_rows", rows=len(table), least=LEAST_ROWS)
    means, scales = constants_of(schema)
    low, high = (np.array([float(exact("bounds", pair[side])) for pair in schema.bounds]) for side in (0, 1))
    unit = np.clip((table.features * scales + means - low) / (high - low), 0.0, 1.0)
    columns = np.rint(unit * PARTS).astype(np.int64).T
    return tuple(Amount(int(column.sum())) for column in columns), tuple(Amount(_squares(column)) for column in columns)


def _squares(column: IntVector) -> int:
    # A square has 48 bits: int64 sums of more than 2^14 of them could overflow.
    return sum(int(np.square(column[at : at + _BLOCK]).sum()) for at in range(0, len(column), _BLOCK))


def standardised_by(table: Table, now: DataSchema, then: DataSchema) -> Table:
    """Return the rows of `table`, which is standardised by the constants of `now`, standardised by those of `then`."""
    if (now.means, now.scales) == (then.means, then.scales):
        return table
    (means, scales), (new_means, new_scales) = constants_of(now), constants_of(then)
    return Table((table.features * scales + means - new_means) / new_scales, table.labels)
