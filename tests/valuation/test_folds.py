"""Standard errors over validation folds."""

import numpy as np
import pytest

from fedmarket.valuation.folds import fold_stderr


def test_equal_folds_give_the_plain_jackknife_computed_the_long_way() -> None:
    by_fold = np.random.default_rng(0).normal(size=(6, 4))
    without = np.array([np.delete(by_fold, k, axis=0).mean(axis=0) for k in range(6)])
    jackknife = np.sqrt(5 / 6 * ((without - without.mean(axis=0)) ** 2).sum(axis=0))
    np.testing.assert_allclose(fold_stderr(by_fold, np.full(6, 1 / 6)), jackknife, rtol=1e-12)


def test_unequal_folds_give_the_delete_m_jackknife_computed_the_long_way() -> None:
    by_fold, weights = np.random.default_rng(1).normal(size=(4, 3)), np.array([0.4, 0.3, 0.2, 0.1])
    mean = weights @ by_fold
    without = np.array([(mean - w * fold) / (1 - w) for w, fold in zip(weights, by_fold, strict=True)])
    scale = 1 / weights[:, None]
    pseudo = scale * mean - (scale - 1) * without
    centre = 4 * mean - ((1 - weights)[:, None] * without).sum(axis=0)
    long_way = np.sqrt((((pseudo - centre) ** 2) / (scale - 1)).mean(axis=0))
    np.testing.assert_allclose(fold_stderr(by_fold, weights), long_way, rtol=1e-12)


@pytest.mark.parametrize("sizes", [(20, 20, 20, 20, 20), (50, 20, 10, 10, 10)])
def test_the_error_over_many_samples_of_examples_is_as_large_as_stated(sizes: tuple[int, ...]) -> None:
    rng = np.random.default_rng(2)
    weights = np.array(sizes) / sum(sizes)
    spread = 1 / np.sqrt(np.array(sizes))[:, None]
    by_fold = rng.normal(size=(len(sizes), 4000)) * spread
    stated, actual = fold_stderr(by_fold, weights), weights @ by_fold
    assert np.sqrt((stated**2).mean()) == pytest.approx(actual.std(), rel=0.05)


def test_folds_that_agree_leave_no_uncertainty() -> None:
    assert fold_stderr(np.full((3, 2), 7.0), np.array([0.5, 0.25, 0.25])).tolist() == [0.0, 0.0]
