import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]

from fedmarket.domain.recipe_choice import RecipeChoice
from fedmarket.domain.terms import Strategy
from fedmarket.learning.metrics import measure
from fedmarket.learning.recipe import build_recipe
from fedmarket.learning.table import table_from_arrays
from fedmarket.learning.tensors import flatten, unflatten

from .clinics import FEDAVG, FEDAVGM, biopsies, federation

SOFTMAX = RecipeChoice("softmax")


def test_a_recipe_fits_its_schema() -> None:
    recipe = build_recipe(SOFTMAX, biopsies()[2])
    assert recipe.spec.shapes == {"bias": (2,), "weight": (30, 2)}
    assert recipe.name == "softmax"
    assert not flatten(recipe.init(7)).any()


def test_probabilities_sum_to_one_and_extreme_scores_stay_finite() -> None:
    raw, labels, schema = biopsies()
    recipe, table = build_recipe(SOFTMAX, schema), table_from_arrays(raw, labels, schema)
    model = unflatten(np.arange(62) * 1e4, recipe.spec)
    assert np.allclose(recipe.predictions(model, table).sum(axis=1), 1)
    assert np.isfinite(recipe.losses(model, table)).all()


def test_long_training_reaches_what_logistic_regression_reaches() -> None:
    raw, labels, schema = biopsies()
    table = table_from_arrays(raw, labels, schema)
    recipe = build_recipe(SOFTMAX, schema)
    ours = recipe.train(recipe.init(0), table, steps=1500, batch=569, learning_rate=0.5, momentum=0.9, seed=0)
    theirs = LogisticRegression(C=np.inf, max_iter=3000, tol=1e-8).fit(table.features, labels)
    agreement = (recipe.predictions(ours, table).argmax(axis=1) == theirs.predict(table.features)).mean()
    assert agreement > 0.985


@pytest.mark.parametrize("strategy", [FEDAVG, FEDAVGM], ids=lambda each: each.name)
def test_a_federation_really_learns_breast_cancer(strategy: Strategy) -> None:
    found = [federation(seed, 5, 12, strategy) for seed in range(5)]
    tests = [measure(each.recipe, each.final, each.test) for each in found]
    assert np.mean([each.figures["accuracy"] for each in tests]) > 0.94
    assert np.mean([each.skill_ppb for each in tests]) > 0.78e9
    assert min(each.figures["auc"] for each in tests) > 0.97
