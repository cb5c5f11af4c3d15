"""Tasks to settle: one of each admission, providers on demand, and random cases of both."""

import random
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from fedmarket.domain.accounts import checksum
from fedmarket.domain.settlement import PayRule, ProviderResult, Settlement, Verdict, leaves

TOKEN = 10**18
ACCOUNTS = sorted((checksum("0x" + sha256(b"%d" % i).hexdigest()[:40]) for i in range(1100)), key=str.lower)
AGGREGATOR, STANDBY, *EVALUATORS = ACCOUNTS[1090:1097]

LISTED = PayRule(
    performance=900 * TOKEN,
    participation=60 * TOKEN,
    aggregator_fee=2 * TOKEN,
    evaluator_fee=5 * TOKEN,
    rounds=12,
    seats=3,
    open_admission=False,
    priced=False,
    target_ppb=900_000_000,
    floor_bps=3000,
    toll_bps=0,
)
OPEN = replace(LISTED, participation=0, open_admission=True, floor_bps=0, toll_bps=4000)
VERDICT = Verdict(
    initial_ppb=-50_000_000,
    final_ppb=850_000_000,
    committers=(AGGREGATOR,) * 10 + (STANDBY,),
    evaluators_paid=(EVALUATORS[0], EVALUATORS[2]),
)


def provider(number: int, score_ppb: int = 0, **facts: Any) -> ProviderResult:
    given = {"weight": 1, "bond": 360 * TOKEN, "price": 0, "delivered": 11, "announced": False} | facts
    return ProviderResult(account=ACCOUNTS[number], score_ppb=score_ppb, **given)


def net(settlement: Settlement, account: str) -> int:
    return settlement.owed[account] - settlement.debit[account]


def paid_in(rule: PayRule, providers: Sequence[ProviderResult]) -> int:
    return rule.escrow + sum(p.bond for p in providers)


def paid_out(settlement: Settlement, providers: Sequence[ProviderResult]) -> int:
    rows = leaves(settlement, [p.account for p in providers])
    claims = sum(owed + p.bond - min(lost, p.bond) for p, (_, owed, lost, _) in zip(providers, rows, strict=True))
    return claims + settlement.refund + sum(settlement.fees.values()) + sum(settlement.forfeited.values())


def random_case(rng: random.Random, rule: PayRule) -> tuple[PayRule, list[ProviderResult], Verdict]:
    unit = rng.choice([1, 1, 7, 10**6, TOKEN])
    span = rng.choice([2, 10, 10**9])
    rounds = rng.randint(1, 12)
    providers = []
    for number in rng.sample(range(50), rng.choice([1, 2, 3, 4, 5, 6, 8])):
        delivered = rng.choice([0, rounds, rng.randint(0, rounds), rng.randint(1, rounds)])
        score = rng.choice([0, rng.randint(0, span), rng.randint(0, span), -rng.randint(0, span)])
        score = score if delivered else 0
        weight = rng.choice([1, 1, 2, rng.randint(0, 1000)])
        bond = rng.choice([0, weight * unit * rng.randint(0, 40), unit * rng.randint(0, 900)])
        announced = rng.random() < 0.3
        price = rng.randint(0, 9) * unit if rule.priced else 0
        providers.append(ProviderResult(ACCOUNTS[number], weight, bond, price, delivered, announced, score))
    performance = rng.choice([0, 900 * unit, 900 * unit, rng.randint(0, 900 * unit)])
    participation = 0 if rule.open_admission else 100 * unit + rng.randint(0, 9)
    initial = rng.randint(-(10**8), 5 * 10**8)
    target = max(initial, 0) + rng.choice([1, 3, rng.randint(1, 9 * 10**8)])
    rule = replace(
        rule,
        performance=performance,
        participation=participation,
        rounds=rounds,
        target_ppb=None if not rule.open_admission and rng.random() < 0.2 else target,
        floor_bps=0 if rule.open_admission else rng.choice([0, 3000, 10_000]),
        toll_bps=rng.choice([0, 2500, 4000, 9999, 10_000]) if rule.open_admission else 0,
    )
    committers = tuple(rng.choice([AGGREGATOR, STANDBY]) for _ in range(rng.randint(0, rounds)))
    evaluators = tuple(rng.sample(EVALUATORS[:3], rng.randint(0, 3)))
    final = rng.choice([initial, target, rng.randint(initial - 9, target + 9), rng.randint(initial, 10**9)])
    return rule, providers, Verdict(initial, final, committers, evaluators)
