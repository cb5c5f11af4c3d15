"""A committed model is the computed one: to the bit where averaging makes it, else within two quanta a coordinate."""

import numpy as np
import pytest

from fedmarket.domain.manifest_rules import RoundFault
from fedmarket.learning.fixed_point import QUANTUM
from fedmarket.record.replay import check_next_model

MODEL = {"w": np.array([0.25, -0.5, 0.0], np.float32)}
LARGE = {"w": np.array([1000.0, -3.0], np.float32)}


def moved(model: dict[str, np.ndarray], by: float) -> dict[str, np.ndarray]:
    return {name: (values + np.float32(by)).astype(np.float32) for name, values in model.items()}


def neighbour(model: dict[str, np.ndarray], times: int = 1) -> dict[str, np.ndarray]:
    for _ in range(times):
        model = {name: np.nextafter(values, np.float32(np.inf)) for name, values in model.items()}
    return model


@pytest.mark.parametrize("exact", [True, False])
def test_the_same_model_passes(exact: bool) -> None:
    check_next_model(1, MODEL, moved(MODEL, 0), exact=exact)


@pytest.mark.parametrize("by", [2 * QUANTUM, -2 * QUANTUM])
def test_two_quanta_pass_unless_averaging_made_the_model(by: float) -> None:
    check_next_model(1, MODEL, moved(MODEL, by), exact=False)
    with pytest.raises(RoundFault, match="Round 1"):
        check_next_model(1, MODEL, moved(MODEL, by), exact=True)


@pytest.mark.parametrize("by", [3 * QUANTUM, -3 * QUANTUM, 1.0])
def test_more_than_two_quanta_void_the_round(by: float) -> None:
    with pytest.raises(RoundFault):
        check_next_model(1, MODEL, moved(MODEL, by), exact=False)


def test_a_large_coordinate_may_be_its_float32_neighbour_and_no_further() -> None:
    assert np.abs(neighbour(LARGE)["w"] - LARGE["w"]).max() > 2 * QUANTUM
    check_next_model(1, LARGE, neighbour(LARGE), exact=False)
    with pytest.raises(RoundFault):
        check_next_model(1, LARGE, neighbour(LARGE, 2), exact=False)
    with pytest.raises(RoundFault):
        check_next_model(1, LARGE, neighbour(LARGE), exact=True)
