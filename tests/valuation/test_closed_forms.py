"""Enumeration gives every closed form, and the closed forms give the numbers known from the literature."""

import numpy as np
import pytest

from fedmarket.valuation.closed_forms import (
    Additive,
    Airport,
    Gloves,
    Pairwise,
    Saturating,
    SolvedGame,
    Voting,
)
from fedmarket.valuation.exact import shapley
from fedmarket.valuation.games import FloatArray

CLOSE = 1e-12


def bonuses(players: int) -> FloatArray:
    half = np.random.default_rng(5).normal(size=(players, players))
    return half + half.T


SOLVED: list[SolvedGame] = [
    Additive((2.0, -1.0, 0.0, 0.25)),
    Airport((3.0, 1.0, 0.0, 7.5, 3.0, 2.0)),
    Gloves(2, 5),
    Gloves(4, 3),
    Gloves(0, 3),
    Voting((4, 3, 2, 1, 0, 7), 9),
    Voting((1, 1, 1, 1, 1), 3),
    Voting((3, 1), 9),
    Pairwise((1.0, -2.0, 0.5, 0.0, 3.0), tuple(map(tuple, bonuses(5)))),
    Saturating((0.1, 2.0, 0.0, 40.0, 0.7)),
    Saturating((0.3, 0.2, 0.9, 1.4)),
    Saturating((2.0, 3.0, 1.0)),
    Saturating((1.0,)),
]


@pytest.mark.parametrize("game", SOLVED, ids=str)
def test_enumeration_gives_the_closed_form(game: SolvedGame) -> None:
    valuation = shapley(game)
    np.testing.assert_allclose(valuation.phi, game.shapley(), rtol=0, atol=CLOSE)
    assert valuation.evaluations == 2**game.players
    assert valuation.stderr is None


def test_the_batch_size_changes_nothing() -> None:
    game = Saturating(tuple(np.random.default_rng(0).random(12)))
    np.testing.assert_allclose(shapley(game, batch=7).phi, shapley(game).phi, rtol=0, atol=CLOSE)
    np.testing.assert_allclose(shapley(game).phi, game.shapley(), rtol=0, atol=CLOSE)


def test_the_diagonal_of_the_bonuses_is_nobodys_pair() -> None:
    game = Pairwise((1.0, 2.0), ((5.0, 3.0), (3.0, 5.0)))
    assert game.values(np.array([[True, False], [True, True]])).tolist() == [1.0, 6.0]
    assert game.shapley().tolist() == [2.5, 3.5]


def test_two_left_gloves_leave_the_one_right_glove_two_thirds() -> None:
    np.testing.assert_allclose(Gloves(2, 1).shapley(), [1 / 6, 1 / 6, 2 / 3], rtol=0, atol=CLOSE)


def test_a_permanent_member_of_the_security_council_has_19_63_percent_of_the_power() -> None:
    council = Voting((7,) * 5 + (1,) * 10, 39).shapley()
    np.testing.assert_allclose(council, [421 / 2145] * 5 + [4 / 2145] * 10, rtol=0, atol=CLOSE)


def test_the_longest_runway_is_paid_by_those_who_need_it() -> None:
    np.testing.assert_allclose(Airport((1.0, 2.0, 4.0)).shapley(), [1 / 3, 5 / 6, 17 / 6], rtol=0, atol=CLOSE)


@pytest.mark.parametrize("game", [Saturating(tuple(np.linspace(0, 1, 60))), Gloves(30, 31)], ids=["60", "61"])
def test_closed_forms_reach_beyond_enumeration_and_share_the_whole_gain(game: SolvedGame) -> None:
    everybody = np.ones((1, game.players), dtype=np.bool_)
    assert game.shapley().sum() == pytest.approx(game.values(everybody)[0], abs=1e-12)
