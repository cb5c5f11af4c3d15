"""What every recipe must do, whatever its network and its target."""

from dataclasses import replace

import numpy as np
import pytest

from fedmarket.domain import recipe_choice
from fedmarket.domain.recipe_choice import RecipeChoice
from fedmarket.domain.terms import DataSchema, Training
from fedmarket.learning.contribution import RoundGame
from fedmarket.learning.fixed_point import quantise
from fedmarket.learning.recipe import Recipe, build_recipe, train_locally
from fedmarket.learning.table import Table, fold_weights, folds
from fedmarket.learning.tensors import difference, encode, flatten, model_id, unflatten
from fedmarket.valuation.games import all_coalitions

from .clinics import TRAINING
from .refusals import refused

CLASSES = DataSchema(("a", "b", "c", "d"), ("0",) * 4, ("1",) * 4, "kind", ("x", "y", "z"))
NUMBER = replace(CLASSES, target="price", classes=(), target_mean="10", target_scale="2.5")
MLP = RecipeChoice.read("mlp:5")
RECIPES = {
    "softmax": build_recipe(RecipeChoice("softmax"), CLASSES),
    "linear": build_recipe(RecipeChoice("linear"), NUMBER),
    "mlp of classes": build_recipe(MLP, CLASSES),
    "mlp of a number": build_recipe(MLP, NUMBER),
}
EVERY = pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))
ROWS = 37
WHOLE = np.zeros(ROWS, np.int64)


def table(recipe: Recipe) -> Table:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(ROWS, 4))
    labels = rng.integers(3, size=ROWS)
    return Table(features, labels if recipe.objective.classes else labels + rng.normal(size=ROWS))


def point(recipe: Recipe, seed: int, size: float = 1.0) -> np.ndarray:
    return size * np.random.default_rng(seed).normal(size=recipe.spec.parameters)


@EVERY
def test_a_model_has_a_number_for_every_cell_that_the_terms_count(recipe: Recipe) -> None:
    choice = MLP if recipe.name == "mlp" else RecipeChoice(recipe.name)
    assert recipe.spec.parameters == choice.model_cells(4, recipe.objective.outputs)


@EVERY
def test_each_folds_gradient_is_the_finite_difference_of_its_mean_loss(recipe: Recipe) -> None:
    at, rows = point(recipe, 1), table(recipe)
    fold_of = folds(ROWS)
    gradients = recipe.fold_gradients(unflatten(at, recipe.spec), rows, fold_of)
    for place, unit in enumerate(np.eye(len(at)) * 1e-6):
        ahead, behind = (recipe.losses(unflatten(at + shift, recipe.spec), rows) for shift in (unit, -unit))
        for fold, gradient in enumerate(gradients):
            slope = (ahead - behind)[fold_of == fold].mean() / 2e-6
            assert gradient[place] == pytest.approx(slope, abs=1e-6)


@EVERY
def test_the_weighted_mean_of_the_folds_is_the_whole_gradient(recipe: Recipe) -> None:
    model, rows, fold_of = unflatten(point(recipe, 2), recipe.spec), table(recipe), folds(ROWS)
    mean = fold_weights(fold_of) @ recipe.fold_gradients(model, rows, fold_of)
    assert np.allclose(mean, recipe.fold_gradients(model, rows, WHOLE)[0], rtol=0, atol=1e-12)


@EVERY
def test_gradients_along_a_path_are_the_mean_of_those_at_its_points(recipe: Recipe) -> None:
    start, end = (unflatten(point(recipe, seed).astype(np.float32), recipe.spec) for seed in (2, 3))
    rows, fold_of, path = table(recipe), folds(ROWS), [(0.0, 0.1), (0.3, 0.5), (1.0, 0.4)]
    begin, step = flatten(start).astype(np.float64), flatten(difference(end, start))
    models = [unflatten(begin + at * step, recipe.spec) for at, _ in path]
    one_by_one = [
        share * recipe.fold_gradients(model, rows, fold_of) for model, (_, share) in zip(models, path, strict=True)
    ]
    found = recipe.path_gradients(start, end, path, rows, fold_of)
    assert np.allclose(found, sum(one_by_one), rtol=0, atol=1e-12)


