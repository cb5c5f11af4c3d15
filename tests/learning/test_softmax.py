import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

from fedmarket.domain.terms import Strategy
from fedmarket.learning.metrics import measure
from fedmarket.learning.recipe import build_recipe, train_locally
from fedmarket.learning.softmax import Softmax
from fedmarket.learning.table import Table, fold_weights, folds, table_from_arrays
from fedmarket.learning.tensors import encode, flatten, unflatten

from .clinics import FEDAVG, FEDAVGM, TRAINING, biopsies, federation
from .refusals import refused

RECIPE = Softmax(features=4, classes=3)


@pytest.fixture
def table() -> Table:
    rng = np.random.default_rng(0)
    return Table(rng.normal(size=(37, 4)), rng.integers(3, size=37))


@pytest.mark.parametrize("name", ["mlp", "", "Softmax"])
def test_an_unknown_recipe_is_refused_naming_those_known(name: str) -> None:
    with refused("terms.unknown_recipe", "softmax"):
        build_recipe(name, biopsies()[2])


def test_a_recipe_fits_its_schema() -> None:
    recipe = build_recipe("softmax", biopsies()[2])
    assert recipe.spec.shapes == {"bias": (2,), "weight": (30, 2)}
    assert recipe.name == "softmax"
    assert not flatten(recipe.init(7)).any()


def test_losses_in_one_batch_are_the_losses_one_by_one(table: Table) -> None:
    points = np.random.default_rng(4).normal(size=(6, 15)) * 20
    single = [RECIPE.losses(unflatten(point, RECIPE.spec), table).mean() for point in points]
    assert np.allclose(RECIPE.mean_losses(points, table), single, rtol=1e-13)


def test_each_folds_gradient_is_the_finite_difference_of_its_mean_loss(table: Table) -> None:
    point, fold_of = np.random.default_rng(1).normal(size=RECIPE.spec.parameters), folds(len(table))
    gradients = RECIPE.fold_gradients(unflatten(point, RECIPE.spec), table, fold_of)
    for place, unit in enumerate(np.eye(len(point)) * 1e-5):
        ahead, behind = (RECIPE.losses(unflatten(point + shift, RECIPE.spec), table) for shift in (unit, -unit))
        for fold, gradient in enumerate(gradients):
            slope = (ahead - behind)[fold_of == fold].mean() / 2e-5
            assert gradient[place] == pytest.approx(slope, abs=1e-8)


def test_the_weighted_mean_of_the_folds_is_the_whole_gradient(table: Table) -> None:
    model = unflatten(np.random.default_rng(2).normal(size=15), RECIPE.spec)
    fold_of, whole = folds(len(table)), np.zeros(len(table), np.int64)
    mean = fold_weights(fold_of) @ RECIPE.fold_gradients(model, table, fold_of)
    assert np.allclose(mean, RECIPE.fold_gradients(model, table, whole)[0], rtol=0, atol=1e-14)


def test_one_step_on_all_rows_is_one_gradient_step(table: Table) -> None:
    start = unflatten(np.random.default_rng(3).normal(size=15).astype(np.float32), RECIPE.spec)
    whole = np.zeros(len(table), np.int64)
    after = RECIPE.train(start, table, steps=1, batch=37, learning_rate=0.3, momentum=0.9, seed=0)
    expected = flatten(start) - 0.3 * RECIPE.fold_gradients(start, table, whole)[0]
    assert np.allclose(flatten(after), expected, rtol=0, atol=1e-6)


def test_training_gives_the_same_bits_again_and_others_with_another_seed(table: Table) -> None:
    start = RECIPE.init(0)
    first, again, other = (train_locally(RECIPE, start, table, TRAINING, seed) for seed in (5, 5, 6))
    assert encode(first) == encode(again) != encode(other)
    assert not flatten(start).any()


def test_the_proximal_term_pulls_back_to_the_start(table: Table) -> None:
    start, whole = (
        unflatten(np.random.default_rng(3).normal(size=15).astype(np.float32), RECIPE.spec),
        np.zeros(37, int),
    )
    after = RECIPE.train(start, table, steps=2, batch=37, learning_rate=0.3, momentum=0.0, seed=0, proximal=0.5)
    first = flatten(start) - 0.3 * RECIPE.fold_gradients(start, table, whole)[0]
    gradient = RECIPE.fold_gradients(unflatten(first, RECIPE.spec), table, whole)[0]
    expected = first - 0.3 * (gradient + 0.5 * (first - flatten(start)))
    assert np.allclose(flatten(after), expected, rtol=0, atol=1e-6)


def test_a_strong_proximal_term_keeps_local_training_near_the_start(table: Table) -> None:
    start = RECIPE.init(0)
    free, held = (train_locally(RECIPE, start, table, TRAINING, 5, proximal=mu) for mu in (0.0, 1.0))
    assert np.linalg.norm(flatten(held)) < 0.9 * np.linalg.norm(flatten(free))


def test_fewer_rows_than_a_batch_still_train(table: Table) -> None:
    few = Table(table.features[:3], table.labels[:3])
    after = RECIPE.train(RECIPE.init(0), few, steps=5, batch=16, learning_rate=0.1, momentum=0.0, seed=0)
    assert RECIPE.losses(after, few).mean() < RECIPE.losses(RECIPE.init(0), few).mean()


def test_probabilities_sum_to_one_and_extreme_scores_stay_finite(table: Table) -> None:
    model = unflatten(np.full(15, 1.0) * np.arange(15) * 1e4, RECIPE.spec)
    assert np.allclose(RECIPE.probabilities(model, table).sum(axis=1), 1)
    assert np.isfinite(RECIPE.losses(model, table)).all()


def test_long_training_reaches_what_logistic_regression_reaches() -> None:
    raw, labels, schema = biopsies()
    table = table_from_arrays(raw, labels, schema)
    recipe = build_recipe("softmax", schema)
    ours = recipe.train(recipe.init(0), table, steps=1500, batch=569, learning_rate=0.5, momentum=0.9, seed=0)
    theirs = LogisticRegression(C=np.inf, max_iter=3000, tol=1e-8).fit(table.features, labels)
    agreement = (recipe.probabilities(ours, table).argmax(axis=1) == theirs.predict(table.features)).mean()
    assert agreement > 0.985


@pytest.mark.parametrize("strategy", [FEDAVG, FEDAVGM], ids=lambda each: each.name)
def test_a_federation_really_learns_breast_cancer(strategy: Strategy) -> None:
    found = [federation(seed, 5, 12, strategy) for seed in range(5)]
    tests = [measure(each.recipe, each.final, each.test) for each in found]
    assert np.mean([each.accuracy for each in tests]) > 0.94
    assert np.mean([each.skill_ppb for each in tests]) > 0.78e9
    assert min(each.auc for each in tests) > 0.97
