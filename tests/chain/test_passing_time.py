"""Waiting in real time: never ahead of the chain, however late one sees its blocks."""

from dataclasses import dataclass, field
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from fedmarket.chain.endpoint import Block, Endpoint
from fedmarket.chain.passing_time import SKEW, RealTime


@dataclass
class Node:
    """A chain whose blocks come every `interval` seconds and are seen `late` seconds after; 0 mines none."""

    interval: int
    late: float = 0.0
    real: float = 1000.0
    waits: list[int] = field(default_factory=list)

    def latest(self) -> Block:
        seen = int(self.real - self.late)
        time = seen - seen % self.interval if self.interval else 900
        return Block(time, hex(time), hex(time - 1), time, None)

    def clock(self) -> float:
        # A clock that knows nothing of the chain's.
        return self.real - 999.0

    def sleep(self, seconds: float) -> None:
        self.real += seconds

    def time(self) -> RealTime:
        return RealTime(cast(Endpoint, cast(Any, self)), self.waits.append, self.clock, self.sleep)


@given(st.integers(1, 15), st.floats(0, 5), st.lists(st.floats(0.1, 20), max_size=20))
def test_the_time_is_never_later_than_the_next_blocks(interval: int, late: float, pauses: list[float]) -> None:
    node = Node(interval, late)
    passing = node.time()
    for pause in pauses:
        passing_block = node.latest()
        passing.saw(passing_block)
        node.sleep(pause)
        next_block = int(node.real) // interval * interval + interval
        assert passing.now() <= max(next_block - SKEW, passing_block.timestamp)


@given(st.integers(0, 15), st.integers(1, 60))
def test_waiting_ends_once_the_next_block_is_late_enough(interval: int, ahead: int) -> None:
    node = Node(interval)
    passing = node.time()
    deadline = node.latest().timestamp + ahead
    begun = node.real
    passing.advance_to(deadline)
    assert passing.now() >= deadline
    assert node.real - begun <= ahead + SKEW + 1
    assert node.waits == sorted(node.waits, reverse=True)


def test_what_has_passed_is_not_waited_for() -> None:
    node = Node(2)
    passing = node.time()
    passing.advance_to(node.latest().timestamp)
    assert node.waits == []


def test_an_idle_chains_time_goes_on_without_blocks() -> None:
    node = Node(0)
    passing = node.time()
    passing.saw(node.latest())
    node.sleep(30)
    passing.saw(node.latest())
    assert passing.now() == 930 - SKEW
