"""An implementation written by others gives the same Shapley values on random games."""

import numpy as np
import pytest
from shapiq import ExactComputer

from fedmarket.valuation.exact import shapley
from fedmarket.valuation.games import Tabulated


@pytest.mark.parametrize("players", [2, 5, 9])
def test_enumeration_agrees_with_shapiq(players: int) -> None:
    game = Tabulated(np.random.default_rng(players).normal(size=2**players).tolist())
    oracle = ExactComputer(game=lambda rows: game.values(rows.astype(bool)), n_players=players)
    expected = oracle("SV").get_n_order_values(1)
    np.testing.assert_allclose(shapley(game).phi, expected, rtol=0, atol=1e-12)
