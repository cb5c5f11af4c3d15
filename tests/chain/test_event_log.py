"""Events are read once, in ranges as small as the node wants, and again where the chain took them back."""

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from fedmarket.chain.abi import parse
from fedmarket.chain.endpoint import Block, Endpoint, Log, NodeError
from fedmarket.chain.events import EventLog

MARKET = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
INPUTS = [("task", "uint256", True), ("account", "address", True), ("amount", "uint256", False)]
REFUNDED = parse(
    "Small",
    {
        "abi": [
            {
                "type": "event",
                "name": "Refunded",
                "inputs": [{"name": name, "type": kind, "indexed": indexed} for name, kind, indexed in INPUTS],
            }
        ],
        "bytecode": "0x",
    },
)


class PaperChain(Endpoint):
    """A node on paper: one event a block, whose amount names block and branch."""

    def __init__(self, height: int, limit: int = 10**9) -> None:
        self.url = "paper"
        self.branch = [0] * (height + 1)
        self.limit = limit
        self.asked: list[tuple[int, int]] = []
        self.down = False

    def grow(self, blocks: int = 1, branch: int = 0) -> None:
        self.branch += [branch] * blocks

    def cut(self, depth: int) -> None:
        del self.branch[-depth:]

    def block(self, number: int | str = "latest") -> Block | None:
        number = len(self.branch) - 1 if isinstance(number, str) else number
        if number >= len(self.branch):
            return None
        return Block(number, self._hash(number), self._hash(number - 1), 1_000 + number, None)

    def _hash(self, number: int) -> str:
        return f"{number}:{self.branch[: number + 1]}"

    def logs(self, address: str, first: int, last: int) -> list[Log]:
        if self.down or last - first >= self.limit:
            raise NodeError(self.url, "eth_getLogs", {"message": "query returned more than 10000 results"})
        self.asked.append((first, last))
        return [_refunded(number, 100 * self.branch[number] + number) for number in range(first, last + 1)]


def _refunded(block: int, amount: int) -> Log:
    signature = keccak(b"Refunded(uint256,address,uint256)")
    topics = (signature, encode(["uint256"], [7]), encode(["address"], [MARKET.lower()]))
    return Log(block, 0, topics, encode(["uint256"], [amount]), None)


def log(node: PaperChain, **options: Any) -> EventLog:
    return EventLog(node, REFUNDED, MARKET, **options)


def amounts(events: EventLog, after: int = 0) -> list[int]:
    return [event.fields["amount"] for event in events.after(after)]


def test_an_event_has_the_fields_of_its_declaration_with_their_types() -> None:
    (event,) = log(PaperChain(1)).after(0)
    assert (event.name, event.block, event.timestamp) == ("Refunded", 1, 1_001)
    assert event.fields == {"task": 7, "account": MARKET, "amount": 1}
    assert list(event.fields) == ["task", "account", "amount"]


def test_a_block_is_asked_for_once() -> None:
    node = PaperChain(5)
    events = log(node)
    assert amounts(events) == amounts(events) == [1, 2, 3, 4, 5]
    node.grow(2)
    assert amounts(events, 4) == [5, 6, 7]
    assert node.asked == [(0, 5), (6, 7)]


def test_nothing_is_asked_below_the_deployment() -> None:
    node = PaperChain(9)
    assert amounts(log(node, first_block=6)) == [6, 7, 8, 9]
    assert node.asked == [(6, 9)]


def test_a_long_range_is_asked_in_spans() -> None:
    node = PaperChain(9)
    assert amounts(log(node, first_block=1, span=4)) == list(range(1, 10))
    assert node.asked == [(1, 4), (5, 8), (9, 9)]


def test_a_node_that_refuses_a_range_is_asked_for_half_until_it_answers() -> None:
    node = PaperChain(40, limit=3)
    assert amounts(log(node, first_block=1, span=32)) == list(range(1, 41))
    assert max(last - first for first, last in node.asked) < 3


def test_a_node_that_refuses_a_single_block_is_an_error() -> None:
    node = PaperChain(3)
    node.down = True
    with pytest.raises(NodeError):
        log(node).after(0)


def test_an_outage_in_the_middle_of_a_scan_does_not_start_it_anew() -> None:
    class Failing(PaperChain):
        def logs(self, address: str, first: int, last: int) -> list[Log]:
            self.down = len(self.asked) == 2
            return super().logs(address, first, last)

    node = Failing(9)
    events = log(node, first_block=1, span=3)
    with pytest.raises(NodeError):
        events.after(0)
    node.asked.append((0, 0))
    assert amounts(events) == list(range(1, 10))
    assert (1, 3) not in node.asked[3:]


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_events_of_orphaned_blocks_are_replaced(depth: int) -> None:
    node = PaperChain(8)
    events = log(node)
    for _ in range(4):
        events.after(0)
        node.grow()
    assert amounts(events) == list(range(1, 13))
    node.cut(depth)
    node.grow(depth, branch=9)
    kept = list(range(1, 13 - depth))
    assert amounts(events) == kept + [900 + number for number in range(13 - depth, 13)]


def test_a_deep_reorganisation_is_read_again_from_the_deployment() -> None:
    node = PaperChain(5)
    events = log(node, first_block=2)
    events.after(0)
    node.cut(4)
    node.grow(6, branch=9)
    assert amounts(events) == [900 + number for number in range(2, 8)]


def test_a_node_that_lags_behind_takes_nothing_back() -> None:
    node = PaperChain(8)
    events = log(node)
    events.after(0)
    node.cut(3)
    assert amounts(events) == list(range(1, 9))
