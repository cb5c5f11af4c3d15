"""The noise of published statistics has the distribution that it claims, and depends on key and data alone."""

from fractions import Fraction
from math import exp

import pytest

from fedmarket.domain.discrete_laplace import discrete_laplace, draws

SAMPLES = 20_000


@pytest.mark.parametrize("scale", [Fraction(1, 3), Fraction(1), Fraction(7, 2)])
def test_each_size_of_noise_is_as_often_as_its_probability(scale: Fraction) -> None:
    draw = draws(b"k" * 32, "test", str(scale))
    found = [discrete_laplace(scale, draw) for _ in range(SAMPLES)]
    ratio = exp(-1 / scale)
    for size in range(-3, 4):
        expected = (1 - ratio) / (1 + ratio) * ratio ** abs(size)
        deviation = (expected * (1 - expected) / SAMPLES) ** 0.5
        assert abs(found.count(size) / SAMPLES - expected) < 4.5 * deviation + 1e-9, size


def test_draws_are_uniform_and_in_range() -> None:
    draw = draws(b"k" * 32, "test")
    found = [draw(5) for _ in range(SAMPLES)]
    assert set(found) == set(range(5))
    assert all(abs(found.count(n) - SAMPLES / 5) < 4.5 * (SAMPLES * 0.16) ** 0.5 for n in range(5))


def test_the_same_key_and_data_give_the_same_noise_and_others_another() -> None:
    def three(secret: bytes, content: bytes) -> list[int]:
        draw = draws(secret, "listing noise", content)
        return [discrete_laplace(Fraction(10**6), draw) for _ in range(3)]

    assert three(b"a" * 32, b"x") == three(b"a" * 32, b"x")
    assert three(b"a" * 32, b"x") != three(b"a" * 32, b"y")
    assert three(b"a" * 32, b"x") != three(b"b" * 32, b"x")
