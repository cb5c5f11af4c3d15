"""Rounds to a target skill by server strategy, where labels are spread unevenly among the providers."""

from collections.abc import Sequence
from statistics import mean, median

import numpy as np

from benchmarks.command import run
from benchmarks.images import CLASSES, Images, digits, fashion, has_fashion
from benchmarks.result import Cell, Found, Size
from benchmarks.result import Table as Shown
from fedmarket.domain.recipe_choice import RecipeChoice
from fedmarket.domain.terms import DataSchema, Strategy, Training
from fedmarket.learning.aggregate import weighted_sum
from fedmarket.learning.fixed_point import QUANTA, quantise_change
from fedmarket.learning.metrics import measure as quality_of
from fedmarket.learning.recipe import build_recipe, train_locally
from fedmarket.learning.server_step import build_server_step, client_config
from fedmarket.learning.table import Table

PROVIDERS, VALIDATION, ROWS = 10, 600, 6000
ALPHAS = (0.1, 0.5)
TRAINING = Training(steps=10, batch=16, learning_rate="0.05", momentum="0")
STRATEGIES: dict[str, Strategy] = {
    "fedavg": Strategy("fedavg"),
    "fedprox": Strategy("fedprox", (("proximal_mu", "0.1"),)),
    "fedavgm": Strategy("fedavgm", (("server_momentum", "0.5"),)),
    "fedadam": Strategy("fedadam", (("eta", "0.05"),)),
    "fedyogi": Strategy("fedyogi", (("eta", "0.05"),)),
    "fedadagrad": Strategy("fedadagrad", (("eta", "0.1"),)),
}
"""Parameters that a requester would try first; none was tuned on these data."""


def measure(size: Size, seed: int) -> Found:
    """Train with every strategy from the same starts and splits; Fashion-MNIST only where it is installed."""
    rounds, seeds = (30, range(seed, seed + 5)) if size is Size.FULL else (2, range(seed, seed + 1))
    sets = {"digits": digits()} | ({"fashion": fashion()} if has_fashion() and size is Size.FULL else {})
    facts: dict[str, Cell] = {"providers": PROVIDERS, "rounds": rounds, "seeds": len(seeds)}
    if "fashion" not in sets:
        facts["skipped"] = "no_fashion"
        print("strategies: Fashion-MNIST is left out: a quick run, or dataset-fashion-mnist is not installed")
    return Found(tuple(_compare(name, images, rounds, seeds) for name, images in sets.items()), facts=facts)


def _compare(name: str, images: Images, rounds: int, seeds: Sequence[int]) -> Shown:
    rows: list[tuple[Cell, ...]] = []
    for alpha in ALPHAS:
        curves = {which: [_curve(images, each, alpha, s, rounds) for s in seeds] for which, each in STRATEGIES.items()}
        targets = [curve[rounds // 2] for curve in curves["fedavg"]]
        for which, found in curves.items():
            reached = [_rounds_to(curve, target) for curve, target in zip(found, targets, strict=True)]
            count = sum(each is not None for each in reached)
            usual = median(rounds + 1 if each is None else each for each in reached)
            rows.append((which, alpha, mean(targets), usual if usual <= rounds else None, count, _final(found)))
    columns = ("strategy", "alpha", "target", "rounds_to_target", "reached", "final_skill")
    return Shown(name, columns, tuple(rows))


def _final(curves: Sequence[list[float]]) -> float:
    return mean(curve[-1] for curve in curves)


def _rounds_to(curve: list[float], target: float) -> int | None:
    """Return the first round whose skill is at least the target, or None."""
    return next((number for number, skill in enumerate(curve) if number and skill >= target), None)


def _curve(images: Images, strategy: Strategy, alpha: float, seed: int, rounds: int) -> list[float]:
    """Return the skill on held-out rows before round 1 and after every round."""
    random = np.random.default_rng([seed, int(1000 * alpha)])
    order = random.permutation(len(images))[: VALIDATION + ROWS]
    held, tables = images.take(order[:VALIDATION]), _split(images.take(order[VALIDATION:]), alpha, random)
    names = tuple(f"pixel_{i}" for i in range(images.features.shape[1]))
    schema = DataSchema(names, ("0",) * len(names), ("1",) * len(names), "label", tuple(map(str, range(CLASSES))))
    recipe, server = build_recipe(RecipeChoice.read("softmax"), schema), build_server_step(strategy)
    proximal = client_config(strategy).get("proximal-mu", 0.0)
    model, validation, weights = recipe.init(0), Table(held.features, held.labels), [len(table) for table in tables]
    curve = [quality_of(recipe, model, validation).skill_ppb / 1e9]
    for number in range(rounds):
        seeds = [seed * 10**6 + number * 100 + place for place in range(PROVIDERS)]
        trained = [train_locally(recipe, model, t, TRAINING, s, proximal) for t, s in zip(tables, seeds, strict=True)]
        updates = [quantise_change(each, model, QUANTA) for each in trained]
        model = server.advance(model, weighted_sum(updates, weights, recipe.spec, QUANTA), sum(weights))
        curve.append(quality_of(recipe, model, validation).skill_ppb / 1e9)
    return curve


def _split(images: Images, alpha: float, random: np.random.Generator) -> list[Table]:
    """Share every class out by Dirichlet(alpha), drawn again until everybody has a batch (Hsu, Qi and Brown 2019)."""
    while True:
        parts: list[list[int]] = [[] for _ in range(PROVIDERS)]
        for label in range(CLASSES):
            rows = random.permutation(np.flatnonzero(images.labels == label))
            cuts = np.cumsum(random.dirichlet(np.full(PROVIDERS, alpha)))[:-1] * len(rows)
            for part, piece in zip(parts, np.split(rows, cuts.astype(int)), strict=True):
                part.extend(piece.tolist())
        if min(map(len, parts)) >= TRAINING.batch:
            return [Table(images.features[part], images.labels[part]) for part in parts]


if __name__ == "__main__":
    run("strategies", measure)
