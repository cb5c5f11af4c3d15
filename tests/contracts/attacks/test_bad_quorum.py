"""A quorum that lies misdirects its own task's money among its members, and can do no more."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fedmarket.domain.merkle import StandardTree
from fedmarket.domain.reference.payment import SETTLEMENT_LEAF
from fedmarket.domain.reference.state import Vote
from tests.contracts import cast, scenes
from tests.contracts.cast import AGGREGATOR, EVALUATORS, PROVIDERS, REQUESTER, STRANGER, VOTE, word
from tests.contracts.paired import PairedMarket
from tests.contracts.scenes import Play

At = Callable[[Play], PairedMarket]
HUGE = 2**112


def two_tasks(market: PairedMarket) -> None:
    """Task 1 is about to be voted on; task 2, of the same accounts, is in training and full of money."""
    scenes.revealed_open(market)
    scenes.open_task(market, replace(cast.TERMS, terms_hash=word("bystander")))
    scenes.take_seats(market, 2)
    scenes.join(market, 2)
    scenes.start(market, 2)


def settle_by(market: PairedMarket, leaves: list[tuple[str, int, int, int]], vote: Vote) -> StandardTree:
    tree = StandardTree(SETTLEMENT_LEAF, leaves)
    scenes.confirm(market, replace(vote, payout_root=tree.root))
    return tree


ALL = replace(VOTE, owed=1_000, refund=0)
GREEDY = {
    "everything owed": replace(ALL, debits=12_000, owed=13_000),
    "everything forfeited": replace(ALL, forfeits=12_000),
    "everything refunded": replace(ALL, owed=0, refund=1_000),
    "no round verified": replace(ALL, rounds_verified=0, best_round=0, owed=0, refund=1_020),
}


@pytest.mark.parametrize("name", GREEDY)
def test_tasks_are_apart_a_bad_quorum_cannot_touch_another_task(at: At, name: str) -> None:
    market = at(two_tasks)
    other, bystander = market.view("held", 2), market.view("part", 2, PROVIDERS[0])
    leaves = [(STRANGER, HUGE, 0, 0), *((provider, 13_000, 0, 0) for provider in PROVIDERS)]
    tree = settle_by(market, leaves, GREEDY[name])
    taken = market.balance(market.address)
    for i, leaf in enumerate(leaves):
        market.send(STRANGER, "claim", 1, *leaf, tree.proof(i))
        market.send(STRANGER, "claim", 2, *leaf, tree.proof(i))
    for seat in (AGGREGATOR, *EVALUATORS, REQUESTER):
        market.send(STRANGER, "claim_seat", 1, seat)
        market.send(STRANGER, "refund", 1, seat)
    assert market.view("held", 2) == other
    assert market.view("part", 2, PROVIDERS[0]) == bystander
    assert taken - market.balance(market.address) <= 1_080 + 12_000 + 3 * 100 + 3 * 50
    assert market.balance(market.address) == other + market.view("held", 1) + market.view("forfeits")


def test_claims_are_capped_a_lying_root_cannot_overdraw(at: At) -> None:
    market = at(two_tasks)
    leaves = [(provider, 600, 0, 0) for provider in PROVIDERS]
    tree = settle_by(market, leaves, replace(ALL, debits=500, owed=1_500))
    market.call(STRANGER, "claim", 1, *leaves[0], tree.proof(0))
    market.call(STRANGER, "claim", 1, *leaves[1], tree.proof(1))
    market.refused("owed_exhausted", STRANGER, "claim", 1, *leaves[2], tree.proof(2))
    assert market.view("purse", 1) == (300, 12_000 - 500 - 2_000 - 4_000)


def test_a_bad_quorum_cannot_pay_an_outsider(at: At) -> None:
    market = at(scenes.revealed)
    outsiders = [(STRANGER, 1_200, 0, 0), (REQUESTER, 1_200, 0, 0), (EVALUATORS[0], 1_200, 0, 0)]
    tree = settle_by(market, outsiders, VOTE)
    for i, leaf in enumerate(outsiders):
        market.refused("nothing_owed", STRANGER, "claim", 1, *leaf, tree.proof(i))


def test_a_root_that_nobody_can_open_gives_the_bonds_to_nobody(at: At) -> None:
    market = at(scenes.revealed)
    scenes.confirm(market, replace(VOTE, payout_root=word("nobody knows")))
    market.call(STRANGER, "refund", 1, REQUESTER)
    market.wait(cast.WINDOWS.claim + 1)
    market.call(STRANGER, "sweep", 1)
    assert market.balance(REQUESTER) == cast.RICH - 80
    assert market.ledger.forfeits == 90


def test_a_second_quorum_cannot_settle_again(at: At) -> None:
    market = at(scenes.settled)
    tree = StandardTree(SETTLEMENT_LEAF, [(PROVIDERS[0], 1_200, 0, 0)])
    for evaluator in EVALUATORS:
        market.refused("wrong_status", evaluator, "confirm", 1, replace(VOTE, payout_root=tree.root))
