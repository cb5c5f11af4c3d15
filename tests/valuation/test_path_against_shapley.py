"""How near the shares of a step are to the Shapley value of the game of who took part in it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fedmarket.valuation.exact import shapley
from fedmarket.valuation.games import Coalitions, FloatArray, FloatVector
from fedmarket.valuation.path import path_shares
from fedmarket.valuation.permutations import sampled_shapley
from tests.valuation.softmax_federation import FederatedStep, federated_steps


class QuadraticStep:
    """v(S) = -L(start + sum over S of the parts), L(w) = <w, A w> / 2 + <b, w>, with A of any signature."""

    def __init__(self, players: int, size: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        half = rng.normal(size=(size, size))
        self.curvature, self.slope = half + half.T, rng.normal(size=size)
        self.start, self.parts = rng.normal(size=size), rng.normal(size=(players, size))
        self.end = self.start + self.parts.sum(axis=0)
        self.players = players

    def gradient(self, point: FloatVector) -> FloatVector:
        return np.asarray(self.curvature @ point + self.slope)

    def values(self, coalitions: Coalitions) -> FloatVector:
        points = self.start + coalitions @ self.parts
        return np.asarray(-((points @ self.curvature) * points).sum(axis=1) / 2 - points @ self.slope)


def shares(step: FederatedStep | QuadraticStep, nodes: int = 8) -> FloatVector:
    return path_shares(step.gradient, step.start, step.end, step.parts, nodes=nodes).phi


def relative_error(estimate: FloatArray, truth: FloatArray) -> float:
    return float(np.linalg.norm(estimate - truth) / np.linalg.norm(truth))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 7), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_on_a_quadratic_loss_the_shares_are_the_shapley_value(players: int, size: int, seed: int) -> None:
    step = QuadraticStep(players, size, seed)
    for nodes in (1, 8):
        np.testing.assert_allclose(shares(step, nodes), shapley(step).phi, rtol=1e-9, atol=1e-9)


def test_of_ten_providers_the_median_error_against_enumeration_is_at_most_one_percent() -> None:
    errors = [
        [relative_error(shares(step), shapley(step).phi) for step in federated_steps(10, seed, rounds=2)]
        for seed in range(10)
    ]
    assert (np.median(errors, axis=0) <= 0.01).all()
    assert np.max(errors) <= 0.02


def test_of_fifty_providers_the_error_against_many_orders_of_arrival_is_at_most_two_percent() -> None:
    for step in federated_steps(50, seed=0, rounds=2):
        orders = sampled_shapley(step, seed=1, pairs=1000, target=0.002)
        assert orders.relative_stderr <= 0.002
        assert relative_error(shares(step), orders.phi) <= 0.02


def test_the_order_of_the_providers_by_share_is_that_of_their_shapley_values() -> None:
    step = federated_steps(10, seed=1, rounds=1)[0]
    assert (np.argsort(shares(step)) == np.argsort(shapley(step).phi)).all()
