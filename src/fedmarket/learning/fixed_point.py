"""Updates as integers: int32 fixed point with a quantum of 2^-24, inside the terms' norm bound exactly."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import UpdateError
from fedmarket.learning.tensors import Tensors

QUANTUM = 2.0**-24
QUANTA = 2**24
MAX_CLIP_QUANTA = 2**31 - 1
_BLOCK = 1 << 15
_EXACT_SQUARES = 2**19
"""Of magnitudes below it, the squares of a block add up to less than 2^53: exact in float64, in any order."""

Block = NDArray[np.float64]


def quantise(delta: Tensors, clip_quanta: int) -> Tensors:
    """Turn a float delta into an int32 update whose exact L2 norm is at most `clip_quanta` (quanta of 2^-24).

    A longer delta is scaled down to the bound; then every coordinate is rounded half to even. Raises
    UpdateError (diverged) where the delta holds NaN or infinity, ValueError where the bound does not fit
    int32.
    """
    return _inside(_Delta(delta, None), clip_quanta)


def quantise_change(after: Tensors, before: Tensors, clip_quanta: int) -> Tensors:
    """Return `quantise` of `after - before`, without ever holding the difference; raises as it does."""
    return _inside(_Delta(after, before), clip_quanta)


def square_norm(update: Tensors) -> int:
    """Return the exact square of the L2 norm of an int32 update, in square quanta, as a Python integer."""
    return sum(_square_sum(block) for *_, block in _Delta(update, None).blocks())


@dataclass(frozen=True)
class _Delta:
    """`after - before` (just `after` where there is nothing before), read in float64 blocks that fit the cache."""

    after: Tensors
    before: Tensors | None

    @property
    def size(self) -> int:
        return sum(array.size for array in self.after.values())

    def zeros(self) -> Tensors:
        return {name: np.zeros(self.after[name].shape, np.int32) for name in sorted(self.after)}

    def blocks(self) -> Iterator[tuple[str, slice, Block]]:
        """Yield every block with its tensor's name and its place there; the reader may overwrite it."""
        # A fresh array for every block would cost more than all arithmetic on it.
        later, earlier = np.empty(_BLOCK), np.empty(_BLOCK)
        for name in sorted(self.after):
            after = self.after[name].ravel()
            before = None if self.before is None else self.before[name].ravel()
            for begin in range(0, after.size, _BLOCK):
                part = slice(begin, min(begin + _BLOCK, after.size))
                block = later[: part.stop - begin]
                np.copyto(block, after[part])
                if before is not None:
                    np.copyto(earlier[: block.size], before[part])
                    np.subtract(block, earlier[: block.size], out=block)
                yield name, part, block


def _inside(delta: _Delta, bound: int) -> Tensors:
    if not 0 < bound <= MAX_CLIP_QUANTA:
        raise ValueError(f"clip_quanta must be from 1 to {MAX_CLIP_QUANTA}, not {bound}")
    largest, length = _size(delta)
    update = delta.zeros()
    if not largest:
        return update
    # Rounding adds about p/12 to the square norm, so the second try aims that much (and 4 quanta) lower.
    for radius in (float(bound), bound - delta.size / (24 * bound) - 4):
        factor = min(float(QUANTA), radius / length / largest)
        if radius > bound / 2 and _round_into(update, delta, factor, np.rint) <= bound**2:
            return update
    # Truncation moves every coordinate towards zero: it cannot leave a sphere that the vector is inside of.
    factor = min(float(QUANTA), bound * (1 - 1e-9) / length / largest)
    _round_into(update, delta, factor, np.trunc)
    return update


def _size(delta: _Delta) -> tuple[float, float]:
    """Return the largest magnitude and the L2 norm in units of it, so that no square over- or underflows."""
    largest = max((_magnitude(block) for *_, block in delta.blocks()), default=0.0)
    if not largest:
        return 0.0, 0.0
    return largest, float(np.sqrt(sum(_scaled_squares(block, largest) for *_, block in delta.blocks())))


def _magnitude(block: Block) -> float:
    largest = float(max(block.max(initial=0.0), -block.min(initial=0.0)))
    if not np.isfinite(largest):
        raise UpdateError("update.diverged")
    return largest


def _scaled_squares(block: Block, largest: float) -> float:
    np.divide(block, largest, out=block)
    return float(np.square(block, out=block).sum())


def _round_into(update: Tensors, delta: _Delta, factor: float, rounding: np.ufunc) -> int:
    """Write the rounded `factor` x delta into `update`, and return the exact square of its norm."""
    total = 0
    for name, part, block in delta.blocks():
        np.multiply(block, factor, out=block)
        rounding(block, out=block)
        update[name].reshape(-1)[part] = block
        total += _square_sum(block)
    return total


def _square_sum(block: Block) -> int:
    """Return the exact sum of squares of at most 32k whole numbers within int32, and overwrite them."""
    if _magnitude(block) < _EXACT_SQUARES:
        # Not a dot product: BLAS would start threads for it, which cost more than they save.
        return int(np.square(block, out=block).sum())
    whole = block.astype(np.int64)
    high, low = whole >> 16, whole & 0xFFFF
    squares = (int(np.dot(high, high)) << 16) + 2 * int(np.dot(high, low))
    return (squares << 16) + int(np.dot(low, low))
