"""The market's log as domain events: each block is read once, and read again only where the chain took it back."""

from bisect import bisect_right
from threading import Lock

from fedmarket.chain.abi import Artifact
from fedmarket.chain.endpoint import Block, Endpoint, Log, NodeError
from fedmarket.domain.reference.state import Event

ANCHORS = 128
"""How many blocks are remembered by their hash: how deep a reorganisation is followed without a new scan."""


class EventLog:
    """The events of one contract in the order of the chain."""

    def __init__(
        self, endpoint: Endpoint, abi: Artifact, address: str, *, first_block: int = 0, span: int = 2_000
    ) -> None:
        """Read from `first_block` on, `span` blocks a request at most; a node that refuses is asked for half."""
        self._endpoint = endpoint
        self._abi = abi
        self._address = address
        self._first = first_block
        self._span = span
        self._events: list[Event] = []
        self._anchors: list[tuple[int, str]] = []
        self.reorganisations = 0
        self._lock = Lock()

    def after(self, block: int) -> list[Event]:
        """Return the events in blocks above `block` up to the latest one."""
        with self._lock:
            self._catch_up(self._endpoint.latest())
            return self._events[bisect_right(self._events, block, key=lambda event: event.block) :]

    def _catch_up(self, head: Block) -> None:
        if self._anchors and (head.number < self._done or head.hash == self._anchors[-1][1]):
            return
        self._roll_back(head)
        times = {head.number: head.timestamp}
        while self._done < head.number:
            last = min(self._done + self._span, head.number)
            try:
                self._read(last, head if last == head.number else self._block(last), times)
            except NodeError:
                if last == self._done + 1:
                    raise
                self._span = (last - self._done) // 2

    @property
    def _done(self) -> int:
        return self._anchors[-1][0] if self._anchors else self._first - 1

    def _roll_back(self, head: Block) -> None:
        """Drop what is no longer in the chain that ends in `head`."""
        read = self._done
        while self._anchors:
            number, known = self._anchors[-1]
            if known == (head.parent if number == head.number - 1 else self._block(number).hash):
                break
            self._anchors.pop()
        self.reorganisations += self._done < read
        del self._events[bisect_right(self._events, self._done, key=lambda event: event.block) :]

    def _read(self, last: int, anchor: Block, times: dict[int, int]) -> None:
        # The anchor's hash is older than the logs: a reorganisation in between shows as a wrong hash next time.
        logs = self._endpoint.logs(self._address, self._done + 1, last)
        events = [self._event(log, times) for log in logs if log.topics and log.topics[0] in self._abi.logs]
        self._events.extend(events)
        self._anchors = [*self._anchors[1 - ANCHORS :], (last, anchor.hash)]

    def _event(self, log: Log, times: dict[int, int]) -> Event:
        if log.block not in times:
            times[log.block] = log.timestamp or self._block(log.block).timestamp
        shape = self._abi.logs[log.topics[0]]
        return Event(shape.name, shape.decode(log.topics[1:], log.data), log.block, times[log.block])

    def _block(self, number: int) -> Block:
        block = self._endpoint.block(number)
        if block is None:
            raise NodeError(self._endpoint.url, "eth_getBlockByNumber", {"message": f"no block {number}"})
        return block
