"""The game that FedSV and GTG-Shapley are defined on: absent players' weights are shared out among those present.

For comparison only. A zero update is not worth zero in it, and whoever splits its weight gains: nothing here is
paid on it.
"""

from collections.abc import Callable

import numpy as np

from fedmarket.domain.errors import UsageError
from fedmarket.valuation.games import Coalitions, FloatArray, FloatVector

Mixtures = Callable[[FloatArray], FloatVector]


class Renormalised:
    """v(S) = U(start + sum over i in S of w_i / w_S x update_i), v(empty) = U(start).

    Wang, Rausch, Zhang, Jia and Song 2020, A principled approach to data valuation for federated learning.
    """

    def __init__(self, mixtures: Mixtures, weights: FloatVector) -> None:
        """Take `weights` (n,), all positive, and U at start + mix @ parts as a function of mixes (m, n).

        `parts` are those of the actual step: part_i = w_i / W x update_i, W the sum of all weights. Raises
        UsageError for other weights.
        """
        self._mixtures = mixtures
        self._weights = np.asarray(weights, np.float64)
        if self._weights.ndim != 1 or not (self._weights > 0).all():
            raise UsageError("valuation.player_weights", found=np.array2string(self._weights, threshold=8))

    @property
    def players(self) -> int:
        """One for each weight."""
        return len(self._weights)

    def values(self, coalitions: Coalitions) -> FloatVector:
        """Return the utilities (m,) of coalitions (m, players)."""
        present = coalitions @ self._weights
        scale = np.divide(self._weights.sum(), present, out=np.zeros(len(coalitions)), where=present > 0)
        return self._mixtures(coalitions * scale[:, None])
