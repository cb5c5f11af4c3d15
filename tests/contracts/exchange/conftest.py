"""Scenes as a fixture: all are played on one exchange, each inside an anchor that undoes it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache

import pytest

from tests.contracts.exchange.paired import PairedExchange
from tests.contracts.exchange.scenes import Deal, Play
from tests.contracts.exchange.wares import SMALL, Parcel

At = Callable[..., Deal]


@cache
def _deployed() -> PairedExchange:
    return PairedExchange()


@pytest.fixture
def at() -> Iterator[At]:
    """Return the exchange at a scene, with a file for sale; it is undone by the next scene and after the test."""
    with ExitStack() as stack:

        def scene(play: Play, ware: Parcel = SMALL) -> Deal:
            stack.close()
            exchange = stack.enter_context(_deployed().anchored())
            return play(exchange, ware)

        yield scene
