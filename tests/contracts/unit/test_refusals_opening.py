"""Every refusal of the verbs of the open state, by the contract and by its reference alike."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from fedmarket.domain.chain_terms import ChainTerms
from tests.contracts import cast, scenes
from tests.contracts.cast import AGE_KEY, AGGREGATOR, LISTED_PRICES, OPEN, PROVIDERS, STRANGER, TERMS, WINDOWS, word
from tests.contracts.paired import PairedMarket
from tests.contracts.scenes import Play

At = Callable[[Play], PairedMarket]
BLANK = bytes(32)
AMOUNTS = ("performance", "participation", "aggregator_fee", "evaluator_fee", "aggregator_bond", "evaluator_bond")
WAITS = ("join", "start", "round", "commit", "reveal", "confirm", "claim")


def too_large(name: str) -> ChainTerms:
    changed: dict[str, Any] = {name: 2**112}
    return replace(TERMS, **changed)


BAD_TERMS: list[tuple[str, ChainTerms]] = [
    ("no_terms", replace(TERMS, terms_hash=BLANK)),
    *[("amount_too_large", too_large(name)) for name in AMOUNTS],
    ("amount_too_large", replace(TERMS, performance=2**256 - 1, participation=2**256 - 1)),
    ("amount_too_large", replace(TERMS, provider_bond=2**112)),
    ("amount_too_large", replace(TERMS, trigger_reward=2**112)),
    ("reward_too_large", replace(TERMS, trigger_reward=26)),
    ("reward_too_large", replace(TERMS, trigger_reward=26, aggregator_bond=51, evaluator_bond=1_000)),
    ("no_escrow", replace(TERMS, performance=0, participation=0, aggregator_fee=0, evaluator_fee=0)),
    ("no_escrow", replace(TERMS, performance=0, participation=0, rounds=0, evaluator_fee=0)),
    ("bad_rounds", replace(TERMS, rounds=0)),
    ("bad_rounds", replace(TERMS, rounds=1_001)),
    ("bad_rounds", replace(TERMS, rounds=2**256 - 1)),
    ("bad_patience", replace(TERMS, patience=0)),
    ("bad_provider_limits", replace(TERMS, min_providers=0)),
    ("bad_provider_limits", replace(TERMS, min_providers=4)),
    ("bad_provider_limits", replace(TERMS, max_providers=1_025)),
    ("bad_weight_limits", replace(TERMS, min_weight=0)),
    ("bad_weight_limits", replace(TERMS, min_weight=101)),
    ("bad_weight_limits", replace(TERMS, max_weight=2**40)),
    ("bad_royalty", replace(TERMS, royalty_bps=10_001)),
    ("bad_aggregators", replace(TERMS, aggregators=())),
    ("evaluators_not_odd", replace(TERMS, evaluators=())),
    ("evaluators_not_odd", replace(TERMS, evaluators=cast.EVALUATORS[:2])),
    *[("bad_window", replace(TERMS, windows=replace(WINDOWS, **{name: 0}))) for name in WAITS],
    *[("bad_window", replace(TERMS, windows=replace(WINDOWS, **{name: 2**24}))) for name in WAITS],
    ("bad_window", replace(TERMS, windows=replace(WINDOWS, submit=70))),
    ("bad_window", replace(TERMS, windows=replace(WINDOWS, submit=2**256 - 1))),
    ("open_with_participation", replace(OPEN, participation=1)),
    ("open_with_prices", replace(OPEN, priced=True)),
    ("bond_too_small", replace(OPEN, provider_bond=199)),
    ("amount_too_large", replace(OPEN, provider_bond=2**111, max_weight=2**9)),
    ("bad_seat", replace(TERMS, aggregators=(AGGREGATOR, cast.NOBODY))),
    ("bad_seat", replace(TERMS, evaluators=(cast.NOBODY,))),
    ("one_role_only", replace(TERMS, aggregators=(cast.REQUESTER,))),
    ("one_role_only", replace(TERMS, aggregators=(AGGREGATOR, AGGREGATOR))),
    ("one_role_only", replace(TERMS, evaluators=(AGGREGATOR,))),
]


@pytest.mark.parametrize(
    ("reason", "terms"), BAD_TERMS, ids=[f"{reason}{i}" for i, (reason, _) in enumerate(BAD_TERMS)]
)
def test_bad_terms_are_refused(at: At, reason: str, terms: ChainTerms) -> None:
    market = at(scenes.nothing)
    market.refused(reason, cast.REQUESTER, "open_task", terms)
    assert market.view("task_count") == 0


def test_terms_at_their_limits_are_accepted(at: At) -> None:
    market = at(scenes.nothing)
    market.grant(cast.REQUESTER, 2**124)
    longest = replace(WINDOWS, **dict.fromkeys(WAITS, 2**24 - 1), submit=0)
    most: dict[str, Any] = dict.fromkeys((*AMOUNTS, "provider_bond"), 2**112 - 1)
    market.call(
        cast.REQUESTER,
        "open_task",
        replace(
            TERMS,
            **most,
            trigger_reward=(2**112 - 1) // 2,
            rounds=1_000,
            patience=2**256 - 1,
            max_providers=1_024,
            max_weight=2**40 - 1,
            royalty_bps=10_000,
            windows=longest,
        ),
    )
    assert market.view("progress", 1)[3] == 1_000


def test_the_same_terms_are_opened_once_by_each_requester(at: At) -> None:
    market = at(scenes.opened)
    market.refused("task_exists", cast.REQUESTER, "open_task", TERMS)
    market.call(STRANGER, "open_task", TERMS)
    assert market.view("task_of", STRANGER, TERMS.terms_hash) == 2


def test_a_requester_without_the_escrow_is_refused(at: At) -> None:
    market = at(scenes.nothing)
    market.refused("payment_failed", cast.PAUPER, "open_task", TERMS)


def seat(who: str) -> tuple[Any, ...]:
    return (who, "take_seat", 1, AGE_KEY)


def test_only_a_named_seat_is_taken_once_and_paid_for(at: At) -> None:
    market = at(scenes.opened)
    for who in (STRANGER, cast.REQUESTER, PROVIDERS[0]):
        market.refused("not_a_seat", *seat(who))
    market.call(*seat(AGGREGATOR))
    market.refused("seat_taken", *seat(AGGREGATOR))
    market.wait_until(market.ledger.tasks[1].start_deadline + 1)
    market.refused("start_deadline_passed", *seat(cast.STANDBY))


def test_a_seat_without_its_bond_is_refused(at: At) -> None:
    market = at(scenes.nothing)
    scenes.open_task(market, replace(TERMS, evaluators=(cast.PAUPER,)))
    market.refused("payment_failed", *seat(cast.PAUPER))


def joining(i: int, weight: int | None = None, price: int = 0, *, proof: Any = None) -> tuple[Any, ...]:
    leaf = cast.LISTED[i]
    proof = cast.ADMITTED.proof(leaf) if proof is None else proof
    return (leaf[0], "join", 1, word("listing"), leaf[1] if weight is None else weight, price, proof, AGE_KEY)


def test_who_is_not_on_the_allow_list_as_it_says_is_refused(at: At) -> None:
    market = at(scenes.seated)
    market.refused("not_admitted", *joining(0, weight=11))
    market.refused("not_admitted", *joining(0, price=1))
    market.refused("not_admitted", *joining(0, proof=cast.ADMITTED.proof(1)))
    market.refused("not_admitted", *joining(0, proof=[]))
    market.refused("not_admitted", STRANGER, *joining(0)[1:])
    market.refused("bad_weight", *joining(0, weight=0))
    market.refused("bad_weight", *joining(0, weight=2**40))
    market.refused("bad_weight", *joining(0, weight=2**256 - 1))
    market.refused("amount_too_large", *joining(0, price=2**112))
    market.refused("payment_failed", *joining(3))


def test_who_has_a_role_or_comes_late_cannot_join(at: At) -> None:
    market = at(scenes.seated)
    for who in (cast.REQUESTER, AGGREGATOR, cast.EVALUATORS[0]):
        market.refused("one_role_only", who, *joining(0)[1:])
    market.call(*joining(0))
    market.refused("one_role_only", *joining(0))
    market.wait_until(market.ledger.tasks[1].join_deadline + 1)
    market.refused("join_deadline_passed", *joining(1))


def test_a_full_task_takes_nobody_in(at: At) -> None:
    at(scenes.joined).refused("task_full", *joining(3))


def test_more_weight_than_the_terms_allow_is_refused(at: At) -> None:
    market = at(scenes.joined_by_all)
    market.refused("task_full", STRANGER, "join", 1, word("listing"), 1, 0, [], AGE_KEY)
    market = at(scenes.opened_to_all)
    market.refused("open_with_prices", STRANGER, "join", 1, word("listing"), 1, 1, [], AGE_KEY)
    market.refused("too_much_weight", STRANGER, "join", 1, word("listing"), 101, 0, [], AGE_KEY)
    market.call(STRANGER, "join", 1, word("listing"), 100, 0, [], AGE_KEY)
    market.refused("too_much_weight", PROVIDERS[0], "join", 1, word("listing"), 1, 0, [], AGE_KEY)


def test_only_the_requester_cancels_and_only_before_the_start_deadline(at: At) -> None:
    market = at(scenes.joined)
    for who in (STRANGER, AGGREGATOR, PROVIDERS[0]):
        market.refused("not_the_requester", who, "cancel", 1)
    market.wait_until(market.ledger.tasks[1].start_deadline + 1)
    market.refused("start_deadline_passed", cast.REQUESTER, "cancel", 1)


def test_a_task_starts_with_all_seats_enough_providers_and_weight(at: At) -> None:
    market = at(scenes.opened)
    market.refused("seat_empty", STRANGER, "start", 1)
    scenes.take_seats(market, without=cast.EVALUATORS[2])
    market.refused("seat_empty", STRANGER, "start", 1)
    market.call(*seat(cast.EVALUATORS[2]))
    scenes.join(market, providers=[0])
    market.refused("too_few_providers", STRANGER, "start", 1)
    scenes.join(market, providers=[1])
    market.refused("joining_open", STRANGER, "start", 1)
    market.wait_until(market.ledger.tasks[1].start_deadline + 1)
    market.refused("start_deadline_passed", STRANGER, "start", 1)


def test_a_task_without_its_least_weight_does_not_start(at: At) -> None:
    market = at(scenes.nothing)
    scenes.open_task(market, replace(TERMS, min_weight=31))
    scenes.take_seats(market)
    scenes.join(market, providers=[0, 1])
    market.wait(WINDOWS.join + 1)
    market.refused("too_little_weight", STRANGER, "start", 1)


def test_prices_are_proved_with_the_weight(at: At) -> None:
    market = at(scenes.nothing)
    scenes.open_task(market, LISTED_PRICES)
    proof = cast.PRICED.proof(0)
    market.refused("not_admitted", PROVIDERS[0], "join", 1, word("listing"), 10, 101, proof, AGE_KEY)
    market.call(PROVIDERS[0], "join", 1, word("listing"), 10, 100, proof, AGE_KEY)
