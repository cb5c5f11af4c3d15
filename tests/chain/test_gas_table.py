"""Every verb has a gas limit that its dearest call keeps well below, and that no block is too small for."""

import pytest

from fedmarket.chain.gas import BYTE, LIMITS, TOKEN, limit_of
from fedmarket.chain.port import Receipt
from fedmarket.chain.tester import TesterChain
from fedmarket.domain.lifecycle import VERBS

from .chain_story import Story
from .grand_story import EVERYBODY, TABLE, GrandStory, account_of

CAP = 2**24
"""The most gas a transaction may ask for (EIP-7825)."""


@pytest.fixture(scope="module")
def receipts(story_in_process: Story) -> list[Receipt]:
    grand = GrandStory(TesterChain.start(map(account_of, EVERYBODY))).tell()
    return story_in_process.receipts + grand.receipts


def dearest(receipts: list[Receipt]) -> dict[str, int]:
    """The most gas each verb used beside a table in its call data."""
    used: dict[str, int] = {}
    for receipt in receipts:
        table = BYTE * len(TABLE) if receipt.gas_used > BYTE * len(TABLE) and receipt.verb == "reveal_scores" else 0
        used[receipt.verb] = max(used.get(receipt.verb, 0), receipt.gas_used - table)
    return used


def test_every_verb_of_the_life_cycle_has_a_limit() -> None:
    assert VERBS.keys() <= LIMITS.keys()


def test_the_dearest_call_of_every_verb_stays_a_quarter_below_its_limit(receipts: list[Receipt]) -> None:
    used = dearest(receipts)
    assert used.keys() == VERBS.keys()
    assert {verb: gas for verb, gas in used.items() if 5 * gas > 4 * LIMITS[verb]} == {}


def test_no_limit_is_far_above_what_is_used(receipts: list[Receipt]) -> None:
    assert {verb: gas for verb, gas in dearest(receipts).items() if LIMITS[verb] - TOKEN > 2 * gas} == {}


def test_no_limit_exceeds_what_one_transaction_may_ask_for() -> None:
    assert max(LIMITS.values()) + BYTE * 49_152 < CAP
    assert limit_of("reveal_scores", TABLE) < 1_000_000
