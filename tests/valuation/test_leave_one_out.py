"""Leave-one-out: right where nobody depends on anybody, and not a valuation to share money by."""

import numpy as np

from fedmarket.valuation.closed_forms import Additive, Airport, Saturating
from fedmarket.valuation.exact import shapley
from fedmarket.valuation.games import Memo
from fedmarket.valuation.leave_one_out import leave_one_out


def test_in_an_additive_game_everybody_is_worth_what_they_bring() -> None:
    game = Memo(Additive((2.0, -1.0, 0.0, 0.25)))
    valuation = leave_one_out(game)
    np.testing.assert_allclose(valuation.phi, [2.0, -1.0, 0.0, 0.25], atol=1e-12)
    assert abs(valuation.efficiency_gap) < 1e-12
    assert valuation.evaluations == game.evaluations == 4 + 2


def test_of_two_equal_greatest_needs_neither_counts() -> None:
    valuation = leave_one_out(Airport((1.0, 5.0, 5.0)))
    assert valuation.phi.tolist() == [0.0, 0.0, 0.0]
    assert valuation.efficiency_gap == -5.0


def test_where_utility_saturates_it_gives_everybody_less_than_the_shapley_value() -> None:
    game = Saturating((0.5, 1.0, 1.5))
    assert (leave_one_out(game).phi < shapley(game).phi).all()
