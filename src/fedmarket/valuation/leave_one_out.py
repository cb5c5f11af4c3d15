"""What is lost without each player, all others staying."""

import numpy as np

from fedmarket.valuation.games import Game, ends, evaluate
from fedmarket.valuation.result import Valuation


def leave_one_out(game: Game) -> Valuation:
    """Return phi_i = v(N) - v(N without i), from n + 2 evaluations.

    It does not add up to the gain and pays two copies of one player nothing: a number for comparison (Cook
    1977, Detection of influential observation in linear regression).
    """
    empty, full = ends(game)
    remaining = evaluate(game, ~np.eye(game.players, dtype=np.bool_))
    return Valuation(full - remaining, None, game.players + 2, empty, full)
