"""Numbers that are too large or too close together for a task's terms, which write them as plain decimals."""

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import DataError

LARGEST = 1e17
"""Terms have 18 digits before the point."""
CLOSEST = 1e-6
"""Least spread as a part of the largest number: with less, the mean's six digits would miss all of them."""
FINEST = 1e-20
"""Least spread: terms have 30 decimal places, six of which a deviation needs."""


def check_magnitude(column: str, values: NDArray[np.float64]) -> None:
    """Raise DataError where a column's `values` (n,) cannot be standardised by a mean and a deviation of six digits.

    too_large, too_fine, and too_close where they differ by less than the mean's last digit.

    Empty cells (NaN) do not count, nor do infinite ones, which are refused by their row.
    """
    found = values[np.isfinite(values)]
    if not len(found):
        return
    largest = float(np.abs(found).max())
    if largest > LARGEST:
        raise DataError("data.too_large", column=column, value=f"{largest:g}", limit=f"{LARGEST:g}")
    spread = float(found.max() - found.min())
    if 0 < spread < FINEST:
        raise DataError("data.too_fine", column=column, value=f"{spread:g}", limit=f"{FINEST:g}")
    if 0 < spread < CLOSEST * largest:
        raise DataError("data.too_close", column=column, value=f"{largest:g}", spread=f"{spread:g}")
