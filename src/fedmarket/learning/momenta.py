"""Every account's own part of the server's momentum: what its share of a step is made of."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from fedmarket.learning.fixed_point import QUANTA
from fedmarket.learning.tensors import Tensors, flatten

Vector = NDArray[np.float64]
Weight = int | NDArray[np.int64]
"""An account's weight in a round, or what an aggregation rule kept of it at every coordinate (p,)."""


def mean_of(total: NDArray[np.int64], total_weight: int) -> Vector:
    """Return an exact weighted sum in quanta as a mean in float64, of the same shape.

    Both sides are exact in float64 (the terms' overflow rule), so the quotient is rounded once.
    """
    quotient: Vector = total.astype(np.float64) / (float(total_weight) * QUANTA)
    return quotient


class Momenta:
    """M_i = keep x M_i of the round before + take x weight_i x update_i / total weight, for every account i.

    Their sum is the momentum of a server that keeps and takes the same parts of its own.
    """

    def __init__(self, keep: float = 0.0, take: float = 1.0) -> None:
        self._keep, self._take = keep, take
        self._past: dict[str, Vector] = {}

    def feed(
        self, updates: Mapping[str, Tensors], weights: Mapping[str, Weight], total_weight: int
    ) -> dict[str, Vector]:
        """Take in the next round and return each account's momentum (p,), in the order of the accounts.

        Accounts absent this round keep theirs as long as it acts; zero updates alone have one of exactly zero.
        """
        momenta = {account: self._keep * past for account, past in self._past.items()}
        for account, update in updates.items():
            own = self._take * mean_of(flatten(update).astype(np.int64) * weights[account], total_weight)
            momenta[account] = momenta[account] + own if account in momenta else own
        if self._keep:
            self._past = momenta
        return dict(sorted(momenta.items()))
