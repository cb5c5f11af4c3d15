"""How time passes on somebody's node: it jumps where the node can, and is waited for in real seconds where not."""

import time
from collections.abc import Callable
from typing import Protocol

from fedmarket.chain.endpoint import Block, Endpoint, NodeError

SKEW = 2
"""Seconds by which the clocks of those who make blocks may differ."""

OnWait = Callable[[int], None]
"""Told, about once a second, how many seconds are left to wait."""


class PassingTime(Protocol):
    """A chain's time as those who wait for a deadline see it."""

    def saw(self, block: Block) -> None:
        """Take note of the latest block."""

    def now(self) -> int:
        """Return the least time that the next block can have, in seconds; 0 where only blocks tell."""

    def advance_to(self, timestamp: int) -> None:
        """Return once the next block will be at `timestamp` or later."""


class TimeTravel:
    """The time of a development node, which mines an empty block at any time that it is told."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def saw(self, block: Block) -> None:
        """Do nothing: blocks tell the time."""

    def now(self) -> int:
        """Return 0: blocks tell the time."""
        return 0

    def advance_to(self, timestamp: int) -> None:
        """Mine an empty block at `timestamp`; nothing happens where the chain is there already.

        Where the node's clock is past it and only its latest block is older, the block gets the clock's time: set to
        less, the clock would stay behind for everybody.
        """
        if timestamp > self._endpoint.latest().timestamp:
            self._endpoint.ask("evm_mine")
        if timestamp > self._endpoint.latest().timestamp:
            self._endpoint.ask("evm_setNextBlockTimestamp", timestamp)
            self._endpoint.ask("evm_mine")


class RealTime:
    """The time of any chain whose blocks follow the clock.

    A chain that nobody uses mines no block, so its latest block may be old. What is known is that since this process
    first saw it at least so many seconds have passed; neither clock need be right for that. Blocks may come from
    clocks that differ by `SKEW`.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        on_wait: OnWait = lambda seconds: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._endpoint, self._on_wait, self._clock, self._sleep = endpoint, on_wait, clock, sleep
        self._block: Block | None = None
        self._seen_at = 0.0

    def saw(self, block: Block) -> None:
        """Count from the latest block on, from when it was first seen; one that seems later counts on from there."""
        if self._block is None or (block.hash != self._block.hash and block.timestamp >= self.now()):
            self._block, self._seen_at = block, self._clock()

    def now(self) -> int:
        """Return the least time that the next block can have."""
        if self._block is None:
            return 0
        return self._block.timestamp + max(0, int(self._clock() - self._seen_at) - SKEW)

    def advance_to(self, timestamp: int) -> None:
        """Wait until the next block will be at `timestamp` or later."""
        self.saw(self._endpoint.latest())
        while (left := timestamp - self.now()) > 0:
            self._on_wait(left)
            self._sleep(min(left, 1.0))
            self.saw(self._endpoint.latest())


def can_travel(endpoint: Endpoint) -> bool:
    """Return whether a node moves its clock when told to; asking moves nothing."""
    try:
        endpoint.ask("evm_increaseTime", 0)
    except NodeError:
        return False
    return True
