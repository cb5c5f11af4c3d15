"""The Shapley value as a weighted regression on coalitions, asked for in complementary pairs."""

from math import comb

import numpy as np

from fedmarket.domain.errors import UsageError
from fedmarket.valuation.games import Coalitions, FloatArray, FloatVector, Game, all_coalitions, ends, evaluate
from fedmarket.valuation.result import Valuation

ENUMERATED = 16


def kernel_shapley(game: Game, *, seed: int, pairs: int) -> Valuation:
    """Estimate the Shapley value of `game` from `pairs` of coalitions, each with its complement.

    The value minimises sum over S of k(S) (v(S) - v(empty) - sum of phi over S)^2 under sum(phi) = gain, with
    the kernel k(S) = (n - 1) / (C(n, s) s (n - s)) (Charnes, Golany, Keane and Rousseau 1988; Lundberg and Lee
    2017). Coalitions are drawn by the kernel with replacement and paired with their complements (Covert and
    Lee 2021, Improving KernelSHAP). Where `pairs` covers every coalition, each is asked once and the answer is
    exact. The estimate always sums to the gain; `evaluations` counts different coalitions. Raises UsageError
    for fewer pairs than players (too_few_coalitions), and as `ends` does.
    """
    n, edges = game.players, ends(game)
    if n == 1:
        return Valuation(np.array([edges[1] - edges[0]]), None, 2, *edges)
    everything = n <= ENUMERATED and pairs >= 2 ** (n - 1) - 1
    if pairs < n and not everything:
        raise UsageError("valuation.too_few_coalitions", found=pairs, players=n)
    rows, weights = _all(n) if everything else _drawn(n, pairs, np.random.default_rng(seed))
    above = evaluate(game, rows) - edges[0]
    phi = _constrained(rows.astype(np.float64), weights, above, edges[1] - edges[0])
    return Valuation(phi, None, 2 + len(rows), *edges)


def _all(n: int) -> tuple[Coalitions, FloatVector]:
    rows = all_coalitions(n)[1:-1]
    kernel = np.array([0.0, *(1 / (comb(n, size) * size * (n - size)) for size in range(1, n))])
    return rows, kernel[rows.sum(axis=1)]


def _drawn(n: int, pairs: int, rng: np.random.Generator) -> tuple[Coalitions, FloatVector]:
    """Return the different coalitions of a sample (m, n), and how often each was drawn (m,)."""
    sizes = np.arange(1, n)
    chances = 1 / (sizes * (n - sizes))
    drawn = rng.choice(sizes, size=pairs, p=chances / chances.sum())
    ranks = rng.permuted(np.tile(np.arange(n), (pairs, 1)), axis=1)
    inside = ranks < drawn[:, None]
    rows, counts = np.unique(np.concatenate([inside, ~inside]), axis=0, return_counts=True)
    return rows, counts.astype(np.float64)


def _constrained(rows: FloatArray, weights: FloatVector, above: FloatVector, gain: float) -> FloatVector:
    """Return the least-squares phi (n,) whose sum is `gain`: the last player's is what the others' leave."""
    root, last = np.sqrt(weights), rows[:, -1]
    left = (rows[:, :-1] - last[:, None]) * root[:, None]
    right = (above - last * gain) * root
    others = np.linalg.lstsq(left, right, rcond=None)[0]
    return np.append(others, gain - others.sum())
