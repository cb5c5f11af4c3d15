"""The Shapley value by sampling orders of arrival, each together with its reverse."""

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import UsageError
from fedmarket.valuation.games import FloatArray, Game, ends, evaluate
from fedmarket.valuation.result import Valuation

PAIRS_AT_ONCE = 16
FEWEST_TO_STOP = 32


def sampled_shapley(game: Game, *, seed: int, pairs: int = 512, target: float | None = None) -> Valuation:
    """Estimate the Shapley value of `game` from at most `pairs` (>= 2) antithetic pairs of permutations.

    A player's worth is its mean gain on arrival (Castro, Gomez and Tejada 2009); an order and its reverse
    make one sample, which cancels all pairwise interaction (Mitchell, Cooper, Frank and Holmes 2022,
    Sampling permutations for Shapley value estimation). Standard errors are taken over the independent
    pairs. With `target`, sampling ends once `relative_stderr` is at most that, looked at after every 16
    pairs from the 32nd on. The estimate always sums to the gain; a pair costs 2 (n - 1) evaluations. `seed`
    fixes every order. Where a utility has few levels, few pairs may agree by chance and understate the error.
    """
    if pairs < 2:
        raise UsageError("valuation.too_few_pairs", found=pairs)
    n, edges, rng = game.players, ends(game), np.random.default_rng(seed)
    gains = np.empty((0, n))
    while len(gains) < pairs:
        orders = rng.permuted(np.tile(np.arange(n), (min(PAIRS_AT_ONCE, pairs - len(gains)), 1)), axis=1)
        gains = np.concatenate([gains, _pair_gains(game, orders, edges)])
        estimate = _summary(gains, edges)
        if target is not None and len(gains) >= FEWEST_TO_STOP and estimate.relative_stderr <= target:
            break
    return estimate


def _pair_gains(game: Game, orders: NDArray[np.int64], edges: tuple[float, float]) -> FloatArray:
    """Return each player's gain on arrival, shape (pairs, n), averaged over an order and its reverse."""
    pairs, n = orders.shape
    place = np.argsort(np.concatenate([orders, orders[:, ::-1]]), axis=1)
    coalitions = place[:, None, :] < np.arange(1, n)[None, :, None]
    between = evaluate(game, coalitions.reshape(-1, n)).reshape(2 * pairs, n - 1)
    steps = np.diff(between, axis=1, prepend=edges[0], append=edges[1])
    gains = np.take_along_axis(steps, place, axis=1)
    means: FloatArray = (gains[:pairs] + gains[pairs:]) / 2
    return means


def _summary(gains: FloatArray, edges: tuple[float, float]) -> Valuation:
    pairs, n = gains.shape
    stderr = gains.std(axis=0, ddof=1) / np.sqrt(pairs)
    return Valuation(gains.mean(axis=0), stderr, 2 + 2 * pairs * (n - 1), *edges)
