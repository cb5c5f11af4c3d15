"""The exact weighted sum of a round's updates: the same bits in any order, on any machine."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import TermsError
from fedmarket.learning.tensors import Tensors, TensorSpec

EXACT_LIMIT = 2**53
_BLOCK = 1 << 16


def refuse_overflow(clip_quanta: int, total_weight: int) -> None:
    """Raise TermsError where `clip_quanta` x `total_weight` reaches 2^53: sums would be inexact."""
    if clip_quanta * total_weight >= EXACT_LIMIT:
        raise TermsError("recipe.overflow", clip_quanta=clip_quanta, weight=total_weight)


def weighted_sum(updates: Sequence[Tensors], weights: Sequence[int], spec: TensorSpec, clip_quanta: int) -> Tensors:
    """Return sum(weight x update) as int64 tensors in the shapes of `spec`; zeros where there is none.

    `updates` are int32 fixed point, each with a norm of at most `clip_quanta`; `weights` are positive
    integers. Raises TermsError (overflow) where the terms' rule clip x total weight < 2^53 quanta does not
    hold.
    """
    refuse_inexact(updates, weights, clip_quanta)
    total = spec.of("I64").zeros()
    for name, array in total.items():
        _add(array.reshape(-1), [update[name].reshape(-1) for update in updates], weights)
    return total


def refuse_inexact(updates: Sequence[Tensors], weights: Sequence[int], clip_quanta: int) -> None:
    """Raise TermsError (overflow) unless every sum of these updates, each weighing at most its weight, is exact."""
    if len(updates) != len(weights) or any(weight <= 0 for weight in weights):
        raise ValueError("every update needs one weight above zero")
    refuse_overflow(clip_quanta, sum(weights))
    _refuse_far_coordinates(updates, weights)


def _refuse_far_coordinates(updates: Sequence[Tensors], weights: Sequence[int]) -> None:
    """Guard against updates that no gate has seen; under a total weight of 2^22 none can overflow."""
    if sum(weights) < 2**22:
        return
    reach = [max(_largest(array) for array in update.values()) for update in updates]
    refuse_overflow(max(reach), sum(weights))


def _largest(array: NDArray[np.int32]) -> int:
    return max(int(array.max(initial=0)), -int(array.min(initial=0)))


def _add(total: NDArray[np.int64], parts: Sequence[NDArray[np.int32]], weights: Sequence[int]) -> None:
    # Blocks of 64k elements stay in the cache while every update is added to them.
    scratch = np.empty(min(_BLOCK, total.size), np.int64)
    for begin in range(0, total.size, _BLOCK):
        block = total[begin : begin + _BLOCK]
        for part, weight in zip(parts, weights, strict=True):
            product = np.multiply(part[begin : begin + _BLOCK], weight, out=scratch[: block.size], dtype=np.int64)
            block += product
