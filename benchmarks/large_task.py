"""A task of a chosen size for timing: ten providers of synthetic images, a network, timed trainers."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.timing import timed
from fedmarket.agents.provider import Trainer, trainer_on
from fedmarket.domain.terms import Terms
from fedmarket.embedded.market import Market, TaskPlan
from fedmarket.learning.recipe import Recipe
from fedmarket.learning.table import Table, table_from_arrays
from fedmarket.learning.tensors import Tensors

FEATURES = 784
PROVIDERS = 10
ROWS = 600
VALIDATION_ROWS = 250
CLASSES = 10
MODELS = {"160k": "mlp:200", "11m": "mlp:13836"}
"""Recipes by size: networks 784-200-10 and 784-13836-10."""


@dataclass
class Stopwatch:
    """Adds up the seconds of honest trainers.

    `beside` has every training run once more for its time alone, before or after the one that counts in turn: what a
    plain run on the same machine would have taken in the same moments, however busy the machine is.
    """

    beside: bool = False
    seconds: float = 0.0
    plain_seconds: float = 0.0
    trained: list[Tensors] = field(default_factory=list)

    def around(self, trainer: Trainer) -> Trainer:
        """Return the same trainer, timed."""

        def train(recipe: Recipe, model: Tensors, terms: Terms, seed: int) -> Tensors:
            def again() -> float:
                return timed(lambda: trainer(recipe, model, terms, seed))[0]

            before = self.beside and len(self.trained) % 2 == 0
            self.plain_seconds += again() if before else 0.0
            seconds, trained = timed(lambda: trainer(recipe, model, terms, seed))
            self.seconds += seconds
            self.plain_seconds += again() if self.beside and not before else 0.0
            self.trained.append(trained)
            return trained

        return train


@dataclass
class LargeTask:
    """A plan to run, its providers' tables in order, and the watch on their training."""

    plan: TaskPlan
    tables: list[Table]
    watch: Stopwatch


def large_task(
    model: str, seed: int, *, rounds: int, steps: int, folder: Path | None = None, beside: bool = False
) -> LargeTask:
    """Plan a task on an in-process EVM for the model of a size; blobs go to `folder`, or stay in memory.

    `beside` as in `Stopwatch`.
    """
    random = np.random.default_rng(seed)
    means = 0.2 * random.standard_normal((CLASSES, FEATURES))
    plan = Market(seed, folder=folder).task(
        _images(means, VALIDATION_ROWS, random),
        target_skill=None,
        standbys=0,
        recipe=MODELS[model],
        rounds=rounds,
        steps=steps,
        batch=32,
        learning_rate="0.01",
    )
    task = LargeTask(plan, [], Stopwatch(beside))
    for number in range(PROVIDERS):
        features, labels = _images(means, ROWS, random)
        table = table_from_arrays(features, labels, plan.schema)
        task.tables.append(table)
        plan.untrained_provider(f"provider {number}", task.watch.around(trainer_on(table)), ROWS)
    return task


def _images(
    means: NDArray[np.float64], rows: int, random: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return features (rows, 784) around the means of their classes, and the labels; every class as often."""
    labels = np.arange(rows, dtype=np.int64) % len(means)
    return means[labels] + random.standard_normal((rows, means.shape[1])), labels
