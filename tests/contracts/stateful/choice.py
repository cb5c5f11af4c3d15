"""How the random actors choose: by dice whose throws follow from a run's seed, so that every run can be had again."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """One run's dice. Hypothesis repeats itself within a run: so a step's throws also depend on its count.

    Each kind of step is counted by itself: where a failing run shrinks by leaving out steps of one kind, the
    others stay what they were.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.counts: Counter[str] = Counter()

    def of(self, step: str, seed: int) -> Random:
        """Return the throws of the next step of a kind."""
        self.counts[step] += 1
        return Random(f"{self.seed}/{step}/{self.counts[step]}/{seed}")


def chance(rng: Random, one_in: int) -> bool:
    """Say yes once in `one_in` times."""
    return rng.randrange(one_in) == 0


def some(rng: Random, options: Sequence[T], most: int) -> list[T]:
    """Choose up to `most` of `options`, with repetition."""
    return rng.choices(options, k=rng.randint(0, most))
