import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fedmarket.learning.fixed_point import QUANTA, quantise, quantise_change, square_norm

from .refusals import refused


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_delta_that_is_not_finite_is_refused(value: float) -> None:
    with refused("update.diverged"):
        quantise({"w": np.array([0.0, value])}, QUANTA)


@pytest.mark.parametrize("clip_quanta", [0, -1, 2**31])
def test_a_bound_that_does_not_fit_is_refused(clip_quanta: int) -> None:
    with pytest.raises(ValueError, match="clip_quanta"):
        quantise({"w": np.ones(1)}, clip_quanta)


@given(
    arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e300, 1e300, allow_nan=False)),
    st.integers(1, 2**31 - 1),
)
def test_the_exact_norm_never_passes_the_bound(delta: np.ndarray, clip_quanta: int) -> None:
    update = quantise({"w": delta}, clip_quanta)
    assert update["w"].dtype == np.int32
    assert square_norm(update) <= clip_quanta**2


@pytest.mark.parametrize("clip_quanta", [1, 40, 1000, QUANTA // 2, QUANTA, 2**31 - 1])
@pytest.mark.parametrize("size", [1, 62, 100_000])
def test_a_clipped_update_lies_just_inside_the_bound(size: int, clip_quanta: int) -> None:
    delta = np.random.default_rng(size).normal(size=size) * 1e6
    norm = square_norm(quantise({"w": delta}, clip_quanta)) ** 0.5
    assert norm <= clip_quanta
    if clip_quanta > size:
        assert norm >= clip_quanta - 8


def test_a_short_delta_is_only_rounded_half_to_even() -> None:
    delta = np.array([0.5, 1.5, -2.5, 7.25]) / QUANTA
    assert quantise({"w": delta}, QUANTA)["w"].tolist() == [0, 2, -2, 7]


def test_clipping_keeps_the_direction() -> None:
    delta = np.random.default_rng(1).normal(size=(50, 3))
    update = quantise({"w": delta}, QUANTA)["w"].astype(np.float64)
    cosine = (update * delta).sum() / np.linalg.norm(update) / np.linalg.norm(delta)
    assert update.shape == (50, 3)
    assert cosine == pytest.approx(1.0, abs=1e-12)


def test_a_zero_delta_stays_zero() -> None:
    assert not quantise({"w": np.zeros(4)}, QUANTA)["w"].any()


def test_the_square_norm_is_exact_where_neither_float64_nor_int64_is() -> None:
    extreme = np.array([2**31 - 1, -(2**31)] * 40_000, np.int32)
    assert square_norm({"w": extreme}) == 40_000 * ((2**31 - 1) ** 2 + 2**62)
    values = np.random.default_rng(0).integers(-(2**31), 2**31, 3_000).astype(np.int32)
    assert square_norm({"a": values[:1000], "b": values[1000:]}) == sum(int(v) ** 2 for v in values)


@pytest.mark.parametrize("clip_quanta", [QUANTA, 100])
def test_a_change_is_quantised_to_the_bits_of_its_difference_however_many_blocks_it_has(clip_quanta: int) -> None:
    random = np.random.default_rng(7)
    shapes: dict[str, tuple[int, ...]] = {"weight": (70_001, 2), "bias": (3,), "scale": ()}
    before = {name: random.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    after = {name: np.float32(1.001) * array for name, array in before.items()}
    delta = {name: after[name].astype(np.float64) - before[name] for name in before}
    found, expected = quantise_change(after, before, clip_quanta), quantise(delta, clip_quanta)
    assert sorted(found) == sorted(before)
    for name, shape in shapes.items():
        assert found[name].shape == shape and found[name].dtype == np.int32
        assert (found[name] == expected[name]).all()
    assert 0 < square_norm(found) <= clip_quanta**2


def test_quantising_leaves_the_models_as_they_are() -> None:
    before, after = {"w": np.ones(5, np.float32)}, {"w": np.full(5, 2, np.float32)}
    quantise_change(after, before, QUANTA)
    quantise(after, QUANTA)
    assert (before["w"] == 1).all() and (after["w"] == 2).all()


def test_a_change_from_infinity_is_refused() -> None:
    with refused("update.diverged"):
        quantise_change({"w": np.zeros(1, np.float32)}, {"w": np.full(1, np.inf, np.float32)}, QUANTA)


@pytest.mark.parametrize("largest", [2**19 - 1, 2**19, 2**19 + 1])
def test_the_square_norm_is_exact_on_either_side_of_what_float64_adds_up_exactly(largest: int) -> None:
    values = np.random.default_rng(largest).integers(-largest, largest, 90_001).astype(np.int32)
    values[:40_000] = largest
    assert square_norm({"w": values}) == sum(int(value) ** 2 for value in values)
