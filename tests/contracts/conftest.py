"""Scenes as a fixture: each is played once per session on a chain of its own, and given to a test inside an anchor."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tests.contracts.paired import PairedMarket
from tests.contracts.scenes import Play


@cache
def _played(play: Play) -> PairedMarket:
    market = PairedMarket()
    play(market)
    return market


@pytest.fixture
def at() -> Iterator[Callable[[Play], PairedMarket]]:
    """Return the market at a scene; what a test does there is undone after it."""
    with ExitStack() as stack:
        yield lambda play: stack.enter_context(_played(play).anchored())
