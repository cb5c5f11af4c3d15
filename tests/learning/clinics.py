"""Breast-cancer biopsies spread over clinics of unlike case mix, and a federation of them run round by round."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_diabetes  # type: ignore[import-untyped]

from fedmarket.domain.recipe_choice import RecipeChoice
from fedmarket.domain.terms import Aggregation, DataSchema, Strategy, Training
from fedmarket.learning.fixed_point import quantise
from fedmarket.learning.recipe import Recipe, build_recipe, train_locally
from fedmarket.learning.rules import build_rule
from fedmarket.learning.server_step import build_server_step
from fedmarket.learning.table import Table, regression_schema, schema_from_arrays, table_from_arrays
from fedmarket.learning.tensors import Tensors, difference

FEDAVG = Strategy("fedavg")
FEDAVGM = Strategy("fedavgm", (("server_momentum", "0.5"),))
FEDADAM = Strategy("fedadam", (("eta", "0.03"),))
MEAN = Aggregation("mean")
TRIMMED = Aggregation("trimmed_mean", (("trim", "0.2"),))
TRAINING = Training(steps=10, batch=16, learning_rate="0.05", momentum="0.9")
GENTLE = Training(steps=10, batch=16, learning_rate="0.01", momentum="0.9")
CLIP = 2**24
VALIDATION, TEST = 114, 228


@dataclass(frozen=True, eq=False)
class Round:
    base: Tensors
    after: Tensors
    updates: dict[str, Tensors]
    shares: dict[str, NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Federation:
    recipe: Recipe
    validation: Table
    test: Table
    weights: dict[str, int]
    rounds: list[Round]

    @property
    def final(self) -> Tensors:
        return self.rounds[-1].after


@cache
def biopsies() -> tuple[NDArray[Any], NDArray[Any], DataSchema]:
    data = load_breast_cancer()
    return data.data, data.target, schema_from_arrays(data.data, data.target, list(data.feature_names))


@cache
def patients() -> tuple[NDArray[Any], NDArray[Any], DataSchema]:
    """Return 442 diabetics: ten measurements, and how far the disease has gone a year later."""
    data = load_diabetes(scaled=False)
    return data.data, data.target, regression_schema(data.data, data.target, list(data.feature_names), "progression")


@cache
def diabetes_federation(
    seed: int, clinics: int, rounds: int, strategy: Strategy, recipe_name: str = "linear"
) -> Federation:
    """Run `rounds` among `clinics` that see patients from young to old, the last with noise on what it measures."""
    raw, targets, schema = patients()
    rng = np.random.default_rng(seed)
    held, test, rest = np.split(rng.permutation(len(targets)), [VALIDATION, VALIDATION + 88])
    validation, final_test = (table_from_arrays(raw[rows], targets[rows], schema) for rows in (held, test))
    by_age = rest[np.argsort(raw[rest, 0], kind="stable")]
    parts = np.array_split(by_age, clinics)
    told = targets.copy()
    told[parts[-1]] += rng.normal(scale=60, size=len(parts[-1]))
    tables = {f"clinic {i}": table_from_arrays(raw[rows], told[rows], schema) for i, rows in enumerate(parts)}
    recipe = build_recipe(RecipeChoice.read(recipe_name), schema)
    weights = {account: len(table) for account, table in tables.items()}
    history = run_rounds(recipe, tables, weights, strategy, rounds, seed, GENTLE)
    return Federation(recipe, validation, final_test, weights, history)


@cache
def federation(
    seed: int,
    clinics: int,
    rounds: int,
    strategy: Strategy,
    rider: str = "",
    recipe_name: str = "softmax",
    aggregation: Aggregation = MEAN,
) -> Federation:
    """Run `rounds` among `clinics`, the first seeing mostly malignant cases and the last mostly benign ones.

    The last has every fifth label wrong; `rider` sends zeros.
    """
    raw, labels, schema = biopsies()
    rng = np.random.default_rng(seed)
    held, test, rest = np.split(rng.permutation(len(labels)), [VALIDATION, VALIDATION + TEST])
    validation, final_test = (table_from_arrays(raw[rows], labels[rows], schema) for rows in (held, test))
    shares = np.linspace(0.85, 0.15, clinics)
    malignant, benign = _dealt(rest[labels[rest] == 0], shares), _dealt(rest[labels[rest] == 1], 1 - shares)
    parts = [np.concatenate(pair) for pair in zip(malignant, benign, strict=True)]
    told = labels.copy()
    told[parts[-1][::5]] ^= 1
    tables = {f"clinic {i}": table_from_arrays(raw[rows], told[rows], schema) for i, rows in enumerate(parts)}
    recipe = build_recipe(RecipeChoice.read(recipe_name), schema)
    weights = {account: len(table) for account, table in tables.items()} | ({rider: 25} if rider else {})
    history = run_rounds(recipe, tables, weights, strategy, rounds, seed, aggregation=aggregation)
    return Federation(recipe, validation, final_test, weights, history)


def _dealt(rows: NDArray[Any], shares: NDArray[np.float64]) -> list[NDArray[Any]]:
    """Cut `rows` into parts in proportion to `shares`."""
    cuts = np.cumsum(shares / shares.sum())[:-1] * len(rows)
    return np.split(rows, cuts.round().astype(int))


def run_rounds(
    recipe: Recipe,
    tables: dict[str, Table],
    weights: dict[str, int],
    strategy: Strategy,
    rounds: int,
    seed: int,
    training: Training = TRAINING,
    *,
    aggregation: Aggregation = MEAN,
) -> list[Round]:
    """Train every table's owner for `rounds` rounds; who has a weight and no table sends zeros."""
    step, rule, model, history = build_server_step(strategy), build_rule(aggregation), recipe.init(0), []
    spec, total_weight = recipe.spec.of("I32"), rule.total_weight(sum(weights.values()))
    for number in range(1, rounds + 1):
        updates = {account: spec.zeros() for account in weights}
        for place, (account, table) in enumerate(tables.items()):
            trained = train_locally(recipe, model, table, training, seed * 10_000 + number * 100 + place)
            updates[account] = quantise(difference(trained, model), CLIP)
        total = rule.total(updates, weights, spec, CLIP)
        after = step.advance(model, total, total_weight)
        history.append(Round(model, after, updates, step.shares(updates, rule.kept(updates, weights), total_weight)))
        model = after
    return history
