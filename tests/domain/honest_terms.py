"""Terms that obey every rule, to be changed one field at a time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fedmarket.domain.accounts import address_of
from fedmarket.domain.canonical import sha256_id
from fedmarket.domain.chain_terms import Windows
from fedmarket.domain.codec import Amount
from fedmarket.domain.recipe_choice import RecipeChoice
from fedmarket.domain.terms import (
    Admission,
    Admitted,
    Aggregation,
    DataSchema,
    Goal,
    Money,
    Seat,
    Strategy,
    Terms,
    Training,
    Validation,
)

TOKEN = 10**18


def seat(number: int) -> Seat:
    return Seat(address_of(number.to_bytes(32, "big")), bytes([number]) * 32)


def admitted(number: int, weight: int = 10, price: int = 0) -> Admitted:
    return Admitted(address_of((100 + number).to_bytes(32, "big")), weight, Amount(price))


HONEST = Terms(
    recipe=RecipeChoice("softmax"),
    seed=0,
    rounds=4,
    training=Training(steps=5, batch=16, learning_rate="0.05", momentum="0.9"),
    strategy=Strategy("fedavg"),
    aggregation=Aggregation("mean"),
    clip="1.0",
    admission=Admission((admitted(0), admitted(1), admitted(2)), 2, 3, 1, 30),
    data=DataSchema(("a", "b"), ("0.5", "-1"), ("1", "2.25"), "target", ("no", "yes")),
    validation=Validation(bytes([7]) * 32, 100, (60, 40), sha256_id(b"validation")),
    goal=Goal(
        start_ppb=0,
        start_error_ppb=10**7,
        target_ppb=5 * 10**8,
        tolerance_ppb=10**6,
        patience_rounds=2,
        patience_gain_ppb=5 * 10**6,
    ),
    money=Money(
        performance=Amount(700 * TOKEN),
        participation=Amount(90 * TOKEN),
        aggregator_fee=Amount(5 * TOKEN),
        evaluator_fee=Amount(20 * TOKEN),
        aggregator_bond=Amount(50 * TOKEN),
        evaluator_bond=Amount(50 * TOKEN),
        provider_bond=Amount(10 * TOKEN),
        trigger_reward=Amount(2 * TOKEN),
        floor_bps=3000,
        toll_bps=0,
        royalty_bps=1000,
    ),
    windows=Windows(join=60, start=60, submit=10, round=60, commit=60, reveal=60, confirm=60, claim=3600),
    requester=seat(1),
    aggregators=(seat(2), seat(3)),
    evaluators=(seat(4), seat(5), seat(6)),
    initial_model=bytes([9]) * 32,
    contributors_licence=True,
    privacy="plain",
    retention=7200,
    nonce="1",
)
"""An allow-list of three."""
OPEN = replace(
    HONEST,
    admission=Admission((), 1, 10, 7, 100),
    money=replace(
        HONEST.money,
        participation=Amount(0),
        floor_bps=0,
        toll_bps=4000,
        provider_bond=Amount(200 * TOKEN),
    ),
)
"""Anybody may join with a bond."""

Change = Callable[[Terms], Terms]


def change(part: str = "", /, **fields: Any) -> Change:
    """Return a change of the terms' own fields, or of those of one of their parts."""
    if not part:
        return lambda terms: replace(terms, **fields)
    return lambda terms: replace(terms, **{part: replace(getattr(terms, part), **fields)})
