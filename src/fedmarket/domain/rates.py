"""Rates and norms as exact decimal strings: what a document says is what everybody computes with."""

import re
from fractions import Fraction

from fedmarket.domain.errors import TermsError

DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,30})?")


def exact(name: str, text: str) -> Fraction:
    """Return the exact value of a plain decimal string such as "0.05"; refuses exponents, NaN and blanks."""
    if not DECIMAL.fullmatch(text):
        raise TermsError("terms.bad_decimal", name=name, text=text[:40])
    return Fraction(text)
