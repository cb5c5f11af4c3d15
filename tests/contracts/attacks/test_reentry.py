"""A token that calls back into the market from within any payment finds every door locked, views among them."""

from dataclasses import replace
from typing import Any

import pytest

from fedmarket.domain.reference import DISPATCH
from fedmarket.domain.reference.state import NO_AGREEMENT
from tests.contracts import cast, scenes
from tests.contracts.cast import AGE_KEY, AGGREGATOR, EVALUATORS, PROVIDERS, REQUESTER, STRANGER, TERMS, word
from tests.contracts.paired import PairedMarket
from tests.contracts.scenes import Play

REFUSED_WITH_NONE = 3
BLANK = bytes(32)
PROOF: list[bytes] = []
FALLBACK_FACTS = (cast.UPDATES.root, word("model 2"), word("manifest 2"), cast.UPDATES.proof(0))
INNER: dict[str, tuple[Any, ...]] = {
    "open_task": (replace(TERMS, terms_hash=word("inner")),),
    "take_seat": (1, AGE_KEY),
    "join": (1, word("listing"), 10, 0, cast.ADMITTED.proof(0), AGE_KEY),
    "cancel": (1,),
    "start": (1,),
    "announce": (1, 1, word("update"), word("blob")),
    "commit_round": (1, 1, word("root"), word("model"), word("manifest"), 0, 0),
    "take_over": (1,),
    "stop": (1,),
    "close": (1,),
    "commit_scores": (1, word("commitment")),
    "reveal_scores": (1, b"table", word("salt")),
    "confirm": (1, NO_AGREEMENT),
    "claim": (1, *cast.LEAVES[1], cast.PAYOUTS.proof(1)),
    "claim_fallback": (1, PROVIDERS[0], 2, word("update"), 2, *FALLBACK_FACTS),
    "claim_seat": (1, EVALUATORS[1]),
    "refund": (1, REQUESTER),
    "sweep": (1,),
    "flush_forfeits": (),
}
VIEWS: dict[str, tuple[Any, ...]] = {
    "held": (1,),
    "progress": (1,),
    "seats": (1,),
    "outcome": (1,),
    "purse": (1,),
    "part": (1, PROVIDERS[0]),
    "binding": (1,),
    "forfeits": (),
    "task_count": (),
    "task_of": (REQUESTER, TERMS.terms_hash),
    "round_slot": (1, 1),
}


def stalled(market: PairedMarket) -> None:
    scenes.half_trained(market)
    market.wait(cast.WINDOWS.round + 1)


def stalled_for_good(market: PairedMarket) -> None:
    scenes.half_trained(market)
    market.wait(3 * cast.WINDOWS.round + 1)


def to_be_swept(market: PairedMarket) -> None:
    scenes.settled(market)
    market.wait(cast.WINDOWS.claim + 1)


def with_forfeits(market: PairedMarket) -> None:
    scenes.training(market)
    scenes.close(market)


OUTER: dict[str, tuple[Play, tuple[Any, ...]]] = {
    "open_task": (scenes.opened, (REQUESTER, "open_task", replace(TERMS, terms_hash=word("outer")))),
    "take_seat": (scenes.opened, (AGGREGATOR, "take_seat", 1, AGE_KEY)),
    "join": (scenes.seated, (PROVIDERS[1], "join", 1, word("listing"), 20, 0, cast.ADMITTED.proof(1), AGE_KEY)),
    "take_over": (stalled, (cast.STANDBY, "take_over", 1)),
    "close": (stalled_for_good, (STRANGER, "close", 1)),
    "claim": (scenes.settled, (STRANGER, "claim", 1, *cast.LEAVES[0], cast.PAYOUTS.proof(0))),
    "claim_fallback": (
        scenes.fallen_back,
        (
            PROVIDERS[1],
            "claim_fallback",
            1,
            PROVIDERS[1],
            2,
            word("update"),
            1,
            *FALLBACK_FACTS[:3],
            cast.UPDATES.proof(1),
        ),
    ),
    "claim_seat": (scenes.settled, (STRANGER, "claim_seat", 1, AGGREGATOR)),
    "refund": (scenes.settled, (STRANGER, "refund", 1, REQUESTER)),
    "sweep": (to_be_swept, (STRANGER, "sweep", 1)),
    "flush_forfeits": (with_forfeits, (STRANGER, "flush_forfeits")),
}
"""Every verb that moves tokens, in a scene in which it goes through."""


def attacked(play: Play) -> PairedMarket:
    market = PairedMarket("reentrant_token")
    for account in cast.EVERYBODY:
        market.token.approve(market.address, 2**256 - 1, sender=account)
    play(market)
    return market


def callbacks(market: PairedMarket) -> list[bytes]:
    verbs = [market.data(verb, *args) for verb, args in INNER.items()]
    return verbs + [market.abi.functions[name].encode(*args) for name, args in VIEWS.items()]


def test_every_verb_and_every_view_is_tried_from_within() -> None:
    market = PairedMarket("reentrant_token")
    assert INNER.keys() == DISPATCH.keys()
    assert INNER.keys() | VIEWS.keys() | {"token", "sink"} == market.abi.functions.keys()


@pytest.mark.parametrize("verb", OUTER)
def test_reentry_from_within_a_payment_fails_and_changes_nothing(verb: str) -> None:
    play, outer = OUTER[verb]
    market = attacked(play)
    inside = callbacks(market)
    # from outside, the token's calls are answered: one that fails, fails with a reason
    for data in inside:
        with market.env.anchor():
            computation = market.execute(market.token.address, data)
            assert not (computation.is_error and computation.output == b""), "the call itself is malformed"
    market.token.arm(market.address, inside)
    # the paired call compares events, balances and what is held with the reference, whose token is well behaved
    market.call(*outer)
    assert market.token.answered() == [REFUSED_WITH_NONE] * len(inside)


def test_reentry_from_within_a_permit_fails_and_changes_nothing() -> None:
    market = attacked(scenes.opened)
    market.token.approve(market.address, 0, sender=AGGREGATOR)
    inside = callbacks(market)
    market.token.arm(market.address, inside)
    market.call(AGGREGATOR, "take_seat", 1, AGE_KEY, permit=(market.ledger.now, 27, BLANK, BLANK))
    assert market.token.answered() == [REFUSED_WITH_NONE] * len(inside)


def test_a_provider_that_is_a_token_cannot_be_paid_twice() -> None:
    market = attacked(scenes.settled)
    again = market.data("claim", 1, *cast.LEAVES[0], cast.PAYOUTS.proof(0))
    market.token.arm(market.address, [again] * 3)
    scenes.claim(market, cast.LEAVES[0])
    assert market.token.answered() == [REFUSED_WITH_NONE] * 3
    market.refused("nothing_owed", STRANGER, "claim", 1, *cast.LEAVES[0], cast.PAYOUTS.proof(0))
