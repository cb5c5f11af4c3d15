from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import (  # type: ignore[import-untyped]
    log_loss,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
)

from fedmarket.learning.linear_map import LinearMap
from fedmarket.learning.metrics import (
    accuracy,
    auc,
    measure,
    number_figures,
    reference_loss,
    skill,
    skill_stderr_ppb,
    to_ppb,
)
from fedmarket.learning.network_recipe import NetworkRecipe
from fedmarket.learning.objectives import CrossEntropy, SquaredError
from fedmarket.learning.table import Table


def softmax(features: int, classes: int) -> NetworkRecipe:
    return NetworkRecipe("softmax", LinearMap(features, classes), CrossEntropy(classes))


def linear(features: int, scale: float) -> NetworkRecipe:
    return NetworkRecipe("linear", LinearMap(features, 1), SquaredError(scale))


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
    found = reference_loss(softmax(1, 4), Table(np.zeros((10, 1)), labels))
    assert found == pytest.approx(log_loss(labels, np.tile([0.5, 0.3, 0.2], (10, 1))))


def test_of_a_number_the_loss_of_predicting_the_mean_is_the_variance() -> None:
    targets = np.random.default_rng(3).normal(2.0, 5.0, size=40)
    assert reference_loss(linear(1, 3.0), Table(np.zeros((40, 1)), targets)) == pytest.approx(targets.var())


def test_skill_is_zero_for_the_shares_one_when_perfect_and_negative_below() -> None:
    assert [skill(loss, 0.5) for loss in (0.5, 0.0, 1.0)] == [0.0, 1.0, -1.0]


def test_billionths_round_half_to_even() -> None:
    assert [to_ppb(value * 1e-9) for value in (0.5, 1.5, 2.5, -0.5, -1.5)] == [0, 2, 2, 0, -2]
    assert to_ppb(0.853) == 853_000_000


def test_a_measurement_of_classes_holds_loss_skill_accuracy_and_auc() -> None:
    rng = np.random.default_rng(0)
    recipe, table = softmax(3, 2), Table(rng.normal(size=(50, 3)), np.array([0, 1] * 25))
    model = {"bias": np.zeros(2, np.float32), "weight": rng.normal(size=(3, 2)).astype(np.float32)}
    chances = recipe.predictions(model, table)
    found = measure(recipe, model, table)
    assert found.loss == pytest.approx(log_loss(table.labels, chances))
    assert found.skill_ppb == pytest.approx((1 - found.loss / np.log(2)) * 1e9, abs=2)
    right = float((chances.argmax(axis=1) == table.labels).mean())
    assert accuracy(chances, table.labels) == right
    assert found.figures == {"accuracy": right, "auc": auc(chances, table.labels)}


def test_a_number_is_measured_by_scikit_learns_rmse_mae_and_r2_in_its_own_units() -> None:
    rng = np.random.default_rng(0)
    recipe, table = linear(3, 250.0), Table(rng.normal(size=(50, 3)), rng.normal(size=50))
    model = {"bias": np.ones(1, np.float32), "weight": rng.normal(size=(3, 1)).astype(np.float32)}
    predicted, found = recipe.predictions(model, table), measure(recipe, model, table)
    mine, theirs = 1000 + 250 * predicted, 1000 + 250 * table.labels
    assert found.figures["rmse"] == pytest.approx(root_mean_squared_error(theirs, mine))
    assert found.figures["mae"] == pytest.approx(mean_absolute_error(theirs, mine))
    assert found.figures["r2"] == pytest.approx(r2_score(theirs, mine))
    assert found.skill_ppb == to_ppb(found.figures["r2"])
    assert number_figures(table.labels, table.labels, 250.0) == {"rmse": 0.0, "mae": 0.0, "r2": 1.0}


def test_an_untrained_model_has_the_skill_of_equal_shares() -> None:
    recipe, table = softmax(1, 2), Table(np.zeros((4, 1)), np.array([0, 1, 0, 1]))
    assert measure(recipe, recipe.init(0), table).skill_ppb == 0


def scatter(draw: Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]) -> tuple[float, float]:
    """Return the standard deviation of the skill over 600 samples, and the root mean square of its stated errors."""
    rng = np.random.default_rng(7)
    samples = [draw(rng) for _ in range(600)]
    skills = [skill(float(losses.mean()), float(references.mean())) for losses, references in samples]
    errors = np.array([skill_stderr_ppb(*sample) for sample in samples]) / 1e9
    return float(np.std(skills)), float(np.sqrt((errors**2).mean()))


def unequal_classes(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    labels = (rng.random(200) < 0.2).astype(np.int64)
    scores = np.column_stack([np.zeros(200), 2.5 * labels - 2.2 + rng.normal(size=200)])
    return CrossEntropy(2).losses(scores, labels), CrossEntropy(2).reference_losses(labels)


def an_untrained_softmax(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    labels = (rng.random(200) < 0.2).astype(np.int64)
    return CrossEntropy(2).losses(np.zeros((200, 2)), labels), CrossEntropy(2).reference_losses(labels)


def a_number(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    targets = rng.exponential(size=200)
    outputs = (0.7 * targets + 0.5 * rng.normal(size=200))[:, None]
    return SquaredError().losses(outputs, targets), SquaredError().reference_losses(targets)


@pytest.mark.parametrize("draw", [unequal_classes, an_untrained_softmax, a_number])
def test_the_skills_standard_error_is_what_other_validation_sets_scatter_by(
    draw: Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]],
) -> None:
    scattered, stated = scatter(draw)
    assert stated == pytest.approx(scattered, rel=0.12)


def test_the_skills_standard_error_agrees_with_the_jackknife() -> None:
    losses, references = unequal_classes(np.random.default_rng(1))
    others = [np.delete(np.arange(200), row) for row in range(200)]
    left = np.array([1 - losses[rows].mean() / references[rows].mean() for rows in others])
    jackknife = np.sqrt(199 / 200 * ((left - left.mean()) ** 2).sum())
    assert skill_stderr_ppb(losses, references) / 1e9 == pytest.approx(jackknife, rel=0.02)


def test_an_untrained_model_has_an_error_where_classes_are_unequal_and_none_where_they_are_equal() -> None:
    recipe, rows = softmax(1, 2), np.zeros((100, 1))
    few, half = (Table(rows, (np.arange(100) < count).astype(np.int64)) for count in (20, 50))
    assert measure(recipe, recipe.init(0), few).skill_stderr_ppb > 5e7
    assert measure(recipe, recipe.init(0), half).skill_stderr_ppb == 0


def test_one_row_has_no_known_error() -> None:
    assert skill_stderr_ppb(np.ones(1), np.ones(1)) == 2**62
