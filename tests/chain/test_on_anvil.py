"""On a real node with a pool, late blocks, rising prices and reorganisations."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from fedmarket.chain.endpoint import Endpoint
from fedmarket.chain.port import Receipt
from fedmarket.chain.rpc import RpcChain, connect
from fedmarket.chain.sender import Pace
from fedmarket.domain.chain_terms import ChainTerms
from fedmarket.domain.errors import ChainError
from fedmarket.record.live import Record
from fedmarket.store.memory import MemoryStore

from .anvil_node import AnvilChain, anvil, needs_anvil
from .chain_story import ACCOUNTS, COIN, SECRETS, open_terms, terms

pytestmark = needs_anvil
START = 1_800_000_000
QUICK = Pace(look=0.02, resend=0.2, give_up=10)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with anvil(START) as url:
        yield url


@pytest.fixture(scope="module")
def market(url: str) -> AnvilChain:
    chain = AnvilChain(url, ACCOUNTS.values())
    chain.mint(ACCOUNTS["requester"], 10**6 * COIN)
    return chain


def again(url: str, market: AnvilChain, folder: Path) -> RpcChain:
    """The same market seen by a new process."""
    return RpcChain(connect(url), market.market, outbox=folder, pace=QUICK)


def open_task(chain: RpcChain, conditions: ChainTerms) -> Receipt:
    return chain.call(SECRETS["requester"], "open_task", conditions, pays=conditions.escrow)


def opened(chain: RpcChain) -> list[bytes]:
    return [event.fields["terms_hash"] for event in chain.events(0) if event.name == "TaskOpened"]


class Pool:
    """A node that mines only when told to; afterwards it mines at once again."""

    def __init__(self, node: Endpoint) -> None:
        self.node = node

    def __enter__(self) -> "Pool":
        self.node.ask("evm_setAutomine", False)
        return self

    def __exit__(self, *error: object) -> None:
        self.node.ask("evm_setAutomine", True)
        self.node.ask("evm_mine")

    def arrived(self) -> list[dict[str, Any]]:
        """Wait until something is in the pool."""
        for _ in range(200):
            pending = self.node.ask("txpool_content")["pending"]
            if pending:
                return [call for calls in pending.values() for call in calls.values()]
            sleep(0.02)
        raise AssertionError("nothing came")


def in_background(chain: RpcChain, conditions: ChainTerms) -> "Future[Receipt]":
    with_one = ThreadPoolExecutor(1)
    return with_one.submit(open_task, chain, conditions)


def test_a_call_waits_for_its_block(url: str, market: AnvilChain, tmp_path: Path) -> None:
    chain = again(url, market, tmp_path)
    with Pool(market.node) as pool:
        waiting = in_background(chain, open_terms("waits"))
        pool.arrived()
        assert not waiting.done()
        pool.node.ask("evm_mine")
        assert waiting.result(5).block == chain.head().block


def test_a_transaction_dropped_from_the_pool_is_sent_again(url: str, market: AnvilChain, tmp_path: Path) -> None:
    chain = again(url, market, tmp_path)
    with Pool(market.node) as pool:
        waiting = in_background(chain, open_terms("dropped"))
        (lost,) = pool.arrived()
        pool.node.ask("anvil_dropTransaction", lost["hash"])
        (found,) = pool.arrived()
        assert found["hash"] == lost["hash"]
        pool.node.ask("evm_mine")
        assert waiting.result(5).transaction == lost["hash"]


def test_a_call_outbid_by_rising_prices_offers_more(url: str, market: AnvilChain, tmp_path: Path) -> None:
    chain = again(url, market, tmp_path)
    with Pool(market.node) as pool:
        waiting = in_background(chain, open_terms("outbid"))
        (cheap,) = pool.arrived()
        pool.node.ask("anvil_setNextBlockBaseFeePerGas", hex(10**11))
        pool.node.ask("evm_mine")
        sleep(0.5)
        pool.node.ask("evm_mine")
        dear = waiting.result(5)
    assert dear.transaction != cheap["hash"]
    assert opened(chain).count(open_terms("outbid").terms_hash) == 1


def test_a_call_whose_process_died_is_seen_through_by_the_next(url: str, market: AnvilChain, tmp_path: Path) -> None:
    impatient = RpcChain(connect(url), market.market, outbox=tmp_path, pace=Pace(look=0.02, resend=9, give_up=0.2))
    conditions = open_terms("died")
    with Pool(market.node) as pool:
        with pytest.raises(ChainError, match="not mined"):
            open_task(impatient, conditions)
        (sent,) = pool.arrived()
    after = open_task(again(url, market, tmp_path), conditions)
    assert after.transaction == sent["hash"]
    assert opened(market).count(conditions.terms_hash) == 1


def test_events_that_a_reorganisation_took_back_are_gone(url: str, market: AnvilChain, tmp_path: Path) -> None:
    chain = again(url, market, tmp_path)
    kept, lost = terms("kept"), terms("lost")
    open_task(chain, kept)
    assert opened(chain)[-1] == kept.terms_hash
    open_task(chain, lost)
    assert opened(chain)[-1] == lost.terms_hash
    market.node.ask("anvil_reorg", 1, [])
    market.node.ask("evm_mine")
    assert opened(chain)[-1] == kept.terms_hash
    open_task(chain, lost)
    assert opened(chain)[-2:] == [kept.terms_hash, lost.terms_hash]


def test_a_record_forgets_what_a_reorganisation_took_back(url: str, market: AnvilChain, tmp_path: Path) -> None:
    chain = again(url, market, tmp_path)
    record = Record(chain, MemoryStore())
    lost, other = terms("taken back"), terms("in its place")
    open_task(chain, lost)
    record.refresh()
    number = max(record.tasks)
    assert record.task(number).terms.terms_hash == lost.terms_hash
    market.node.ask("anvil_reorg", 1, [])
    market.node.ask("evm_mine")
    record.refresh()
    assert number not in record.tasks
    open_task(chain, other)
    record.refresh()
    assert record.task(number).terms.terms_hash == other.terms_hash
    assert record.fold.events == chain.events(0)


def test_ten_threads_with_one_key_open_ten_tasks(url: str, market: AnvilChain, tmp_path: Path) -> None:
    chain = again(url, market, tmp_path)
    free = [open_terms(f"thread {number}") for number in range(10)]
    with ThreadPoolExecutor(10) as pool:
        blocks = list(pool.map(lambda conditions: open_task(chain, conditions).block, free))
    assert len(set(blocks)) == 10
    assert {each.terms_hash for each in free} <= set(opened(chain))
