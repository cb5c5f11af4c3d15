"""The weighted trimmed mean: at every coordinate the lowest and the highest units of weight are cut, exactly.

Of a total weight W, T = floor(trim x W) units go at each end of the coordinate's order; the value at an edge keeps the
part of its weight that lies inside. What is kept adds up in integers and is divided once by W - 2 T: the same bits in
any order, on any machine, and also where one account of a weight is split into several of the same sum.
"""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fedmarket.learning.aggregate import refuse_inexact
from fedmarket.learning.tensors import Tensors, TensorSpec, flatten, spec_of, unflatten

_CELLS = 1 << 19
# Places of up to 1,024 providers fit below an int32 value in one int64.
_PLACE_BITS = 10


class TrimmedMean:
    """As an `AggregationRule`: `trim`, from above 0 to below 1/2, is the part of the weight that is cut at each end."""

    def __init__(self, trim: Fraction) -> None:
        self._trim = trim

    def total(
        self, updates: Mapping[str, Tensors], weights: Mapping[str, int], spec: TensorSpec, clip_quanta: int
    ) -> Tensors:
        """As `AggregationRule.total`: sum(kept weight x update) at every coordinate."""
        accounts = sorted(updates)
        refuse_inexact([updates[account] for account in accounts], [weights[a] for a in accounts], clip_quanta)
        total = np.zeros(spec.parameters, np.int64)
        for begin, values, _, kept in self._ranked(updates, weights):
            total[begin : begin + values.shape[1]] = (kept * values).sum(axis=0)
        return unflatten(total, spec.of("I64"))

    def total_without(
        self,
        account: str,
        total: Tensors,
        updates: Mapping[str, Tensors],
        weights: Mapping[str, int],
        clip_quanta: int,
    ) -> Tensors:
        """As `AggregationRule.total_without`: zeros rank among the others like any values."""
        silent = {name: np.zeros_like(values) for name, values in updates[account].items()}
        return self.total({**updates, account: silent}, weights, spec_of(total), clip_quanta)

    def kept(self, updates: Mapping[str, Tensors], weights: Mapping[str, int]) -> dict[str, NDArray[np.int64]]:
        """As `AggregationRule.kept`: what is kept of each account's weight at every coordinate, (p,)."""
        accounts = sorted(updates)
        found = {
            account: np.zeros(sum(array.size for array in updates[account].values()), np.int64) for account in accounts
        }
        for begin, _, places, kept in self._ranked(updates, weights):
            by_place = np.empty_like(kept)
            np.put_along_axis(by_place, places, kept, axis=0)
            for account, row in zip(accounts, by_place, strict=True):
                found[account][begin : begin + len(row)] = row
        return found

    def total_weight(self, weight: int) -> int:
        """As `AggregationRule.total_weight`: W - 2 T, which is above 0 wherever W is."""
        return weight - 2 * self._cut(weight)

    def _cut(self, weight: int) -> int:
        return int(self._trim * weight)

    def _ranked(
        self, updates: Mapping[str, Tensors], weights: Mapping[str, int]
    ) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
        """Yield blocks of coordinates: where each begins, its values in ascending order, their places and kept weights.

        The three are (accounts, coordinates). A place is the account's among the sorted ones; it orders equal values.
        """
        if not updates:
            return
        if len(updates) > 1 << _PLACE_BITS:
            raise ValueError(f"at most {1 << _PLACE_BITS} updates can be ranked, not {len(updates)}")
        accounts = sorted(updates)
        rows = [flatten(updates[account]) for account in accounts]
        heavy = np.array([weights[account] for account in accounts], np.int64)
        cut = self._cut(int(heavy.sum()))
        block = max(1, _CELLS // len(accounts))
        for begin in range(0, len(rows[0]), block):
            keys = _keys([row[begin : begin + block] for row in rows])
            keys.sort(axis=0)
            places = keys & ((1 << _PLACE_BITS) - 1)
            weight = np.take(heavy, places)
            upper = _summed_up(weight)
            inside = np.minimum(upper, upper[-1] - cut) - np.maximum(upper - weight, cut)
            yield begin, keys >> _PLACE_BITS, places, np.maximum(inside, 0)


def _keys(parts: Sequence[NDArray[np.int32]]) -> NDArray[np.int64]:
    """Return integers that sort by value and, where values are equal, by place."""
    keys = np.empty((len(parts), len(parts[0])), np.int64)
    for place, (row, part) in enumerate(zip(keys, parts, strict=True)):
        np.left_shift(part, _PLACE_BITS, out=row, dtype=np.int64)
        row |= place
    return keys


def _summed_up(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the cumulative sums down the rows, a whole row at a time."""
    sums = rows.copy()
    for above, row in pairwise(sums):
        row += above
    return sums
