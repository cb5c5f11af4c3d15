"""Settlement a second time, slowly, in exact fractions and by other methods: the reference of test_settlement.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import floor

from fedmarket.domain.settlement import PayRule, ProviderResult, Verdict


@dataclass(frozen=True)
class SlowSettlement:
    released: int
    pay: dict[str, int]
    participation: dict[str, int]
    debit: dict[str, int]
    share_ppb: dict[str, int]


def slow_settle(rule: PayRule, providers: Sequence[ProviderResult], verdict: Verdict) -> SlowSettlement:
    earned, deficit = earned_and_deficit(rule, providers)
    whole = sum(earned.values(), Fraction(0))
    released = floor(rule.performance * effect(rule, verdict)) if whole else 0
    bonds = {p.account: p.bond for p in providers}
    debit = {a: floor(amount) for a, amount in exact_debits(released, whole, bonds, deficit).items()}
    return SlowSettlement(
        released,
        hand_out(released + sum(debit.values()), earned),
        {p.account: floor(presence(rule, providers, p)) for p in providers},
        debit,
        hand_out(10**9, earned),
    )


def earned_and_deficit(
    rule: PayRule, providers: Sequence[ProviderResult]
) -> tuple[dict[str, Fraction], dict[str, Fraction]]:
    """In skill units, after the toll; nobody earned under open admission without a gain."""
    scores = {p.account: Fraction(p.score_ppb, 10**9) for p in providers}
    if not rule.open_admission:
        return {a: max(s, Fraction(0)) for a, s in scores.items()}, dict.fromkeys(scores, Fraction(0))
    gain, weight = sum(scores.values(), Fraction(0)), sum(p.weight for p in providers)
    if gain <= 0 or not weight:
        return dict.fromkeys(scores, Fraction(0)), {a: max(-s, Fraction(0)) for a, s in scores.items()}
    toll = {p.account: Fraction(rule.toll_bps, 10_000) * gain * Fraction(p.weight, weight) for p in providers}
    earned = {a: max(s - toll[a], Fraction(0)) for a, s in scores.items()}
    return earned, {a: max(-s, Fraction(0)) for a, s in scores.items()}


def effect(rule: PayRule, verdict: Verdict) -> Fraction:
    start, lowest = max(verdict.initial_ppb, 0), Fraction(rule.floor_bps, 10_000)
    if rule.target_ppb is None:
        return Fraction(1) if verdict.final_ppb > start else lowest
    reached = Fraction(verdict.final_ppb - start, rule.target_ppb - start)
    return lowest + (1 - lowest) * min(max(reached, Fraction(0)), Fraction(1))


def presence(rule: PayRule, providers: Sequence[ProviderResult], p: ProviderResult) -> Fraction:
    weight = sum(each.weight for each in providers)
    part = Fraction(p.delivered, rule.rounds)
    if rule.priced:
        return p.price * part
    return rule.participation * Fraction(p.weight, weight) * part if weight else Fraction(0)


def exact_debits(
    released: int, earned: Fraction, bonds: dict[str, int], deficit: dict[str, Fraction]
) -> dict[str, Fraction]:
    """Try every set of debtors as the one that loses its whole bond; exactly one rate must fit."""
    debtors = [account for account in deficit if deficit[account]]
    nothing = dict.fromkeys(deficit, Fraction(0))
    if not released or not earned:
        return nothing
    rates = set()
    for full in product((False, True), repeat=len(debtors)):
        lost = sum(bonds[a] for a, is_full in zip(debtors, full, strict=True) if is_full)
        base = earned - sum(deficit[a] for a, is_full in zip(debtors, full, strict=True) if not is_full)
        if base <= 0:
            continue
        rate = (released + lost) / base
        if all((deficit[a] * rate >= bonds[a]) == is_full for a, is_full in zip(debtors, full, strict=True)):
            rates.add(rate)
    (rate,) = rates
    return nothing | {a: min(Fraction(bonds[a]), deficit[a] * rate) for a in debtors}


def hand_out(total: int, earned: dict[str, Fraction]) -> dict[str, int]:
    """Whole quotas first, then one unit at a time to whoever lacks most of its quota."""
    whole = sum(earned.values())
    if not whole:
        return dict.fromkeys(earned, 0)
    quota = {a: total * amount / whole for a, amount in earned.items()}
    given = {a: floor(amount) for a, amount in quota.items()}
    while sum(given.values()) < total:
        given[min(given, key=lambda a: (given[a] - quota[a], int(a, 16)))] += 1
    return given
