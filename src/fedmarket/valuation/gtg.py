"""GTG-Shapley: permutations that begin with every player in turn, and stop where little is left to gain.

For comparison with what others pay on; nothing here is paid on it.
"""

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import UsageError
from fedmarket.valuation.games import FloatArray, FloatVector, Game, Memo, ends
from fedmarket.valuation.result import Valuation

FEWEST = 30
WINDOW = 10
_TINY = 1e-12


def gtg_shapley(
    game: Game, *, seed: int, truncation: float = 1e-3, convergence: float = 0.05, most: int | None = None
) -> Valuation:
    """Estimate the Shapley value of `game` by guided truncated sampling, until the estimate seems to stand still.

    Permutations come in cycles of n, each player being first once; the rest is shuffled (`seed`). Once the
    utility of those who have arrived is nearer than `truncation` (in units of the utility) to everybody's, later
    arrivals gain nothing and are not evaluated. Sampling ends when none of the last 10 running means differs
    from the latest by more than `convergence` in relative terms, averaged over players, looked at after every
    cycle from the 30th permutation on; or after `most` permutations, by default eight tenths of 2^n or 100 n,
    whichever is less (Liu, Chen, Yu, Liu and Cui 2022, GTG-Shapley: Efficient and accurate participant
    contribution evaluation in federated learning). Where the whole gain is below `truncation`, everybody is
    worth nothing, as by the method's truncation between rounds. `evaluations` counts different coalitions.
    Raises UsageError for negative tolerances, and as `ends` does.
    """
    if truncation < 0 or convergence < 0:
        raise UsageError("valuation.negative_tolerance", found=min(truncation, convergence))
    known, n, rng = Memo(game), game.players, np.random.default_rng(seed)
    edges = ends(known)
    if abs(edges[1] - edges[0]) < truncation:
        return Valuation(np.zeros(n), None, known.evaluations, *edges)
    limit = most if most is not None else int(min(0.8 * 2.0**n, 100 * n))
    gains = np.empty((0, n))
    while True:
        gains = np.concatenate([gains, _cycle(known, _guided(n, rng), edges, truncation)])
        if len(gains) >= limit or _stands_still(gains, convergence):
            return Valuation(gains.mean(axis=0), None, known.evaluations, *edges)


def _guided(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return n orders of arrival (n, n), player i first in the i-th."""
    others = np.array([np.delete(np.arange(n), first) for first in range(n)])
    return np.concatenate([np.arange(n)[:, None], rng.permuted(others.reshape(n, n - 1), axis=1)], axis=1)


def _cycle(game: Game, orders: NDArray[np.int64], edges: tuple[float, float], truncation: float) -> FloatArray:
    """Return each player's gain on arrival (n, n), zero from where an order is truncated."""
    n = len(orders)
    gains, here = np.zeros((n, n)), np.full(n, edges[0])
    inside = np.zeros((n, n), np.bool_)
    for arrivals in orders.T:
        inside[np.arange(n), arrivals] = True
        going = np.flatnonzero(np.abs(edges[1] - here) >= truncation)
        if not len(going):
            break
        after = game.values(inside[going])
        gains[going, arrivals[going]] = after - here[going]
        here[going] = after
    return gains


def _stands_still(gains: FloatArray, convergence: float) -> bool:
    if len(gains) < max(FEWEST, WINDOW + 1):
        return False
    running = np.cumsum(gains, axis=0) / np.arange(1, len(gains) + 1)[:, None]
    return bool(_distances(running[-WINDOW - 1 : -1], running[-1]).max() <= convergence)


def _distances(earlier: FloatArray, latest: FloatVector) -> FloatVector:
    relative: FloatVector = (np.abs(earlier - latest) / (np.abs(latest) + _TINY)).mean(axis=1)
    return relative
