"""Updates as integers: int32 fixed point with a quantum of 2^-24, inside the terms' norm bound exactly."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import UpdateError
from fedmarket.learning.tensors import Tensors, TensorSpec, flatten, unflatten

QUANTUM = 2.0**-24
QUANTA = 2**24
MAX_CLIP_QUANTA = 2**31 - 1
_BLOCK = 1 << 16


def quantise(delta: Tensors, clip_quanta: int) -> Tensors:
    """Turn a float delta into an int32 update whose exact L2 norm is at most `clip_quanta` (quanta of 2^-24).

    A longer delta is scaled down to the bound; then every coordinate is rounded half to even. Raises
    UpdateError (diverged) where the delta holds NaN or infinity, ValueError where the bound does not fit
    int32.
    """
    if not 0 < clip_quanta <= MAX_CLIP_QUANTA:
        raise ValueError(f"clip_quanta must be from 1 to {MAX_CLIP_QUANTA}, not {clip_quanta}")
    exact = flatten(delta).astype(np.float64)
    spec = TensorSpec({name: array.shape for name, array in delta.items()}, "I32")
    return unflatten(_inside(exact, clip_quanta), spec)


def square_norm(update: Tensors) -> int:
    """Return the exact square of the L2 norm of an int32 update, in square quanta, as a Python integer."""
    return sum(_square_sum(update[name].ravel()) for name in sorted(update))


def _inside(exact: NDArray[np.float64], bound: int) -> NDArray[np.int32]:
    largest, length = _size(exact)
    if not largest:
        return np.zeros(exact.size, np.int32)
    # Rounding adds about p/12 to the square norm, so the second try aims that much (and 4 quanta) lower.
    for radius in (float(bound), bound - exact.size / (24 * bound) - 4):
        factor = min(float(QUANTA), radius / length / largest)
        rounded = np.rint(exact * factor).astype(np.int32)
        if radius > bound / 2 and _square_sum(rounded) <= bound**2:
            return rounded
    # Truncation moves every coordinate towards zero: it cannot leave a sphere that the vector is inside of.
    factor = min(float(QUANTA), bound * (1 - 1e-9) / length / largest)
    return np.trunc(exact * factor).astype(np.int32)


def _size(exact: NDArray[np.float64]) -> tuple[float, float]:
    """Return the largest magnitude and the L2 norm in units of it, so that no square over- or underflows."""
    largest = float(max(exact.max(initial=0.0), -exact.min(initial=0.0)))
    if not np.isfinite(largest):
        raise UpdateError("update.diverged")
    if not largest:
        return 0.0, 0.0
    blocks = (exact[begin : begin + _BLOCK] / largest for begin in range(0, exact.size, _BLOCK))
    return largest, float(np.sqrt(sum(float(np.square(block).sum()) for block in blocks)))


def _square_sum(values: NDArray[Any]) -> int:
    total = 0
    for begin in range(0, values.size, _BLOCK):
        block = values[begin : begin + _BLOCK].astype(np.int64)
        high, low = block >> 16, block & 0xFFFF
        squares = (int(np.dot(high, high)) << 16) + 2 * int(np.dot(high, low))
        total += (squares << 16) + int(np.dot(low, low))
    return total
