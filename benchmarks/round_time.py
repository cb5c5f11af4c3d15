"""A round with the market against the same local training in a bare loop of federated averaging."""

from contextlib import suppress
from dataclasses import dataclass, replace
from statistics import median
from time import perf_counter

import numpy as np

from benchmarks.command import run
from benchmarks.large_task import PROVIDERS, LargeTask, large_task
from benchmarks.result import Found, Size, Table, Verdict
from benchmarks.timing import timed
from fedmarket.domain.terms import Terms
from fedmarket.embedded.report import RoundLine
from fedmarket.learning.recipe import train_locally
from fedmarket.learning.table import Table as DataTable
from fedmarket.learning.tensors import Tensors
from fedmarket.record.models import initial_model, recipe_of

BOUND = 1.05


def measure(size: Size, seed: int) -> Found:
    """Play the same rounds with and without the market, in turn, for both sizes of model."""
    if size is Size.QUICK:
        sizes = {"160k": _Sizes(rounds=1, repeats=1, seconds=0.01)}
    else:
        sizes = {"160k": _Sizes(rounds=1, repeats=3, seconds=1.0), "11m": _Sizes(rounds=1, repeats=1, seconds=1.0)}
    rows, verdicts = [], []
    for model, sizes_of in sizes.items():
        found = _compare(model, seed, sizes_of)
        rows.append((model, *found))
        if model == "160k":
            verdicts.append(Verdict("of_plain", BOUND, found[-1]))
    columns = ("parameters", "local_steps", "local_seconds", "plain_seconds", "market_seconds", "ratio")
    return Found((Table("rounds", columns, tuple(rows)),), tuple(verdicts), {"providers": PROVIDERS})


@dataclass(frozen=True)
class _Sizes:
    """How many rounds a task has, how often both ways are run, and how long one training shall take."""

    rounds: int
    repeats: int
    seconds: float


def _compare(model: str, seed: int, sizes: _Sizes) -> tuple[int, float, float, float, float]:
    """Return local steps, and medians of seconds: of one training, of a plain round, of a market's, and their ratio."""
    steps = _steps_of(model, seed, sizes.seconds)
    plain, market, local = [], [], []
    for repeat in range(sizes.repeats):
        task = large_task(model, seed + repeat, rounds=sizes.rounds, steps=steps)
        terms, each = _market_round(task, sizes.rounds)
        market.append(each)
        local.append(task.watch.seconds / (PROVIDERS * sizes.rounds))
        plain.append(_plain_round(terms, task.tables))
    ratio = median(with_market / without for with_market, without in zip(market, plain, strict=True))
    return steps, median(local), median(plain), median(market), ratio


def _steps_of(model: str, seed: int, seconds: float) -> int:
    """Return how many local steps take about so many seconds, five at least; from a first task of five steps."""
    task = large_task(model, seed, rounds=1, steps=5)
    terms, _ = _market_round(task, 1)
    trial = replace(terms.training, steps=20)
    recipe, model_now = recipe_of(terms), initial_model(terms)
    found = min(timed(lambda: train_locally(recipe, model_now, task.tables[0], trial, seed))[0] for _ in range(3))
    return max(5, round(20 * seconds / found))


class _Enough(Exception):
    """The last round is on chain: what follows, scoring and paying, belongs to no round."""


def _market_round(task: LargeTask, rounds: int) -> tuple[Terms, float]:
    """Train with the market; return the terms and the seconds of a round, up to its commit on chain."""
    seconds: list[float] = []

    def keep(line: RoundLine) -> None:
        seconds.append(line.seconds)
        if len(seconds) == rounds:
            raise _Enough

    with suppress(_Enough):
        task.plan.run(keep)
    assert task.watch.terms is not None
    return task.watch.terms, sum(seconds) / len(seconds)


def _plain_round(terms: Terms, tables: list[DataTable]) -> float:
    """Return the seconds of a round of plain averaging: the same trainer on the same tables, nothing else."""
    recipe, model = recipe_of(terms), initial_model(terms)
    weights = [len(table) for table in tables]
    begun = perf_counter()
    for number in range(terms.rounds):
        trained = [train_locally(recipe, model, table, terms.training, number) for table in tables]
        model = _average(trained, weights)
    return (perf_counter() - begun) / terms.rounds


def _average(models: list[Tensors], weights: list[int]) -> Tensors:
    names = models[0]
    return {
        name: np.average([model[name] for model in models], axis=0, weights=weights).astype(np.float32)
        for name in names
    }


if __name__ == "__main__":
    run("round_time", measure)
