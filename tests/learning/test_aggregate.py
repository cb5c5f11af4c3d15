import hashlib

import numpy as np
import pytest

from fedmarket.learning.aggregate import weighted_sum
from fedmarket.learning.fixed_point import QUANTA, quantise
from fedmarket.learning.server_step import ServerStep
from fedmarket.learning.tensors import Tensors, TensorSpec, encode

from .refusals import refused

SPEC = TensorSpec({"bias": (7,), "weight": (150_000, 1)}, "I32")
SMALL = TensorSpec({"w": (1,)}, "I32")


def an_update(seed: int) -> Tensors:
    rng = np.random.default_rng(seed)
    return quantise({name: rng.normal(size=shape) for name, shape in SPEC.shapes.items()}, QUANTA)


def one(value: int) -> Tensors:
    return {"w": np.array([value], np.int32)}


def test_fifty_orders_give_one_hash() -> None:
    updates, weights = [an_update(seed) for seed in range(6)], [70, 49, 39, 24, 39, 25]
    rng, hashes = np.random.default_rng(0), set()
    for _ in range(50):
        order = rng.permutation(6)
        total = weighted_sum([updates[i] for i in order], [weights[i] for i in order], SPEC, QUANTA)
        hashes.add(hashlib.sha256(encode(total)).hexdigest())
    assert len(hashes) == 1


def test_the_sum_is_the_one_of_python_integers() -> None:
    updates, weights = [an_update(seed) for seed in range(3)], [3, 1, 2**20]
    total = weighted_sum(updates, weights, SPEC, QUANTA)["weight"]
    for row in (0, 65_535, 65_536, 149_999):
        exact = sum(w * int(update["weight"][row, 0]) for update, w in zip(updates, weights, strict=True))
        assert int(total[row, 0]) == exact


def test_the_last_weight_below_the_overflow_rule_is_exact_and_the_next_is_refused() -> None:
    clip = 2**31 - 1
    last = (2**53 - 1) // clip
    assert weighted_sum([one(clip)], [last], SMALL, clip)["w"][0] == clip * last < 2**53
    with refused("recipe.overflow", str(last + 1)):
        weighted_sum([one(clip)], [last + 1], SMALL, clip)


def test_the_overflow_rule_counts_the_total_weight() -> None:
    with refused("recipe.overflow", str(2**29)):
        weighted_sum([one(1), one(1)], [2**28, 2**28], SMALL, QUANTA)
    assert weighted_sum([one(1), one(1)], [2**28, 2**28 - 1], SMALL, QUANTA)["w"][0] == 2**29 - 1


def test_an_update_beyond_the_clip_cannot_overflow_silently() -> None:
    with refused("recipe.overflow"):
        weighted_sum([one(-(2**31))], [2**52], SMALL, 1)


@pytest.mark.parametrize("weights", [[], [0], [-1], [1, 1]])
def test_weights_must_be_positive_and_as_many_as_updates(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weight"):
        weighted_sum([one(1)], weights, SMALL, QUANTA)


def test_an_empty_round_sums_to_zeros_of_the_models_shapes() -> None:
    total = weighted_sum([], [], SPEC, QUANTA)
    assert {name: array.shape for name, array in total.items()} == SPEC.shapes
    assert all(array.dtype == np.int64 and not array.any() for array in total.values())


def test_the_mean_is_within_half_a_quantum_of_the_float_average() -> None:
    rng = np.random.default_rng(3)
    deltas, weights = [rng.normal(size=150) * 0.01 for _ in range(5)], [5, 4, 3, 2, 1]
    updates = [quantise({"w": delta}, QUANTA) for delta in deltas]
    total = weighted_sum(updates, weights, TensorSpec({"w": (150,)}, "I32"), QUANTA)
    after = ServerStep().advance({"w": np.zeros(150, np.float32)}, total, sum(weights))
    assert np.abs(after["w"] - np.average(deltas, axis=0, weights=weights)).max() < 0.51 / QUANTA
