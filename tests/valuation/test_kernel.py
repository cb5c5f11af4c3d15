"""Paired KernelSHAP: exact where everything is asked, near where not, and as close as an implementation by others."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from shapiq import KernelSHAP

from fedmarket.domain.errors import UsageError
from fedmarket.valuation.closed_forms import Additive, Airport, Gloves, Pairwise, Saturating, SolvedGame, Voting
from fedmarket.valuation.exact import shapley
from fedmarket.valuation.games import FloatVector, Game, Memo, Tabulated
from fedmarket.valuation.kernel import kernel_shapley

SOLVED: list[SolvedGame] = [
    Airport((3.0, 1.0, 0.0, 7.5, 3.0, 2.0)),
    Gloves(3, 4),
    Voting((4, 3, 2, 1, 0, 7), 9),
    Saturating((0.1, 2.0, 0.0, 40.0, 0.7)),
    Additive((2.5,)),
    Additive((2.5, -1.0)),
]


def test_fewer_pairs_than_players_are_refused() -> None:
    with pytest.raises(UsageError) as refusal:
        kernel_shapley(Saturating((1.0,) * 9), seed=0, pairs=8)
    assert refusal.value.error_id == "valuation.too_few_coalitions"


def test_a_game_without_players_is_refused() -> None:
    with pytest.raises(UsageError):
        kernel_shapley(Additive(()), seed=0, pairs=5)


@pytest.mark.parametrize("game", SOLVED, ids=str)
def test_where_every_coalition_is_asked_the_answer_is_the_closed_form(game: SolvedGame) -> None:
    valuation = kernel_shapley(game, seed=0, pairs=2 ** (game.players - 1))
    np.testing.assert_allclose(valuation.phi, game.shapley(), rtol=0, atol=1e-9)
    assert valuation.evaluations == 2**game.players


def test_random_games_are_solved_as_by_enumeration() -> None:
    game = Tabulated(np.random.default_rng(3).normal(size=2**9).tolist())
    np.testing.assert_allclose(kernel_shapley(game, seed=0, pairs=255).phi, shapley(game).phi, rtol=0, atol=1e-9)


def test_pairwise_interaction_is_cancelled_by_the_complement() -> None:
    bonuses = tuple(map(tuple, np.add.outer(np.arange(20.0), np.arange(20.0))))
    game = Pairwise(tuple(np.linspace(-1, 1, 20)), bonuses)
    np.testing.assert_allclose(kernel_shapley(game, seed=9, pairs=40).phi, game.shapley(), rtol=1e-8)


def test_the_estimate_sums_to_the_gain_and_the_seed_fixes_it() -> None:
    game = Memo(Gloves(8, 9))
    once, again, other = (kernel_shapley(game, seed=seed, pairs=60) for seed in (7, 7, 8))
    assert once.efficiency_gap == pytest.approx(0.0, abs=1e-9)
    assert (once.phi == again.phi).all() and (once.phi != other.phi).any()


def error(phi: FloatVector, game: SolvedGame) -> float:
    return float(np.linalg.norm(phi - game.shapley()) / np.linalg.norm(game.shapley()))


def test_more_pairs_come_closer() -> None:
    game = Saturating(tuple(np.random.default_rng(1).random(20)))
    few, many = (
        np.mean([error(kernel_shapley(game, seed=s, pairs=p).phi, game) for s in range(10)]) for p in (50, 1250)
    )
    assert many < few / 3


def shapiq_error(game: SolvedGame, evaluations: int, seed: int) -> float:
    oracle = KernelSHAP(n=game.players, pairing_trick=True, random_state=seed)
    found = oracle.approximate(evaluations, _normalised(game))
    return error(found.get_n_order_values(1), game)


def _normalised(game: Game) -> Callable[[NDArray[Any]], NDArray[Any]]:
    def values(rows: NDArray[Any]) -> NDArray[Any]:
        return game.values(rows.astype(bool))

    return values


def test_with_as_many_evaluations_it_is_about_as_near_as_shapiqs() -> None:
    game = Saturating(tuple(np.random.default_rng(2).random(12)))
    ours = np.median([error(kernel_shapley(game, seed=s, pairs=150).phi, game) for s in range(20)])
    theirs = np.median([shapiq_error(game, 300, s) for s in range(20)])
    assert ours < 3 * theirs
