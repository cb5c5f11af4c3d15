"""Noise for published counts and sums: the discrete Laplace distribution, sampled exactly, from derived bytes.

No float is used, so that no rounding tells what the noise was (Mironov 2012).
"""

from collections.abc import Callable
from fractions import Fraction

from fedmarket.domain.derive import Part, hkdf

Draw = Callable[[int], int]
"""n -> an integer that is uniform on 0..n-1."""


def draws(secret: bytes, label: str, *ids: Part) -> Draw:
    """Return draws that the secret, the label and the ids determine."""
    counter = 0

    def draw(n: int) -> int:
        nonlocal counter
        size = (n.bit_length() + 7) // 8 + 1
        limit = (1 << 8 * size) // n * n
        while True:
            value = int.from_bytes(hkdf(secret, label, *ids, counter, length=size), "big")
            counter += 1
            if value < limit:
                return value % n

    return draw


def discrete_laplace(scale: Fraction, draw: Draw) -> int:
    """Return one sample with probability proportional to exp(-|x| / scale), for a scale above 0.

    Canonne, Kamath, Steinke: The Discrete Gaussian for Differential Privacy (2020), algorithm 2.
    """
    numerator, denominator = scale.numerator, scale.denominator
    while True:
        step = draw(numerator)
        if not _bernoulli_exp(Fraction(step, numerator), draw):
            continue
        whole = 0
        while _bernoulli_exp(Fraction(1), draw):
            whole += 1
        size, negative = (step + numerator * whole) // denominator, draw(2) == 1
        if size or not negative:
            return -size if negative else size


def _bernoulli_exp(rate: Fraction, draw: Draw) -> bool:
    """Return True with probability exp(-rate), for a rate from 0 to 1 (algorithm 1 of the same)."""
    count = 1
    while draw(rate.denominator * count) < rate.numerator:
        count += 1
    return count % 2 == 1