@EVERY
def test_one_step_on_all_rows_is_one_gradient_step(recipe: Recipe) -> None:
    start, rows = unflatten(point(recipe, 3).astype(np.float32), recipe.spec), table(recipe)
    after = recipe.train(start, rows, steps=1, batch=ROWS, learning_rate=0.1, momentum=0.9, seed=0)
    expected = flatten(start) - 0.1 * recipe.fold_gradients(start, rows, WHOLE)[0]
    assert np.allclose(flatten(after), expected, rtol=0, atol=1e-6)


@EVERY
def test_momentum_and_the_proximal_term_act_as_written(recipe: Recipe) -> None:
    start, rows = unflatten(point(recipe, 3).astype(np.float32), recipe.spec), table(recipe)
    after = recipe.train(start, rows, steps=2, batch=ROWS, learning_rate=0.1, momentum=0.5, seed=0, proximal=0.7)
    velocity = recipe.fold_gradients(start, rows, WHOLE)[0]
    first = flatten(start) - 0.1 * velocity
    gradient = recipe.fold_gradients(unflatten(first, recipe.spec), rows, WHOLE)[0]
    velocity = 0.5 * velocity + gradient + 0.7 * (first - flatten(start))
    assert np.allclose(flatten(after), first - 0.1 * velocity, rtol=0, atol=1e-5)


@EVERY
def test_a_strong_proximal_term_keeps_local_training_near_the_start(recipe: Recipe) -> None:
    start, rows = recipe.init(0), table(recipe)
    free, held = (train_locally(recipe, start, rows, TRAINING, 5, proximal=mu) for mu in (0.0, 2.0))
    gone = [float(np.linalg.norm(flatten(difference(model, start)))) for model in (free, held)]
    assert gone[1] < 0.9 * gone[0]


@EVERY
def test_training_gives_the_same_bits_again_and_others_with_another_seed(recipe: Recipe) -> None:
    start, rows = recipe.init(0), table(recipe)
    first, again, other = (train_locally(recipe, start, rows, TRAINING, seed) for seed in (5, 5, 6))
    assert encode(first) == encode(again) != encode(other)
    assert encode(start) == encode(recipe.init(0))


@EVERY
def test_fewer_rows_than_a_batch_still_train(recipe: Recipe) -> None:
    rows = table(recipe)
    few = Table(rows.features[:3], rows.labels[:3])
    after = recipe.train(recipe.init(0), few, steps=9, batch=16, learning_rate=0.05, momentum=0.0, seed=0)
    assert recipe.losses(after, few).mean() < recipe.losses(recipe.init(0), few).mean()


@EVERY
@pytest.mark.parametrize("players", [1, 4])
def test_losses_of_all_coalitions_at_once_are_those_of_the_models_one_by_one(recipe: Recipe, players: int) -> None:
    base, rows = unflatten(point(recipe, 4).astype(np.float32), recipe.spec), table(recipe)
    shares = {f"p{i}": point(recipe, 10 + i, 0.3) for i in range(players)}
    coalitions = all_coalitions(players)
    at_once = RoundGame(recipe, base, shares, rows).values(coalitions)
    for found, coalition in zip(at_once, coalitions, strict=True):
        model = flatten(base) + sum((shares[f"p{i}"] for i in np.flatnonzero(coalition)), np.zeros(1))
        assert found == pytest.approx(-recipe.losses(unflatten(model, recipe.spec), rows).mean(), rel=1e-12)


def test_many_coalitions_are_taken_in_blocks_that_change_nothing() -> None:
    recipe = build_recipe(RecipeChoice.read("mlp:2000"), CLASSES)
    base, rows = recipe.init(3), table(recipe)
    shares = {f"p{i}": point(recipe, 10 + i, 0.1) for i in range(5)}
    game, coalitions = RoundGame(recipe, base, shares, rows), all_coalitions(5)
    single = np.concatenate([game.values(coalitions[i : i + 1]) for i in range(32)])
    assert np.allclose(game.values(coalitions), single, rtol=1e-12)


@EVERY
def test_the_first_model_knows_nothing_of_the_features(recipe: Recipe) -> None:
    found = recipe.predictions(recipe.init(11), table(recipe))
    assert np.allclose(found, 1 / 3 if recipe.objective.classes else 0)


