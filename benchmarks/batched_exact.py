"""All 1,024 coalitions of ten providers of a network 784-200-10: batched against one model after another."""

import numpy as np

from benchmarks.command import run
from benchmarks.images import large_digits
from benchmarks.result import Found, Sense, Size, Table, Verdict
from benchmarks.scenarios import Federation, Round, Scenario, play
from benchmarks.timing import interleaved
from fedmarket.learning.contribution import RoundGame
from fedmarket.learning.tensors import flatten, unflatten
from fedmarket.valuation.exact import shapley
from fedmarket.valuation.games import FloatVector

PLAYERS = 10


def measure(size: Size, seed: int) -> Found:
    """Value one round exactly in both ways, in turn, and compare times and values."""
    players, repeats = (PLAYERS, 5) if size is Size.FULL else (5, 1)
    world = play(Scenario.UNEQUAL, large_digits(), "mlp:200", players, seed, rounds=1)
    each = world.rounds[0]
    batched, naive = _batched(world, each), _naive(world, each)
    seconds = interleaved({"batched": lambda: _batched(world, each), "naive": lambda: _naive(world, each)}, repeats)
    gap = float(np.abs(batched - naive).max())
    return Found(
        tables=(Table("times", ("way", "ms"), tuple((way, 1000 * each) for way, each in seconds.items())),),
        verdicts=(
            Verdict("times_faster", 8.0, seconds["naive"] / seconds["batched"], Sense.AT_LEAST),
            Verdict("largest_gap", 1e-5, gap),
        ),
        facts={"players": players, "coalitions": 2**players, "validation_rows": len(world.validation)},
    )


def _batched(world: Federation, each: Round) -> FloatVector:
    return shapley(RoundGame(world.recipe, each.base, each.shares, world.validation)).phi


def _naive(world: Federation, each: Round) -> FloatVector:
    return shapley(_OneByOne(world, each)).phi


class _OneByOne:
    """The same game without a thought: every coalition's model is put together and run on the validation set."""

    def __init__(self, world: Federation, each: Round) -> None:
        self._world = world
        self._base = flatten(each.base).astype(np.float64)
        self._shares = np.stack([each.shares[name] for name in sorted(each.shares)])

    @property
    def players(self) -> int:
        return len(self._shares)

    def values(self, coalitions: np.ndarray) -> FloatVector:
        return np.array([-self._loss(row) for row in coalitions])

    def _loss(self, coalition: np.ndarray) -> float:
        recipe = self._world.recipe
        model = unflatten(self._base + coalition.astype(np.float64) @ self._shares, recipe.spec)
        return float(recipe.losses(model, self._world.validation).mean())


if __name__ == "__main__":
    run("batched_exact", measure)
