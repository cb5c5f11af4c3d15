"""Sampled orders of arrival: right on average, and as uncertain as they say."""

import numpy as np
import pytest

from fedmarket.valuation.closed_forms import Additive, Gloves, Pairwise, Saturating, SolvedGame, Voting
from fedmarket.valuation.games import FloatVector, Memo
from fedmarket.valuation.permutations import sampled_shapley
from fedmarket.valuation.result import Valuation

ROUGH: list[SolvedGame] = [
    Gloves(3, 4),
    Voting((4, 3, 2, 2, 5, 3, 3), 11),
    Saturating((0.1, 2.0, 0.5, 3.0, 0.7, 1.0)),
]


def stderr_of(valuation: Valuation) -> FloatVector:
    assert valuation.stderr is not None
    return valuation.stderr


@pytest.mark.parametrize("game", ROUGH, ids=str)
@pytest.mark.parametrize(("pairs", "runs"), [(2, 1500), (100, 150)])
def test_errors_are_as_large_as_the_standard_errors_say(game: SolvedGame, pairs: int, runs: int) -> None:
    known = Memo(game)
    estimates = [sampled_shapley(known, seed=seed, pairs=pairs) for seed in range(runs)]
    errors = np.array([run.phi - game.shapley() for run in estimates])
    stated = np.sqrt(np.mean([stderr_of(run) ** 2 for run in estimates], axis=0))
    assert 0.93 < np.sqrt((errors**2).mean() / (stated**2).mean()) < 1.07
    assert (np.abs(errors.mean(axis=0)) < 4 * stated / np.sqrt(runs)).all()


def test_more_pairs_come_closer_to_the_exact_value() -> None:
    game = Saturating(tuple(np.random.default_rng(1).random(40)))
    runs = [sampled_shapley(game, seed=4, pairs=pairs) for pairs in (16, 1600)]
    errors = [float(np.linalg.norm(run.phi - game.shapley())) for run in runs]
    assert errors[1] < errors[0] / 5
    assert np.linalg.norm(stderr_of(runs[1])) == pytest.approx(np.linalg.norm(stderr_of(runs[0])) / 10, rel=0.3)


def test_pairwise_interaction_is_cancelled_by_the_reverse_order() -> None:
    bonuses = tuple(map(tuple, np.add.outer(np.arange(30.0), np.arange(30.0))))
    game = Pairwise(tuple(np.linspace(-1, 1, 30)), bonuses)
    few = sampled_shapley(game, seed=9, pairs=2)
    np.testing.assert_allclose(few.phi, game.shapley(), rtol=1e-12)
    assert few.relative_stderr < 1e-12


def test_the_seed_fixes_the_estimate() -> None:
    game = ROUGH[0]
    once, again, other = (sampled_shapley(game, seed=seed, pairs=20) for seed in (7, 7, 8))
    assert (once.phi == again.phi).all() and (stderr_of(once) == stderr_of(again)).all()
    assert (once.phi != other.phi).any()


def test_sampling_stops_at_the_first_look_that_meets_the_target() -> None:
    game = ROUGH[2]
    longest = sampled_shapley(game, seed=5, pairs=4000)
    stopped = sampled_shapley(game, seed=5, pairs=4000, target=0.02)
    assert stopped.relative_stderr <= 0.02 < stopped.relative_stderr * 1.2
    assert stopped.evaluations < longest.evaluations / 2


def test_sampling_never_stops_before_32_pairs_nor_after_the_last() -> None:
    certain, rough = Additive((1.0, 2.0, 3.0)), ROUGH[0]
    assert sampled_shapley(certain, seed=0, target=1.0).evaluations == 2 + 32 * 2 * 2
    assert sampled_shapley(rough, seed=0, pairs=50, target=0.0).evaluations == 2 + 50 * 2 * 6


def test_evaluations_are_counted_as_asked_and_a_memo_counts_the_different_ones() -> None:
    known = Memo(ROUGH[0])
    valuation = sampled_shapley(known, seed=0, pairs=100)
    assert valuation.evaluations == 2 + 100 * 2 * 6
    assert known.evaluations <= 2**7
    assert (valuation.phi == sampled_shapley(ROUGH[0], seed=0, pairs=100).phi).all()


def test_a_lone_player_is_worth_the_gain() -> None:
    valuation = sampled_shapley(Additive((2.5,)), seed=0, pairs=2)
    assert valuation.phi.tolist() == [2.5] and stderr_of(valuation).tolist() == [0.0]