def test_the_first_mlp_is_the_same_everywhere_and_another_for_another_seed() -> None:
    recipe = RECIPES["mlp of classes"]
    assert model_id(recipe.init(0)).hex() == "bbef817d80cbb5e5ab7cc24a07ae3aff8a98f4a87a449d4fc409517fc18ee984"
    assert model_id(recipe.init(1)) != model_id(recipe.init(0))
    weights, limit = recipe.init(0)["hidden_weight"], np.sqrt(6 / 9)
    assert (np.abs(weights) <= limit).all() and np.abs(weights).max() > 0.8 * limit
    assert weights.min() < 0 < weights.max()


def test_an_mlp_learns_what_no_linear_map_can() -> None:
    rng = np.random.default_rng(2)
    features = rng.normal(size=(400, 2))
    labels = (features[:, 0] * features[:, 1] > 0).astype(np.int64)
    rows, schema = Table(features, labels), DataSchema(("a", "b"), ("0",) * 2, ("1",) * 2, "same sign", ("no", "yes"))
    training = Training(steps=400, batch=32, learning_rate="0.1", momentum="0.9")
    found = {}
    for name in ("softmax", "mlp:16"):
        recipe = build_recipe(RecipeChoice.read(name), schema)
        model = train_locally(recipe, recipe.init(0), rows, training, 1)
        found[name] = float((recipe.predictions(model, rows).argmax(axis=1) == labels).mean())
    assert found["softmax"] < 0.65 < 0.93 < found["mlp:16"]


def test_a_linear_recipe_finds_the_least_squares() -> None:
    recipe, rows = RECIPES["linear"], table(RECIPES["linear"])
    model = recipe.train(recipe.init(0), rows, steps=2000, batch=ROWS, learning_rate=0.02, momentum=0.9, seed=0)
    design = np.column_stack([np.ones(ROWS), rows.features])
    exact = np.linalg.lstsq(design, rows.labels, rcond=None)[0]
    assert np.allclose(flatten(model), exact, atol=1e-5)


@EVERY
def test_extreme_models_have_finite_losses(recipe: Recipe) -> None:
    model = unflatten(point(recipe, 5, 1e4), recipe.spec)
    assert np.isfinite(recipe.losses(model, table(recipe))).all()


def test_training_that_diverges_is_refused_by_name() -> None:
    recipe, rows = RECIPES["linear"], table(RECIPES["linear"])
    with np.errstate(all="ignore"):
        model = recipe.train(recipe.init(0), rows, steps=3000, batch=16, learning_rate=50.0, momentum=0.9, seed=0)
    with refused("update.diverged"), np.errstate(all="ignore"):
        quantise(difference(model, recipe.init(0)), 2**24)


@pytest.mark.parametrize("name", ["resnet", "", "Softmax", "mlp32"])
def test_an_unknown_recipe_is_refused_naming_those_known(name: str) -> None:
    with refused("terms.unknown_recipe", "softmax, linear, mlp"):
        build_recipe(RecipeChoice(name), CLASSES)
    with refused("terms.unknown_recipe", "softmax, linear, mlp"):
        RecipeChoice.read(name)


@pytest.mark.parametrize("text", ["mlp", "mlp:8,8", "softmax:8", "softmax:", "linear:1"])
def test_a_recipe_written_with_other_parameters_than_its_own_is_refused(text: str) -> None:
    with refused("terms.bad_recipe_parameters", text.partition(":")[0]):
        RecipeChoice.read(text)


@pytest.mark.parametrize("hidden", ["0", "-3", "08", "1.5", "", "many", "65537", "9" * 30])
def test_hidden_units_that_are_no_count_are_refused(hidden: str) -> None:
    with refused("terms.bad_recipe_parameter", hidden[:40]):
        build_recipe(RecipeChoice("mlp", (("hidden", hidden),)), CLASSES)


def test_a_choice_is_written_as_it_is_read() -> None:
    for text in ("softmax", "linear", "mlp:32"):
        assert str(RecipeChoice.read(text)) == text


def test_every_recipe_that_terms_may_name_can_be_built() -> None:
    for name, parameters in recipe_choice.RECIPES.items():
        schema = CLASSES if name not in recipe_choice.NUMBERS_ONLY else NUMBER
        choice = RecipeChoice(name, tuple((parameter, "7") for parameter in parameters))
        assert build_recipe(choice, schema).name == name
