"""How the random actors choose."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")


class Draw(Protocol):
    """Hypothesis' way to choose: takes a strategy, returns one of its values."""

    def __call__(self, strategy: st.SearchStrategy[T], /) -> T:
        """Choose."""


def pick(draw: Draw, options: Sequence[T]) -> T:
    """Choose one of `options`; there must be one."""
    return options[draw(st.integers(0, len(options) - 1))] if len(options) > 1 else options[0]


def chance(draw: Draw, one_in: int) -> bool:
    """Say yes once in `one_in` times."""
    return draw(st.integers(1, one_in)) == one_in
