"""Shares of a step: the whole fall in loss, nothing for a zero update, no profit from splitting."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedmarket.valuation.folds import fold_stderr
from fedmarket.valuation.games import FloatArray, FloatVector
from fedmarket.valuation.path import Path, PathShares, path_shares, segment_shares
from tests.valuation.softmax_federation import FederatedStep, federated_steps

CLOSE = 1e-12
FEW = settings(max_examples=30, deadline=None)
SEEDS = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="module")
def step() -> FederatedStep:
    return federated_steps(players=6, seed=3, rounds=2)[1]


def shares(step: FederatedStep, parts: FloatArray | None = None, nodes: int = 8) -> FloatVector:
    taken = step.parts if parts is None else parts
    return path_shares(step.gradient, step.start, step.end, taken, nodes=nodes).phi


def folded(step: FederatedStep) -> PathShares:
    return path_shares(step.fold_gradients, step.start, step.end, step.parts, fold_weights=np.full(5, 0.2))


def gap(step: FederatedStep, nodes: int) -> float:
    before, after = step.losses(np.array([step.start, step.end]))
    return abs(float(shares(step, nodes=nodes).sum() - (before - after)))


def test_efficiency_the_shares_add_up_to_the_fall_in_loss_up_to_quadrature(step: FederatedStep) -> None:
    assert gap(step, nodes=8) < 1e-12
    assert 1e-9 < gap(step, nodes=2) < gap(step, nodes=1) / 100


def test_a_zero_update_earns_exactly_nothing(step: FederatedStep) -> None:
    phi = shares(step, np.vstack([step.parts, np.zeros_like(step.start)]))
    assert phi[-1] == 0
    np.testing.assert_allclose(phi[:-1], shares(step), rtol=0, atol=CLOSE)


def test_equal_updates_earn_the_same(step: FederatedStep) -> None:
    parts = np.vstack([step.parts[0] / 2, step.parts[0] / 2, step.parts[1:]])
    phi = shares(step, parts)
    assert phi[0] == pytest.approx(phi[1], abs=1e-15)


@FEW
@given(SEEDS, st.integers(2, 8))
def test_an_update_cut_in_pieces_earns_the_same_in_sum_and_moves_nobody_else(
    step: FederatedStep, seed: int, pieces: int
) -> None:
    cuts = np.random.default_rng(seed).dirichlet(np.ones(pieces))[:, None] * step.parts[2]
    noise = np.random.default_rng(seed + 1).normal(size=cuts.shape) / 100
    cuts += noise - noise.mean(axis=0)
    whole, cut = shares(step), shares(step, np.vstack([np.delete(step.parts, 2, axis=0), cuts]))
    assert cut[5:].sum() == pytest.approx(whole[2], abs=1e-12)
    np.testing.assert_allclose(cut[:5], np.delete(whole, 2), rtol=0, atol=CLOSE)


@FEW
@given(st.permutations(range(6)))
def test_renaming_the_players_renames_their_shares(step: FederatedStep, order: list[int]) -> None:
    np.testing.assert_allclose(shares(step, step.parts[order]), shares(step)[order], rtol=0, atol=CLOSE)


@FEW
@given(st.floats(-3, 3), st.floats(-3, 3))
def test_a_mixture_of_losses_is_shared_as_the_mixture_of_the_shares(step: FederatedStep, a: float, b: float) -> None:
    def penalty(point: FloatVector) -> FloatVector:
        return point**3

    def share(gradient: Callable[[FloatVector], FloatVector]) -> FloatVector:
        return path_shares(gradient, step.start, step.end, step.parts).phi

    mixed = share(lambda point: a * step.gradient(point) + b * penalty(point))
    np.testing.assert_allclose(mixed, a * share(step.gradient) + b * share(penalty), rtol=0, atol=CLOSE)


def test_a_harmful_update_has_a_negative_share(step: FederatedStep) -> None:
    flipped = np.vstack([step.parts[:5], -step.parts[:1]])
    turned = FederatedStep(step.rows, step.labels, step.start, flipped)
    assert shares(turned)[5] < 0 < shares(turned)[0]


def test_float32_parts_are_shared_in_float64(step: FederatedStep) -> None:
    narrow = step.parts.astype(np.float32)
    exactly = path_shares(step.gradient, step.start, step.end, narrow.astype(np.float64))
    assert (path_shares(step.gradient, step.start, step.end, narrow).phi == exactly.phi).all()


def test_eight_gradients_are_computed_however_many_players(step: FederatedStep) -> None:
    seen: list[FloatVector] = []

    def counting(point: FloatVector) -> FloatVector:
        seen.append(point)
        return step.gradient(point)

    for parts in (step.parts, np.repeat(step.parts / 10, 10, axis=0)):
        seen.clear()
        assert path_shares(counting, step.start, step.end, parts).gradients == len(seen) == 8


def test_folds_change_the_shares_by_nothing_and_add_their_standard_errors(step: FederatedStep) -> None:
    with_folds = folded(step)
    np.testing.assert_allclose(with_folds.phi, shares(step), rtol=0, atol=CLOSE)
    each = [FederatedStep(step.rows[k::5], step.labels[k::5], step.start, step.parts) for k in range(5)]
    expected = np.array([shares(fold) for fold in each])
    assert with_folds.by_fold is not None and with_folds.stderr is not None
    np.testing.assert_allclose(with_folds.by_fold, expected, rtol=0, atol=CLOSE)
    assert (with_folds.stderr == fold_stderr(with_folds.by_fold, np.full(5, 0.2))).all()


def test_folds_of_unequal_size_count_by_their_examples(step: FederatedStep) -> None:
    cuts = (slice(0, 150), slice(150, 250), slice(250, 300))
    each = [FederatedStep(step.rows[cut], step.labels[cut], step.start, step.parts) for cut in cuts]
    by_cut = path_shares(
        lambda point: np.array([fold.gradient(point) for fold in each]),
        step.start,
        step.end,
        step.parts,
        fold_weights=np.array([1 / 2, 1 / 3, 1 / 6]),
    )
    np.testing.assert_allclose(by_cut.phi, shares(step), rtol=0, atol=CLOSE)


def test_without_folds_no_standard_error_is_claimed(step: FederatedStep) -> None:
    plain = path_shares(step.gradient, step.start, step.end, step.parts)
    assert plain.stderr is None and plain.by_fold is None


def test_gradients_averaged_by_the_caller_give_the_same_shares(step: FederatedStep) -> None:
    def mean(path: Path) -> FloatArray:
        assert sum(share for _, share in path) == pytest.approx(1)
        points = [step.start + at * (step.end - step.start) for at, _ in path]
        return np.asarray(sum(share * step.fold_gradients(at) for at, (_, share) in zip(points, path, strict=True)))

    found = segment_shares(mean, step.start, step.end, step.parts, fold_weights=np.full(5, 0.2))
    expected = folded(step)
    assert found.by_fold is not None and expected.by_fold is not None
    assert np.allclose(found.phi, expected.phi, rtol=0, atol=CLOSE)
    assert np.allclose(found.by_fold, expected.by_fold, rtol=0, atol=CLOSE)
