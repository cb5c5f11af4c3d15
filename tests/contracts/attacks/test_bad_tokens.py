"""Tokens that do not do what a token should: what the market refuses, and what holds nevertheless."""

from dataclasses import replace
from typing import Any

import pytest

from fedmarket.domain.lifecycle import Status
from tests.contracts import cast, scenes
from tests.contracts.cast import AGE_KEY, AGGREGATOR, EVALUATORS, LEAVES, PROVIDERS, REQUESTER, STRANGER, TERMS, word
from tests.contracts.paired import PairedMarket

PAYMENTS: dict[str, tuple[Any, ...]] = {
    "open_task": (REQUESTER, "open_task", replace(TERMS, terms_hash=word("another"))),
    "take_seat": (AGGREGATOR, "take_seat", 1, AGE_KEY),
    "join": (PROVIDERS[0], "join", 1, word("listing"), 10, 0, cast.ADMITTED.proof(0), AGE_KEY),
}


def free_to_open(market: PairedMarket) -> None:
    """A task that is there already, so that all three payments can be tried."""
    terms = replace(TERMS, performance=1, participation=0, aggregator_fee=0, evaluator_fee=0)
    market.call(REQUESTER, "open_task", terms)


def test_a_token_that_keeps_a_fee_is_refused() -> None:
    market = PairedMarket("fee_token")
    reason, _, _ = market.send(REQUESTER, "open_task", TERMS)
    assert reason == "payment_failed"
    assert market.view("task_count") == 0
    assert market.balance(REQUESTER) == cast.RICH


@pytest.mark.parametrize("moves", [False, True], ids=["moves nothing", "moves"])
@pytest.mark.parametrize("verb", PAYMENTS)
def test_a_token_that_answers_false_is_refused(verb: str, moves: bool) -> None:
    market = PairedMarket("false_token")
    market.token.set(True, True)
    free_to_open(market)
    market.token.set(False, moves)
    assert market.send(*PAYMENTS[verb])[0] == "payment_failed"
    market.must_agree(*cast.EVERYBODY)


@pytest.mark.parametrize("verb", PAYMENTS)
def test_a_token_that_says_it_paid_and_did_not_is_refused(verb: str) -> None:
    market = PairedMarket("false_token")
    market.token.set(True, True)
    free_to_open(market)
    market.token.set(True, False)
    assert market.send(*PAYMENTS[verb])[0] == "payment_failed"
    market.must_agree(*cast.EVERYBODY)


def test_a_payout_that_fails_is_refused_and_can_be_claimed_later() -> None:
    market = PairedMarket("false_token")
    market.token.set(True, True)
    scenes.settled(market)
    market.token.set(False, False)
    proof = cast.PAYOUTS.proof(0)
    assert market.send(STRANGER, "claim", 1, *LEAVES[0], proof)[0] == "payout_failed"
    assert market.send(STRANGER, "claim_seat", 1, AGGREGATOR)[0] == "payout_failed"
    assert market.send(STRANGER, "refund", 1, REQUESTER)[0] == "payout_failed"
    market.token.set(True, True)
    scenes.claim(market, LEAVES[0])
    market.call(STRANGER, "claim_seat", 1, AGGREGATOR)
    market.call(STRANGER, "refund", 1, REQUESTER)


def test_a_token_that_returns_nothing_works() -> None:
    market = PairedMarket("silent_token")
    scenes.settled(market)
    for leaf in LEAVES:
        scenes.claim(market, leaf)
    market.call(STRANGER, "refund", 1, REQUESTER)
    assert market.ledger.tasks[1].status is Status.SETTLED


def test_the_shortfall_of_a_shrinking_token_hits_who_claims_last_and_a_donation_heals_it() -> None:
    market = PairedMarket("rebasing_token")
    scenes.settled(market)
    scenes.open_task(market, replace(TERMS, terms_hash=word("another")))
    held = market.view("held", 2)
    # the second task's escrow pays the first one's claims: the market keeps books, and they need not be covered
    market.token.shrink(market.address, 1_000)
    for leaf in LEAVES:
        assert market.send(STRANGER, "claim", 1, *leaf, cast.PAYOUTS.proof(leaf))[0] is None
    assert market.view("held", 2) == held == 1_680
    for account in (AGGREGATOR, cast.STANDBY, cast.SPARE, *EVALUATORS):
        assert market.send(STRANGER, "claim_seat", 1, account)[0] is None
    assert market.send(STRANGER, "refund", 1, REQUESTER)[0] is None
    assert market.balance(market.address) == held - 1_000
    assert market.send(REQUESTER, "cancel", 2)[0] is None
    assert market.send(STRANGER, "refund", 2, REQUESTER)[0] == "payout_failed"
    market.token.mint(market.address, 1_000)
    assert market.send(STRANGER, "refund", 2, REQUESTER)[0] is None
    assert market.balance(market.address) == 0


def test_tokens_that_nobody_paid_in_are_held_for_nobody() -> None:
    market = PairedMarket()
    scenes.settled(market)
    market.token.mint(market.address, 777)
    assert market.view("held", 1) == market.ledger.held(1)
    for who in (*cast.TERMS.aggregators, *EVALUATORS):
        assert market.send(STRANGER, "claim_seat", 1, who)[0] is None
    for leaf in LEAVES:
        assert market.send(STRANGER, "claim", 1, *leaf, cast.PAYOUTS.proof(leaf))[0] is None
    assert market.send(STRANGER, "refund", 1, REQUESTER)[0] is None
    assert (market.view("held", 1), market.balance(market.address)) == (0, 777)
