"""A round with the market against the same local training in a bare loop of federated averaging."""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from statistics import median

import numpy as np

from benchmarks.command import run
from benchmarks.large_task import PROVIDERS, ROWS, LargeTask, large_task
from benchmarks.result import Found, Size, Table, Verdict
from benchmarks.timing import timed
from fedmarket.embedded.report import RoundLine
from fedmarket.learning.tensors import Tensors

BOUND = 1.05


@dataclass(frozen=True)
class _Sizes:
    """How often a round is played, and how long one training shall take."""

    repeats: int
    seconds: float


def measure(size: Size, seed: int) -> Found:
    """Play rounds with the market, each training once more beside it as in a plain loop, for both sizes of model."""
    sizes = {"160k": _Sizes(repeats=1, seconds=0.01)}
    if size is Size.FULL:
        sizes = {"160k": _Sizes(repeats=3, seconds=1.0), "11m": _Sizes(repeats=1, seconds=1.0)}
    rows, verdicts = [], []
    for model, sizes_of in sizes.items():
        found = _compare(model, seed, sizes_of)
        rows.append((model, *found))
        if model == "160k":
            verdicts.append(Verdict("of_plain", BOUND, found[-1]))
    columns = ("parameters", "local_steps", "local_seconds", "plain_seconds", "market_seconds", "ratio")
    return Found((Table("rounds", columns, tuple(rows)),), tuple(verdicts), {"providers": PROVIDERS})


def _compare(model: str, seed: int, sizes: _Sizes) -> tuple[int, float, float, float, float]:
    """Return local steps, and medians of seconds: of one training, of a plain round, of a market's, and their ratio."""
    steps = _steps_of(model, seed, sizes.seconds)
    plain, market = [], []
    for repeat in range(sizes.repeats):
        task = large_task(model, seed + repeat, rounds=1, steps=steps, beside=True)
        whole = _round(task)
        market.append(whole - task.watch.plain_seconds)
        plain.append(task.watch.plain_seconds + timed(partial(_average, task.watch.trained))[0])
    ratio = median(with_market / without for with_market, without in zip(market, plain, strict=True))
    return steps, median(plain) / PROVIDERS, median(plain), median(market), ratio


def _steps_of(model: str, seed: int, seconds: float) -> int:
    """Return how many local steps take about so many seconds, five at least; from a first round of ten steps."""
    task = large_task(model, seed, rounds=1, steps=10)
    _round(task)
    return max(5, round(10 * PROVIDERS * seconds / task.watch.seconds))


class _Enough(Exception):
    """The round is on chain: what follows, scoring and paying, belongs to no round."""


def _round(task: LargeTask) -> float:
    """Play a task's first round; return its seconds, from the start of training to the commit on chain."""
    seconds: list[float] = []

    def keep(line: RoundLine) -> None:
        seconds.append(line.seconds)
        raise _Enough

    with suppress(_Enough):
        task.plan.run(keep)
    return seconds[0]


def _average(models: list[Tensors]) -> Tensors:
    weights = [ROWS] * len(models)
    averages = {name: np.average([model[name] for model in models], axis=0, weights=weights) for name in models[0]}
    return {name: average.astype(np.float32) for name, average in averages.items()}


if __name__ == "__main__":
    run("round_time", measure)
