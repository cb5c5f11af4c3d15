"""The five classical scenarios in which contributions are compared: who holds how many rows, of what, how clean.

Same or different distribution, same or different size, noisy labels, noisy features, as in Song, Tong and Wei 2019
(Profit allocation for federated learning) and Liu et al. 2022 (GTG-Shapley), on frozen rounds of federated averaging.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from benchmarks.images import CLASSES, Images
from fedmarket.domain.recipe_choice import RecipeChoice
from fedmarket.domain.terms import DataSchema
from fedmarket.learning.aggregate import weighted_sum
from fedmarket.learning.fixed_point import QUANTA, quantise_change
from fedmarket.learning.recipe import Recipe, build_recipe
from fedmarket.learning.server_step import ServerStep
from fedmarket.learning.table import Table
from fedmarket.learning.tensors import Tensors

VALIDATION = 300
LEVELS = 5
"""Providers come in five groups, which differ in steps."""
IntVector = NDArray[np.int64]


class Scenario(StrEnum):
    """What the providers' data is like."""

    SAME = "same_distribution_same_size"
    SKEWED = "different_distribution_same_size"
    UNEQUAL = "same_distribution_different_size"
    WRONG_LABELS = "noisy_labels"
    NOISY = "noisy_features"


@dataclass(frozen=True, eq=False)
class Round:
    """One round as it was: models before and after, and each provider's share (p,) of the step between."""

    base: Tensors
    after: Tensors
    shares: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Federation:
    """A scenario, played: its recipe, validation set, weights by provider and rounds."""

    recipe: Recipe
    validation: Table
    weights: Mapping[str, int]
    rounds: tuple[Round, ...]


def play(
    scenario: Scenario, images: Images, recipe_name: str, players: int, seed: int, *, rounds: int, momentum: float = 0.0
) -> Federation:
    """Train `players` providers for some rounds of 10 local steps of batch 16; `momentum` is the server's."""
    random = np.random.default_rng([seed, players, list(Scenario).index(scenario)])
    recipe = build_recipe(RecipeChoice.read(recipe_name), _schema(images))
    order = random.permutation(len(images))
    validation = images.take(order[:VALIDATION])
    tables = _tables(scenario, images.take(order[VALIDATION:]), players, random)
    names = [f"{number:03}" for number in range(players)]
    weights = {name: len(table) for name, table in zip(names, tables, strict=True)}
    server, model, played = ServerStep(momentum), recipe.init(seed), []
    for number in range(rounds):
        updates = {
            name: _update(recipe, model, table, seed * 1000 + number * 100 + place)
            for place, (name, table) in enumerate(zip(names, tables, strict=True))
        }
        total = weighted_sum(list(updates.values()), list(weights.values()), recipe.spec, QUANTA)
        shares = server.shares(updates, weights, sum(weights.values()))
        after = server.advance(model, total, sum(weights.values()))
        played.append(Round(model, after, shares))
        model = after
    return Federation(recipe, Table(validation.features, validation.labels), weights, tuple(played))


def _update(recipe: Recipe, model: Tensors, table: Table, seed: int) -> Tensors:
    trained = recipe.train(model, table, steps=10, batch=16, learning_rate=0.1, momentum=0.5, seed=seed)
    return quantise_change(trained, model, QUANTA)


def _schema(images: Images) -> DataSchema:
    names = tuple(f"pixel_{i}" for i in range(images.features.shape[1]))
    return DataSchema(names, ("0",) * len(names), ("1",) * len(names), "label", tuple(map(str, range(CLASSES))))


def _tables(scenario: Scenario, images: Images, players: int, random: np.random.Generator) -> list[Table]:
    level = np.arange(players) * LEVELS // players
    sizes = np.full(players, len(images) // players)
    if scenario is Scenario.UNEQUAL:
        sizes = ((0.10 + 0.05 * level) * LEVELS * len(images) / players).astype(np.int64)
    parts = _skewed(images, sizes, random) if scenario is Scenario.SKEWED else _cut(len(images), sizes, random)
    return [_spoiled(scenario, images.take(rows), 0.05 * level[i], random) for i, rows in enumerate(parts)]


def _cut(rows: int, sizes: IntVector, random: np.random.Generator) -> list[IntVector]:
    order = random.permutation(rows)
    return [order[end - size : end] for end, size in zip(np.cumsum(sizes), sizes, strict=True)]


def _skewed(images: Images, sizes: IntVector, random: np.random.Generator) -> list[IntVector]:
    """Give each provider four fifths of its rows from two classes of its own, the rest from any."""
    parts = []
    for place, size in enumerate(sizes):
        own = np.isin(images.labels, [2 * place % CLASSES, (2 * place + 1) % CLASSES])
        most = random.choice(np.flatnonzero(own), size * 4 // 5, replace=False)
        parts.append(np.concatenate([most, random.choice(len(images), size - len(most), replace=False)]))
    return parts


def _spoiled(scenario: Scenario, images: Images, portion: float, random: np.random.Generator) -> Table:
    """Return the table with that portion of labels replaced, or with noise of four times that deviation on features."""
    features, labels = images.features, images.labels.copy()
    if scenario is Scenario.WRONG_LABELS:
        wrong = random.random(len(labels)) < portion
        labels[wrong] = random.integers(0, CLASSES, int(wrong.sum()))
    if scenario is Scenario.NOISY:
        features = features + random.normal(0, 4 * portion, features.shape)
    return Table(features, labels)
