"""The Shapley value by enumeration of every coalition."""

from math import comb

import numpy as np

from fedmarket.domain.errors import UsageError
from fedmarket.valuation.games import FloatVector, Game, all_coalitions, evaluate
from fedmarket.valuation.result import Valuation

EXACT_LIMIT = 12


def shapley(game: Game, *, batch: int = 1024) -> Valuation:
    """Return the exact Shapley value of `game`, its 2^n coalitions evaluated `batch` at a time.

    phi_i = sum over S without i of |S|! (n-|S|-1)! / n! * (v(S with i) - v(S)) (Shapley 1953, A value for
    n-person games). Raises UsageError for more than EXACT_LIMIT players.
    """
    n = game.players
    if n > EXACT_LIMIT:
        raise UsageError("valuation.too_many_players", players=n, limit=EXACT_LIMIT)
    if n < 1:
        raise UsageError("valuation.no_players")
    coalitions = all_coalitions(n)
    batches = [evaluate(game, coalitions[at : at + batch]) for at in range(0, 2**n, batch)]
    table = np.concatenate(batches)
    phi = np.array([_worth(table, player, n) for player in range(n)])
    return Valuation(phi, None, 2**n, float(table[0]), float(table[-1]))


def _worth(table: FloatVector, player: int, n: int) -> float:
    rows = np.arange(2**n)
    without = rows[(rows >> player) & 1 == 0]
    weight_by_size = np.array([1 / (n * comb(n - 1, size)) for size in range(n)])
    gains = table[without | 1 << player] - table[without]
    return float(gains @ weight_by_size[np.bitwise_count(without)])
