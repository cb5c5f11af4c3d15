"""An aggregator that seals bundles unequally and lists an accomplice's deliveries that never were.

Honest evaluators that open different bundles find different rounds, so no majority agrees and the task falls back to
what the roots of its rounds say.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from fedmarket.domain.chain_terms import ChainTerms
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.merkle import StandardTree
from fedmarket.domain.reference.payment import UPDATES_LEAF
from fedmarket.domain.reference.state import NO_AGREEMENT
from tests.contracts import cast, scenes
from tests.contracts.cast import EVALUATORS, PROVIDERS, REQUESTER, STRANGER, VOTE, word
from tests.contracts.paired import PairedMarket
from tests.contracts.scenes import Play

At = Callable[[Play], PairedMarket]
ROUNDS = 3
*HONEST, ACCOMPLICE = PROVIDERS
LISTED = replace(cast.TERMS, performance=997, participation=611, rounds=ROUNDS)
PRICED = replace(cast.LISTED_PRICES, performance=997, rounds=ROUNDS)
OPEN = replace(cast.OPEN, performance=997, rounds=ROUNDS)
TASKS = {"allow-list": LISTED, "listed prices": PRICED, "open admission": OPEN}


@dataclass(frozen=True)
class Lie:
    """What the rounds say of the accomplice, and what the aggregator states of each round beside its root."""

    delivered: Sequence[int]
    n_updates: int
    weight: int


TRUTH = Lie((0, 0, 0), n_updates=2, weight=30)
LIES = {
    "listed in every round": Lie((1, 2, 3), n_updates=3, weight=60),
    "listed at the end": Lie((0, 0, 3), n_updates=3, weight=60),
    "listed with a count beyond the rounds": Lie((2, 9, 3), n_updates=3, weight=60),
    "listed and nothing stated": Lie((1, 2, 3), n_updates=0, weight=0),
    "listed and one unit stated": Lie((1, 2, 3), n_updates=1, weight=1),
}


def tree(number: int, delivered: int) -> StandardTree:
    """A round in which the honest ones delivered always, and the accomplice as often as it says."""
    counts = [(provider, number) for provider in HONEST] + [(ACCOMPLICE, delivered)] * (delivered > 0)
    return StandardTree(UPDATES_LEAF, [(account, word("update"), count) for account, count in counts])


def fall_back_after(market: PairedMarket, terms: ChainTerms, lie: Lie) -> None:
    scenes.open_task(market, terms)
    scenes.take_seats(market)
    scenes.join(market)
    scenes.start(market)
    for number in range(1, ROUNDS + 1):
        root = tree(number, lie.delivered[number - 1])
        scenes.commit_round(market, root, n_updates=lie.n_updates, weight=lie.weight)
    scenes.commit_scores(market)
    scenes.reveal_scores(market)
    # Each opened other bundles: 0, 1 and 2 rounds verify.
    for rounds, evaluator in enumerate(EVALUATORS):
        fees = 10 * rounds + 3 * 20
        found = replace(VOTE, owed=0, refund=terms.escrow - fees, rounds_verified=rounds, best_round=rounds)
        market.call(evaluator, "confirm", 1, found)
    scenes.confirm(market, NO_AGREEMENT)
    assert market.ledger.tasks[1].status is Status.FALLBACK


def claim(market: PairedMarket, account: str, number: int, lie: Lie) -> int:
    """Claim with the leaf of a round; returns what came beside the bond."""
    delivered = number if account in HONEST else lie.delivered[number - 1]
    leaf = (account, word("update"), delivered)
    shown = tree(number, lie.delivered[number - 1])
    facts = (shown.root, word(f"model {number}"), word(f"manifest {number}"), shown.proof(leaf))
    had, part = market.balance(account), market.ledger.tasks[1].parts[account]
    market.call(account, "claim_fallback", 1, account, number, *leaf[1:], *facts)
    return market.balance(account) - had - market.ledger.tasks[1].terms.bond_of(part.weight)


def honest_pay(market: PairedMarket, lie: Lie) -> list[int]:
    return [claim(market, account, ROUNDS, lie) for account in HONEST]


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("task", TASKS)
def test_false_deliveries_draw_nothing_that_is_owed_to_others_whoever_claims_first(at: At, task: str, lie: str) -> None:
    market = at(scenes.nothing)
    terms, told = TASKS[task], LIES[lie]
    with market.anchored():
        fall_back_after(market, terms, TRUTH)
        owed = honest_pay(market, TRUTH)
    fall_back_after(market, terms, told)
    drawn = claim(market, ACCOMPLICE, ROUNDS, told)
    assert honest_pay(market, told) == owed
    # its weight is half of all there is; that share of each round is the most that any count can say
    price = cast.PRICES[2] if terms.priced else terms.participation // 2
    assert drawn == terms.performance // 2 + price


def test_what_false_deliveries_draw_is_missing_from_the_requesters_sweep_alone(at: At) -> None:
    market = at(scenes.nothing)
    lie = LIES["listed in every round"]

    def back_to_the_requester(told: Lie, claimants: Sequence[str]) -> int:
        fall_back_after(market, LISTED, told)
        had = market.balance(REQUESTER)
        for account in claimants:
            claim(market, account, ROUNDS, told)
        market.call(STRANGER, "refund", 1, REQUESTER)
        market.wait(cast.WINDOWS.claim + 1)
        market.call(STRANGER, "sweep", 1)
        return market.balance(REQUESTER) - had

    with market.anchored():
        truly = back_to_the_requester(TRUTH, HONEST)
    assert truly - back_to_the_requester(lie, PROVIDERS) == 997 // 2 + 611 // 2


def test_a_count_beyond_the_rounds_draws_nothing(at: At) -> None:
    market = at(scenes.nothing)
    lie = LIES["listed with a count beyond the rounds"]
    fall_back_after(market, LISTED, lie)
    shown = tree(2, 9)
    leaf = (ACCOMPLICE, word("update"), 9)
    facts = (shown.root, word("model 2"), word("manifest 2"), shown.proof(leaf))
    market.refused("too_many_delivered", ACCOMPLICE, "claim_fallback", 1, ACCOMPLICE, 2, *leaf[1:], *facts)
