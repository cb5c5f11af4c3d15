"""Times to compare: each way once in turn, again and again, so that a busy machine is busy for all of them."""

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import TypeVar

T = TypeVar("T")


def interleaved(ways: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return each way's median seconds over `repeats` turns; every way runs once before, unmeasured."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(repeats):
        for name, way in ways.items():
            seconds[name].append(timed(way)[0])
    return {name: median(each) for name, each in seconds.items()}


def timed(way: Callable[[], T]) -> tuple[float, T]:
    """Return the seconds that one call takes, and what it returns."""
    begun = perf_counter()
    value = way()
    return perf_counter() - begun, value


class Stages:
    """Seconds of the stages of some work, each stage timed where it happens; `medians` over all turns."""

    def __init__(self) -> None:
        """Start with no stage known; stages keep the order of their first turn."""
        self._seconds: dict[str, list[float]] = {}

    def run(self, stage: str, way: Callable[[], T]) -> T:
        """Run one stage and keep its seconds."""
        seconds, value = timed(way)
        self._seconds.setdefault(stage, []).append(seconds)
        return value

    def medians(self) -> dict[str, float]:
        """Return the median seconds of each stage."""
        return {stage: median(each) for stage, each in self._seconds.items()}

    def totals(self) -> list[float]:
        """Return the seconds of each turn, all stages together."""
        return [sum(turn) for turn in zip(*self._seconds.values(), strict=True)]
