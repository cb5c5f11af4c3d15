"""What the valuations refuse, each with a sentence that says what to do, in both languages."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from fedmarket.domain.errors import UsageError
from fedmarket.valuation.closed_forms import Additive
from fedmarket.valuation.exact import EXACT_LIMIT, shapley
from fedmarket.valuation.folds import fold_stderr
from fedmarket.valuation.games import Coalitions, FloatArray, FloatVector, Memo, Tabulated
from fedmarket.valuation.leave_one_out import leave_one_out
from fedmarket.valuation.path import path_shares, segment_shares
from fedmarket.valuation.permutations import sampled_shapley


@dataclass(frozen=True)
class Answering:
    """Two players and a game that answers whatever it is told to."""

    answer: Callable[[Coalitions], FloatArray]
    players: int = 2

    def values(self, coalitions: Coalitions) -> FloatVector:
        return self.answer(coalitions)


NOT_A_NUMBER = Answering(lambda coalitions: np.where(coalitions.all(axis=1), np.nan, 0.0))
INFINITE = Answering(lambda coalitions: np.where(coalitions.all(axis=1), np.inf, 0.0))
ONE_SHORT = Answering(lambda coalitions: np.zeros(len(coalitions) - 1))
A_COLUMN = Answering(lambda coalitions: np.zeros((len(coalitions), 1)))
VALUATIONS = [shapley, leave_one_out, lambda game: sampled_shapley(game, seed=0, pairs=2)]


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(UsageError) as caught:
        call()
    assert all(len(caught.value.sentence(lang)) > 10 for lang in ("en", "zh"))
    return caught.value.error_id


@pytest.mark.parametrize("value", VALUATIONS)
@pytest.mark.parametrize("game", [NOT_A_NUMBER, INFINITE])
def test_a_utility_that_is_not_finite_is_refused(value: Callable[[object], object], game: Answering) -> None:
    assert refusal(lambda: value(game)) == "valuation.utility_not_finite"


@pytest.mark.parametrize("value", VALUATIONS)
@pytest.mark.parametrize("game", [ONE_SHORT, A_COLUMN])
def test_an_answer_of_another_shape_is_refused(value: Callable[[object], object], game: Answering) -> None:
    assert refusal(lambda: value(game)) == "valuation.values_shape"


@pytest.mark.parametrize("value", VALUATIONS)
def test_a_game_without_players_is_refused(value: Callable[[object], object]) -> None:
    assert refusal(lambda: value(Additive(()))) == "valuation.no_players"


def test_more_players_than_can_be_enumerated_are_refused_before_any_evaluation() -> None:
    crowd = Memo(Additive((1.0,) * (EXACT_LIMIT + 1)))
    with pytest.raises(UsageError, match=r"13 players need 2\^13 coalitions, and up to 12 .* use path shares"):
        shapley(crowd)
    assert crowd.evaluations == 0


def test_a_table_that_is_not_a_power_of_two_long_is_refused() -> None:
    for table in ((), (1.0,), (1.0, 2.0, 3.0)):
        assert refusal(lambda table=table: Tabulated(table)) == "valuation.table"  # type: ignore[misc]


def test_a_single_pair_of_permutations_is_refused() -> None:
    assert refusal(lambda: sampled_shapley(Additive((1.0,)), seed=0, pairs=1)) == "valuation.too_few_pairs"


@pytest.mark.parametrize("weights", [[1.0], [0.5, 0.6], [1.5, -0.5], [0.0, 1.0], [np.nan, 1.0], [[0.5], [0.5]], []])
def test_fold_weights_that_are_not_shares_are_refused(weights: list[float]) -> None:
    assert refusal(lambda: fold_stderr(np.zeros((2, 3)), np.array(weights))) == "valuation.fold_weights"


def test_a_table_of_folds_that_the_weights_do_not_fit_is_refused() -> None:
    assert refusal(lambda: fold_stderr(np.zeros((3, 2)), np.full(2, 0.5))) == "valuation.folds_shape"
    assert refusal(lambda: fold_stderr(np.zeros(2), np.full(2, 0.5))) == "valuation.folds_shape"


def share(
    gradient: Callable[[FloatVector], FloatArray] = np.zeros_like,
    *,
    start: FloatArray | None = None,
    end: FloatArray | None = None,
    parts: FloatArray | None = None,
    nodes: int = 8,
    fold_weights: FloatVector | None = None,
) -> object:
    """A sound call, but for what is passed: two players move one coordinate each from 0 to 1."""
    start, end = np.zeros(2) if start is None else start, np.ones(2) if end is None else end
    parts = np.eye(2) if parts is None else parts
    return path_shares(gradient, start, end, parts, nodes=nodes, fold_weights=fold_weights)


def test_a_gradient_that_is_not_finite_is_refused() -> None:
    for bad in (np.nan, np.inf, -np.inf):
        call = lambda bad=bad: share(lambda point: np.array([0.0, bad]))  # noqa: E731
        assert refusal(call) == "valuation.gradient_not_finite"


def test_a_gradient_of_another_shape_is_refused() -> None:
    halves = np.full(2, 0.5)
    assert refusal(lambda: share(lambda point: np.zeros(3))) == "valuation.gradient_shape"
    assert refusal(lambda: share(lambda point: np.zeros((2, 2)))) == "valuation.gradient_shape"
    assert refusal(lambda: share(np.zeros_like, fold_weights=halves)) == "valuation.gradient_shape"
    three_folds = np.zeros((3, 2))
    assert refusal(lambda: share(lambda _: three_folds, fold_weights=halves)) == "valuation.gradient_shape"


def test_a_mean_gradient_of_another_shape_or_not_finite_is_refused() -> None:
    ends, parts, halves = (np.zeros(2), np.ones(2)), np.eye(2), np.full(2, 0.5)
    for found in (np.zeros(3), np.zeros((2, 2))):
        call = lambda found=found: segment_shares(lambda path: found, *ends, parts)  # noqa: E731
        assert refusal(call) == "valuation.gradient_shape"
    by_fold = lambda: segment_shares(lambda path: np.zeros(2), *ends, parts, fold_weights=halves)  # noqa: E731
    assert refusal(by_fold) == "valuation.gradient_shape"
    endless = lambda: segment_shares(lambda path: np.array([0.0, np.nan]), *ends, parts)  # noqa: E731
    assert refusal(endless) == "valuation.gradient_not_finite"
    assert refusal(lambda: segment_shares(lambda path: np.zeros(2), *ends, parts, nodes=0)) == "valuation.too_few_nodes"


def test_a_single_fold_is_refused() -> None:
    one = np.ones(1)
    assert refusal(lambda: share(lambda _: np.zeros((1, 2)), fold_weights=one)) == "valuation.fold_weights"


def test_points_or_parts_of_another_shape_are_refused() -> None:
    assert refusal(lambda: share(end=np.ones(3))) == "valuation.step_shape"
    assert refusal(lambda: share(start=np.zeros((2, 1)), end=np.ones((2, 1)))) == "valuation.step_shape"
    for parts in (np.zeros((0, 2)), np.ones(2), np.eye(3)):
        assert refusal(lambda parts=parts: share(parts=parts)) == "valuation.parts_shape"  # type: ignore[misc]


def test_no_quadrature_nodes_are_refused() -> None:
    assert refusal(lambda: share(nodes=0)) == "valuation.too_few_nodes"


def test_parts_of_another_step_are_refused() -> None:
    assert refusal(lambda: share(parts=np.eye(2) * 1.001)) == "valuation.parts_off"
    assert refusal(lambda: share(parts=np.array([[1.0, 0.0], [0.0, np.nan]]))) == "valuation.parts_off"


def test_points_that_are_not_finite_are_refused() -> None:
    for bad in (np.nan, np.inf):
        place = np.array([1.0, bad])
        assert refusal(lambda place=place: share(end=place)) == "valuation.step_not_finite"  # type: ignore[misc]
        assert refusal(lambda place=place: share(start=place)) == "valuation.step_not_finite"  # type: ignore[misc]


def test_a_step_whose_end_was_rounded_to_float32_is_taken() -> None:
    start = np.array([3.1, -2.7])
    parts = np.array([[1e-5, 2e-5], [3e-5, -1e-5]])
    rounded = (start + parts.sum(axis=0)).astype(np.float32).astype(np.float64)
    share(start=start, end=rounded, parts=parts)


def test_parts_that_miss_one_part_in_a_hundred_thousand_of_the_step_are_taken() -> None:
    share(end=np.full(2, 100.0), parts=np.eye(2) * 100 * (1 + 1e-5))
