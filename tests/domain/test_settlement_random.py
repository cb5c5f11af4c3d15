"""Settlement against a slow reference in exact fractions, and what a higher score of one's own brings."""

import random
from dataclasses import replace
from fractions import Fraction
from time import perf_counter

import pytest

from fedmarket.domain.settlement import PayRule, ProviderResult, Settlement, Verdict, settle
from tests.domain.settlement_cases import (
    ACCOUNTS,
    AGGREGATOR,
    LISTED,
    OPEN,
    TOKEN,
    VERDICT,
    net,
    paid_in,
    paid_out,
    provider,
    random_case,
)
from tests.domain.slow_settlement import earned_and_deficit, slow_settle


def check_case(rng: random.Random, rule: PayRule, providers: list[ProviderResult], verdict: Verdict) -> Settlement:
    found, slow = settle(rule, providers, verdict), slow_settle(rule, providers, verdict)
    assert found.released == slow.released
    assert found.debit == slow.debit, "the exact fixed point, floored"
    assert found.pay == slow.pay
    assert found.participation == slow.participation
    assert found.share_ppb == slow.share_ppb
    assert all(found.owed[a] == found.pay[a] + found.participation[a] for a in found.owed)
    owed, fees, debit = (sum(column.values()) for column in (found.owed, found.fees, found.debit))
    assert owed + found.refund + fees == rule.escrow + debit
    assert min(found.refund, *found.owed.values(), *found.debit.values()) >= 0
    assert all(found.debit[p.account] + found.forfeited.get(p.account, 0) <= p.bond for p in providers)
    assert paid_out(found, providers) == paid_in(rule, providers)
    assert sum(found.share_ppb.values()) in (0, 10**9)
    shuffled = rng.sample(providers, len(providers))
    assert settle(rule, shuffled, verdict) == found, "order-free"
    return found


@pytest.mark.parametrize(
    ("rule", "cases"),
    [(LISTED, 3000), (replace(LISTED, priced=True), 1000), (OPEN, 6000)],
    ids=["listed", "priced", "open"],
)
def test_ten_thousand_random_cases_equal_the_slow_reference(rule: PayRule, cases: int) -> None:
    rng = random.Random(4)
    debited = capped = 0
    for _ in range(cases):
        found_rule, providers, verdict = random_case(rng, rule)
        found = check_case(rng, found_rule, providers, verdict)
        debited += any(found.debit.values())
        capped += any(p.bond and found.debit[p.account] == p.bond for p in providers)
    assert not rule.open_admission or (debited > cases / 20 and capped > cases / 50), "the cases reach the rule"


def test_a_debit_below_the_bond_is_the_pay_rate_within_one_unit() -> None:
    """Who fell below zero loses, per skill, what the others are paid per skill."""
    rng, seen = random.Random(5), 0
    for _ in range(4000):
        rule, providers, verdict = random_case(rng, OPEN)
        providers = [replace(p, bond=rng.choice([p.bond, 10**25])) for p in providers]
        found = settle(rule, providers, verdict)
        if not found.released:
            continue
        earned, deficit = earned_and_deficit(rule, providers)
        rate = (found.released + sum(found.debit.values())) / sum(earned.values(), Fraction(0))
        # every debit is rounded down, so that the rate paid is lower than the exact one by less than this
        rounding = sum(amount > 0 for amount in deficit.values()) / sum(earned.values(), Fraction(0))
        for p in providers:
            if deficit[p.account] and found.debit[p.account] < p.bond:
                seen += 1
                lowest, highest = deficit[p.account] * rate - 1, deficit[p.account] * (rate + rounding)
                assert lowest <= found.debit[p.account] <= highest
    assert seen > 200


# one's own score


def raised(rng: random.Random, providers: list[ProviderResult]) -> tuple[str, list[ProviderResult]]:
    """The same facts, but one provider's score is higher."""
    i = rng.choice([i for i, p in enumerate(providers) if p.delivered])
    more = rng.choice([1, 2, rng.randint(1, 10**9)])
    better = [replace(p, score_ppb=p.score_ppb + more) if i == j else p for j, p in enumerate(providers)]
    return providers[i].account, better


Raise = tuple[PayRule, list[ProviderResult], list[ProviderResult], str, Verdict]


def random_raises(rule: PayRule, cases: int) -> list[Raise]:
    rng = random.Random(6)
    out: list[Raise] = []
    while len(out) < cases:
        found_rule, providers, verdict = random_case(rng, rule)
        if any(p.delivered for p in providers):
            account, better = raised(rng, providers)
            out.append((found_rule, providers, better, account, verdict))
    return out


def test_on_an_allow_list_a_higher_score_never_lowers_ones_own_amount() -> None:
    for rule, providers, better, account, verdict in random_raises(LISTED, 2000):
        assert net(settle(rule, better, verdict), account) >= net(settle(rule, providers, verdict), account)


def test_under_open_admission_a_higher_score_never_lowers_ones_own_share_nor_raises_ones_own_debit() -> None:
    """Effect and others' scores fixed, and a total score above zero before and after."""
    for rule, providers, better, account, verdict in random_raises(OPEN, 3000):
        before, after = settle(rule, providers, verdict), settle(rule, better, verdict)
        assert after.share_ppb[account] >= before.share_ppb[account]
        if sum(p.score_ppb for p in providers) > 0:
            assert after.debit[account] <= before.debit[account]


def test_under_open_admission_a_higher_score_never_lowers_ones_own_net_while_the_others_earn_more_than_they_lose() -> (
    None
):
    """Same conditions, and the others' earnings (after the higher score) outweigh their deficits."""
    seen = 0
    for rule, providers, better, account, verdict in random_raises(OPEN, 4000):
        if sum(p.score_ppb for p in providers) <= 0:
            continue
        earned, deficit = earned_and_deficit(rule, better)
        if sum(earned.values()) - earned[account] < sum(deficit.values()) - deficit[account]:
            continue
        seen += 1
        floors = len(providers)
        assert net(settle(rule, better, verdict), account) >= net(settle(rule, providers, verdict), account) - floors
    assert seen > 500


def test_among_debtors_with_large_bonds_a_lone_earner_gets_less_for_a_higher_score() -> None:
    """The exception to the rule above, so that nobody relies on more: what debtors lose shrinks with the rate."""
    rule = replace(OPEN, toll_bps=0)
    reached = replace(VERDICT, final_ppb=rule.target_ppb or 0)

    def alone(score: int) -> int:
        providers = [provider(0, score), provider(1, -9, bond=10**6 * TOKEN)]
        return net(settle(rule, providers, reached), ACCOUNTS[0])

    assert alone(10) == 9000 * TOKEN > alone(20) > 900 * TOKEN


# size


def test_the_largest_amounts_a_contract_can_hold_settle_exactly_and_fast() -> None:
    rng = random.Random(7)
    rule = replace(OPEN, performance=2**112 - 1, aggregator_fee=2**112 - 1, rounds=1000, seats=7)
    providers = [
        provider(i, rng.randint(-(2**62), 2**63 - 1), weight=2**40 - i, bond=2**120 - i, delivered=1000)
        for i in range(1024)
    ]
    verdict = replace(VERDICT, final_ppb=10**9, committers=(AGGREGATOR,) * 1000)
    start = perf_counter()
    settlement = settle(rule, providers, verdict)
    assert perf_counter() - start < 2
    assert any(settlement.debit.values())
    assert paid_out(settlement, providers) == paid_in(rule, providers)
    assert sum(settlement.share_ppb.values()) == 10**9
