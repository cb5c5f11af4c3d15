"""The exact integer sum of ten updates of a large model against NumPy's float averages, and in any order."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.command import run
from benchmarks.result import Found, Sense, Size, Table, Verdict
from benchmarks.timing import interleaved
from fedmarket.learning.aggregate import weighted_sum
from fedmarket.learning.fixed_point import QUANTA, quantise
from fedmarket.learning.tensors import Tensors, TensorSpec, model_id

UPDATES = 10
ORDERS = 10


def measure(size: Size, seed: int) -> Found:
    """Add ten updates up as the market does and as NumPy does, and compare ids over shuffled orders."""
    parameters, repeats = (11_000_000, 9) if size is Size.FULL else (200_000, 3)
    spec = TensorSpec({"layer 1": (parameters // 1000, 900), "layer 2": (parameters // 10,)}, "F32")
    random = np.random.default_rng(seed)
    deltas = [_delta(spec, random) for _ in range(UPDATES)]
    updates = [quantise(delta, QUANTA) for delta in deltas]
    weights = [int(weight) for weight in random.integers(100, 1000, UPDATES)]
    ways = {
        "exact": lambda: weighted_sum(updates, weights, spec, QUANTA),
        "numpy_average": lambda: _each(deltas, lambda parts: np.average(parts, axis=0, weights=weights)),
        "numpy_mean": lambda: _each(deltas, lambda parts: np.mean(parts, axis=0)),
    }
    seconds = interleaved(ways, repeats)
    ids, floats = _orders(updates, deltas, weights, spec, random)
    rows = [(name, 1000 * each, each / seconds["exact"]) for name, each in seconds.items()]
    return Found(
        tables=(
            Table("times", ("way", "ms", "of_exact"), tuple(rows)),
            Table(
                "orders",
                ("way", "orders", "different_results"),
                (("exact", ORDERS, len(ids)), ("float_sum", ORDERS, len(floats))),
            ),
        ),
        verdicts=(
            Verdict("faster_than_average", 1.0, seconds["numpy_average"] / seconds["exact"], Sense.AT_LEAST),
            Verdict("same_bits", 1, len(ids)),
        ),
        facts={"parameters": spec.parameters, "updates": UPDATES, "repeats": repeats},
    )


def _delta(spec: TensorSpec, random: np.random.Generator) -> Tensors:
    scale = 0.5 / spec.parameters**0.5
    return {name: scale * random.standard_normal(shape, np.float32) for name, shape in spec.shapes.items()}


def _each(deltas: list[Tensors], average: Callable[[list[NDArray[Any]]], NDArray[Any]]) -> Tensors:
    return {name: average([delta[name] for delta in deltas]) for name in deltas[0]}


def _orders(
    updates: list[Tensors], deltas: list[Tensors], weights: list[int], spec: TensorSpec, random: np.random.Generator
) -> tuple[set[bytes], set[bytes]]:
    """Return the different results over shuffled orders: of the exact sum, and of a float32 sum (one tensor)."""
    exact, floats = set(), set()
    for _ in range(ORDERS):
        order = random.permutation(UPDATES)
        chosen = [weights[i] for i in order]
        exact.add(model_id(weighted_sum([updates[i] for i in order], chosen, spec, QUANTA)))
        added = sum(np.float32(weights[i]) * deltas[i]["layer 2"] for i in order)
        floats.add(np.asarray(added, np.float32).tobytes())
    return exact, floats


if __name__ == "__main__":
    run("aggregation", measure)
