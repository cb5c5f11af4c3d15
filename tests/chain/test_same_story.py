"""The in-process EVM, the pure-Python chain and (where it is installed) anvil tell one story the same way."""

import pytest

from fedmarket.chain.port import SINK
from fedmarket.chain.rpc import RpcChain
from fedmarket.chain.simulated import SimulatedChain
from fedmarket.chain.tester import TesterChain
from fedmarket.domain.lifecycle import VERBS

from .anvil_node import AnvilChain, anvil, needs_anvil
from .chain_story import ACCOUNTS, Story
from .conftest import START

Pair = tuple[Story, Story]


def twin(chain: RpcChain) -> SimulatedChain:
    """A simulated chain at the same address, block and second."""
    head = chain.head()
    return SimulatedChain(
        genesis_time=head.timestamp, first_block=head.block, market=chain.market, chain_id=chain.chain_id
    )


def same_logs(ours: Story, theirs: Story) -> None:
    for our, their in zip(ours.chain.events(0), theirs.chain.events(0), strict=True):
        assert our == their
        assert [type(value) for value in our.fields.values()] == [type(value) for value in their.fields.values()]


@pytest.fixture(scope="module")
def told(story_in_process: Story) -> Pair:
    return story_in_process, Story(twin(TesterChain.start(genesis_time=START))).tell()


def test_both_log_the_same_events_field_by_field(told: Pair) -> None:
    same_logs(*told)


def test_both_refuse_the_same_calls_for_the_same_reasons(told: Pair) -> None:
    real, simulated = told
    assert real.refusals == simulated.refusals
    assert len(real.refusals) > 20


def test_both_end_with_the_same_balances(told: Pair) -> None:
    real, simulated = told
    for account in (*ACCOUNTS.values(), SINK, real.chain.market):
        assert real.chain.balance(account) == simulated.chain.balance(account)
    assert real.chain.balance(SINK) > 0


def height(story: Story) -> tuple[int, int]:
    """The last block and its time; only real blocks have hashes."""
    head = story.chain.head()
    return head.block, head.timestamp


def test_both_need_the_same_blocks_and_seconds(told: Pair) -> None:
    real, simulated = told
    assert height(real) == height(simulated)
    assert [receipt.block for receipt in real.receipts] == [receipt.block for receipt in simulated.receipts]


def test_the_story_uses_every_verb(told: Pair) -> None:
    assert {receipt.verb for receipt in told[0].receipts} == VERBS.keys()


def test_a_story_told_again_has_the_same_events_and_costs_the_same_gas(told: Pair) -> None:
    again = Story(TesterChain.start(ACCOUNTS.values(), START)).tell()
    assert again.receipts == told[0].receipts
    assert again.chain.events(0) == told[0].chain.events(0)


@needs_anvil
def test_anvil_tells_the_same_story() -> None:
    with anvil(START) as url:
        chain = AnvilChain(url, ACCOUNTS.values())
        simulated = Story(twin(chain)).tell()
        real = Story(chain).tell()
        same_logs(real, simulated)
        assert real.refusals == simulated.refusals
        assert height(real) == height(simulated)
