"""The game of FedSV: what it does to zero updates and to those who split, which is why nothing is paid on it."""

import numpy as np
import pytest

from fedmarket.domain.errors import UsageError
from fedmarket.valuation.exact import shapley
from fedmarket.valuation.games import FloatArray, FloatVector
from fedmarket.valuation.renormalised import Mixtures, Renormalised


def quadratic(parts: FloatArray, goal: FloatVector) -> Mixtures:
    """U(w) = -|w - goal|^2 at w = mixes @ parts."""

    def utilities(mixes: FloatArray) -> FloatVector:
        return -np.asarray(((mixes @ parts - goal) ** 2).sum(axis=1))

    return utilities


def parts_of(updates: FloatArray, weights: FloatVector) -> FloatArray:
    return np.asarray(weights[:, None] / weights.sum() * updates)


UPDATES = np.array([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
WEIGHTS = np.array([1.0, 2.0, 3.0])
GOAL = np.array([1.0, 1.0])


def game(updates: FloatArray = UPDATES, weights: FloatVector = WEIGHTS) -> Renormalised:
    return Renormalised(quadratic(parts_of(updates, weights), GOAL), weights)


@pytest.mark.parametrize("weights", [np.array([1.0, 0.0]), np.array([1.0, -1.0]), np.ones((2, 2))])
def test_weights_that_are_not_positive_are_refused(weights: FloatVector) -> None:
    with pytest.raises(UsageError) as refusal:
        Renormalised(quadratic(UPDATES, GOAL), weights)
    assert refusal.value.error_id == "valuation.player_weights"


def test_a_coalitions_model_is_the_weighted_mean_of_its_own_updates() -> None:
    for members in ([0], [1, 2], [0, 1, 2]):
        inside = np.isin(np.arange(3), members)
        mean = np.average(UPDATES[inside], axis=0, weights=WEIGHTS[inside])
        assert game().values(inside[None])[0] == pytest.approx(-((mean - GOAL) ** 2).sum())


def test_the_empty_coalition_leaves_the_model_as_it_is() -> None:
    assert game().values(np.zeros((1, 3), np.bool_)).tolist() == [-2.0]


def test_a_zero_update_is_not_worth_zero() -> None:
    with_rider = game(np.vstack([UPDATES, np.zeros(2)]), np.append(WEIGHTS, 2.0))
    assert abs(shapley(with_rider).phi[3]) > 0.04


def test_who_splits_its_weight_in_two_is_worth_more() -> None:
    whole = shapley(game()).phi[0]
    halves = shapley(game(UPDATES[[0, 0, 1, 2]], np.array([0.5, 0.5, 2.0, 3.0]))).phi[:2].sum()
    assert halves > whole * 1.2
