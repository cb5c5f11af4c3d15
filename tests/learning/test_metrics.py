import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score  # type: ignore[import-untyped]

from fedmarket.learning.metrics import accuracy, auc, class_share_loss, measure, skill, skill_stderr_ppb, to_ppb
from fedmarket.learning.softmax import Softmax
from fedmarket.learning.table import Table


def random_predictions(classes: int, rows: int, digits: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(classes * rows)
    chances = np.round(rng.dirichlet(np.ones(classes), rows), digits)
    labels = rng.integers(classes, size=rows)
    labels[:classes] = np.arange(classes)
    return chances / chances.sum(axis=1, keepdims=True), labels


@pytest.mark.parametrize("digits", [1, 2, 8])
@pytest.mark.parametrize("rows", [10, 333])
def test_auc_is_scikit_learns_with_and_without_ties(rows: int, digits: int) -> None:
    chances, labels = random_predictions(2, rows, digits)
    assert auc(chances, labels) == pytest.approx(roc_auc_score(labels, chances[:, 1]))
    chances, labels = random_predictions(5, rows, digits)
    expected = roc_auc_score(labels, chances, multi_class="ovr", average="macro")
    assert auc(chances, labels) == pytest.approx(expected)


def test_auc_leaves_out_classes_that_no_row_has() -> None:
    chances, labels = random_predictions(4, 60, 4)
    labels[labels == 3] = 2
    each = [roc_auc_score(labels == k, chances[:, k]) for k in range(3)]
    assert auc(chances, labels) == pytest.approx(np.mean(each))


def test_the_class_share_loss_is_the_loss_of_predicting_the_shares() -> None:
    labels = np.array([0] * 5 + [1] * 3 + [2] * 2)
    assert class_share_loss(labels, 4) == pytest.approx(log_loss(labels, np.tile([0.5, 0.3, 0.2], (10, 1))))


def test_skill_is_zero_for_the_shares_one_when_perfect_and_negative_below() -> None:
    assert [skill(loss, 0.5) for loss in (0.5, 0.0, 1.0)] == [0.0, 1.0, -1.0]


def test_billionths_round_half_to_even() -> None:
    assert [to_ppb(value * 1e-9) for value in (0.5, 1.5, 2.5, -0.5, -1.5)] == [0, 2, 2, 0, -2]
    assert to_ppb(0.853) == 853_000_000


def test_a_measurement_holds_all_four_figures() -> None:
    rng = np.random.default_rng(0)
    recipe, table = Softmax(3, 2), Table(rng.normal(size=(50, 3)), np.array([0, 1] * 25))
    model = {"bias": np.zeros(2, np.float32), "weight": rng.normal(size=(3, 2)).astype(np.float32)}
    chances = recipe.probabilities(model, table)
    found = measure(recipe, model, table)
    assert found.loss == pytest.approx(log_loss(table.labels, chances))
    assert found.skill_ppb == pytest.approx((1 - found.loss / np.log(2)) * 1e9, abs=2)
    assert found.accuracy == accuracy(chances, table.labels) == (chances.argmax(axis=1) == table.labels).mean()
    assert found.auc == auc(chances, table.labels)


def test_an_untrained_model_has_the_skill_of_equal_shares() -> None:
    recipe, table = Softmax(1, 2), Table(np.zeros((4, 1)), np.array([0, 1, 0, 1]))
    assert measure(recipe, recipe.init(0), table).skill_ppb == 0


def test_the_skills_standard_error_is_that_of_a_mean() -> None:
    losses = np.random.default_rng(4).exponential(size=200)
    assert skill_stderr_ppb(losses, 0.5) == round(losses.std(ddof=1) / np.sqrt(200) / 0.5 * 1e9)
