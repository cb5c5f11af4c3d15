"""Every refusal of the verbs of the final states, by the contract and by its reference alike."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fedmarket.domain.merkle import StandardTree
from fedmarket.domain.reference.payment import SETTLEMENT_LEAF, UPDATES_LEAF
from tests.contracts import cast, scenes
from tests.contracts.cast import AGGREGATOR, EVALUATORS, LEAVES, PAYOUTS, PROVIDERS, REQUESTER, STRANGER, UPDATES, word
from tests.contracts.paired import PairedMarket
from tests.contracts.scenes import Play

At = Callable[[Play], PairedMarket]


def claiming(leaf: tuple[str, int, int, int], proof: list[bytes]) -> tuple[Any, ...]:
    return (STRANGER, "claim", 1, *leaf, proof)


def test_a_claim_needs_its_own_leaf_of_the_payout_root(at: At) -> None:
    market = at(scenes.settled)
    leaf, proof = LEAVES[0], PAYOUTS.proof(0)
    market.refused("wrong_proof", *claiming((leaf[0], 301, *leaf[2:]), proof))
    market.refused("wrong_proof", *claiming((*leaf[:2], 1, leaf[3]), proof))
    market.refused("wrong_proof", *claiming((*leaf[:3], 1), proof))
    market.refused("wrong_proof", *claiming(leaf, PAYOUTS.proof(1)))
    market.refused("wrong_proof", *claiming(leaf, []))
    market.refused("wrong_proof", *claiming(leaf, [*proof, bytes(32)]))
    for who in (STRANGER, REQUESTER, AGGREGATOR, EVALUATORS[0], cast.NOBODY):
        market.refused("nothing_owed", *claiming((who, *leaf[1:]), proof))


def lying_settlement(market: PairedMarket, leaves: list[tuple[str, int, int, int]], **vote: Any) -> StandardTree:
    """Settle by a root whose leaves do not add up to what the vote says."""
    tree = StandardTree(SETTLEMENT_LEAF, leaves)
    scenes.confirm(market, replace(cast.VOTE, payout_root=tree.root, **vote))
    return tree


def test_claims_that_exceed_what_is_left_are_refused(at: At) -> None:
    market = at(scenes.revealed)
    leaves = [(PROVIDERS[0], 1_100, 0, 0), (PROVIDERS[1], 101, 0, 0), (PROVIDERS[2], 100, 0, 0)]
    tree = lying_settlement(market, leaves, forfeits=30)
    market.call(*claiming(leaves[0], tree.proof(0)))
    market.refused("owed_exhausted", *claiming(leaves[1], tree.proof(1)))
    market.call(*claiming(leaves[2], tree.proof(2)))
    market.refused("owed_exhausted", *claiming(leaves[1], tree.proof(1)))


def test_bonds_that_exceed_what_is_left_are_refused(at: At) -> None:
    market = at(scenes.revealed)
    leaves = [(provider, 0, 0, 0) for provider in PROVIDERS]
    tree = lying_settlement(market, leaves, forfeits=30)
    market.call(*claiming(leaves[0], tree.proof(0)))
    market.call(*claiming(leaves[1], tree.proof(1)))
    market.refused("bonds_exhausted", *claiming(leaves[2], tree.proof(2)))


def falling_back(who: str, number: int, delivered: int, caller: str = "", **other: Any) -> tuple[Any, ...]:
    tree, update = (UPDATES, word("update")) if number == 2 else (cast.EARLIER, word("earlier"))
    leaf = (who, update, delivered)
    known = number in (1, 2) and (who, update, delivered) in (*cast.DELIVERED, *EARLIER_LEAVES)
    facts = {
        "updates_root": tree.root,
        "model": word(f"model {number}"),
        "manifest": word(f"manifest {number}"),
        "proof": tree.proof(leaf) if known else [],
    } | other
    return (caller or who, "claim_fallback", 1, who, number, update, delivered, *facts.values())


EARLIER_LEAVES = [(provider, word("earlier"), 1) for provider in PROVIDERS[:2]]


def test_a_fallback_claim_needs_its_own_leaf_of_a_round(at: At) -> None:
    market = at(scenes.fallen_back)
    first = PROVIDERS[0]
    market.refused("nothing_owed", *falling_back(STRANGER, 2, 2))
    market.refused("nothing_owed", *falling_back(AGGREGATOR, 2, 2))
    market.refused("wrong_round_slot", *falling_back(first, 2, 2, updates_root=word("another")))
    market.refused("wrong_round_slot", *falling_back(first, 2, 2, model=word("another")))
    market.refused("wrong_round_slot", *falling_back(first, 2, 2, manifest=word("another")))
    market.refused("wrong_round_slot", *falling_back(first, 3, 2))
    market.refused("wrong_round_slot", *falling_back(first, 2**256 - 1, 2))
    market.refused("wrong_proof", *falling_back(first, 2, 1))
    market.refused("wrong_proof", *falling_back(first, 2, 2, proof=UPDATES.proof(1)))


def test_nobody_settles_another_for_less_than_it_could_show(at: At) -> None:
    market = at(scenes.fallen_back)
    for caller in (STRANGER, REQUESTER, PROVIDERS[1]):
        for number, delivered in ((2, 2), (1, 1), (0, 0)):
            market.refused("not_yours", *falling_back(PROVIDERS[0], number, delivered, caller=caller))
    market.call(*falling_back(PROVIDERS[0], 1, 1))


def test_who_neither_delivered_nor_announced_has_no_bond_to_claim(at: At) -> None:
    market = at(scenes.fallen_back)
    market.refused("never_delivered", *falling_back(PROVIDERS[1], 0, 0))
    market.call(*falling_back(PROVIDERS[2], 0, 0))


def test_more_rounds_than_there_were_cannot_be_delivered(at: At) -> None:
    market = at(scenes.half_trained)
    lie = (PROVIDERS[0], word("update"), 3)
    tree = StandardTree(UPDATES_LEAF, [lie])
    scenes.commit_round(market, tree)
    scenes.close(market)
    facts = (tree.root, word("model 2"), word("manifest 2"), tree.proof(0))
    market.refused("too_many_delivered", lie[0], "claim_fallback", 1, lie[0], 2, *lie[1:], *facts)


def test_only_seats_claim_as_seats_and_only_once(at: At) -> None:
    market = at(scenes.settled)
    for who in (STRANGER, REQUESTER, PROVIDERS[0]):
        market.refused("nothing_owed", STRANGER, "claim_seat", 1, who)
    market.call(STRANGER, "claim_seat", 1, AGGREGATOR)
    market.refused("nothing_owed", STRANGER, "claim_seat", 1, AGGREGATOR)


def test_only_the_requester_is_refunded_in_a_task_that_pays(at: At) -> None:
    market = at(scenes.settled)
    for who in (STRANGER, AGGREGATOR, EVALUATORS[0], PROVIDERS[0]):
        market.refused("nothing_owed", STRANGER, "refund", 1, who)
    market.call(STRANGER, "refund", 1, REQUESTER)
    market.refused("nothing_owed", STRANGER, "refund", 1, REQUESTER)


def test_everybody_is_refunded_once_in_a_cancelled_task(at: At) -> None:
    market = at(scenes.cancelled)
    for who in (REQUESTER, *cast.TERMS.aggregators, *EVALUATORS, *PROVIDERS):
        market.call(STRANGER, "refund", 1, who)
        market.refused("nothing_owed", STRANGER, "refund", 1, who)
    assert market.view("held", 1) == 0


def test_a_sweep_waits_for_the_claims_and_needs_something_to_sweep(at: At) -> None:
    market = at(scenes.settled)
    market.refused("too_early", STRANGER, "sweep", 1)
    market.wait_until(market.ledger.tasks[1].claim_deadline + 1)
    market.call(STRANGER, "sweep", 1)
    market.refused("nothing_owed", STRANGER, "sweep", 1)


def test_no_forfeits_no_flush(at: At) -> None:
    market = at(scenes.settled)
    assert market.ledger.forfeits == 0
    market.refused("nothing_owed", STRANGER, "flush_forfeits")
