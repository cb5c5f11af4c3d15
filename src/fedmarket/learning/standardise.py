"""The constants that standardise features, from the rows of whoever sets them: the requester's validation set."""

import numpy as np

from fedmarket.domain.terms import DataSchema
from fedmarket.learning.table import FloatArray, plain_decimal

YES_NO_SCALE = 0.5
"""The standard deviation of an even yes/no. A rare one keeps it too: its own would make a huge number of a "yes"."""
LEAST_SHARE = 0.1


def constants(
    raw: FloatArray, is_yes_no: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
) -> tuple[FloatArray, FloatArray]:
    """Return means and scales (d,) of raw features (n, d), `is_yes_no` (d,) telling those that are 0 or 1.

    A feature of numbers that never varies gets the scale 0: the caller leaves it out.
    """
    return raw.mean(axis=0), np.where(is_yes_no, YES_NO_SCALE, _spread(raw))


def decimals(values: FloatArray) -> tuple[str, ...]:
    """Return constants as terms hold them, to six digits."""
    return tuple(map(plain_decimal, values))


def own_constants(raw: FloatArray, schema: DataSchema) -> tuple[FloatArray, FloatArray]:
    """Return the means and scales (d,) that somebody alone with `raw` (n, d) would use.

    A feature that hardly varies there, by less than a tenth of the schema's scale, keeps the schema's: its own would
    turn the first unusual row into a huge number.
    """
    means, scales = (np.array(texts, np.float64) for texts in (schema.means, schema.scales))
    spread = _spread(raw)
    varies = spread >= LEAST_SHARE * scales
    return np.where(varies, raw.mean(axis=0), means), np.where(varies, spread, scales)


def _spread(raw: FloatArray) -> FloatArray:
    """Return the standard deviations (d,), exactly 0 where all rows are equal."""
    return np.where(raw.min(axis=0) == raw.max(axis=0), 0.0, raw.std(axis=0))
