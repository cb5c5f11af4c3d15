"""Settlement: every unit of money goes to exactly one party, by the formulas of DESIGN, "Pay"."""

import random
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from time import perf_counter
from typing import Any

import pytest
from slow_settlement import earned_and_deficit, slow_settle

from fedmarket.domain.accounts import checksum
from fedmarket.domain.apportion import largest_remainder
from fedmarket.domain.debit import Debtor, debits
from fedmarket.domain.errors import UsageError
from fedmarket.domain.settlement import (
    PayRule,
    ProviderResult,
    Settlement,
    SettlementError,
    Verdict,
    fallback,
    leaves,
    settle,
)

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


# refusals


@pytest.mark.parametrize(
    ("rule", "change", "error_id"),
    [
        (LISTED, {"performance": -1}, "negative_amount"),
        (LISTED, {"participation": -1}, "negative_amount"),
        (LISTED, {"aggregator_fee": -1}, "negative_amount"),
        (LISTED, {"evaluator_fee": -1}, "negative_amount"),
        (LISTED, {"seats": -1}, "negative_amount"),
        (LISTED, {"rounds": 0}, "no_rounds"),
        (LISTED, {"floor_bps": 10_001}, "bad_rate"),
        (LISTED, {"floor_bps": -1}, "bad_rate"),
        (OPEN, {"toll_bps": 10_001}, "bad_rate"),
        (OPEN, {"target_ppb": None}, "open_without_target"),
        (OPEN, {"participation": 1}, "open_pays_presence"),
        (OPEN, {"floor_bps": 1}, "open_pays_presence"),
        (OPEN, {"priced": True}, "open_pays_presence"),
        (LISTED, {"toll_bps": 1}, "toll_on_list"),
    ],
)
def test_a_pay_rule_against_the_terms_rules_is_refused(rule: PayRule, change: dict[str, Any], error_id: str) -> None:
    with pytest.raises(SettlementError) as refusal:
        replace(rule, **change)
    assert refusal.value.error_id == f"settlement.{error_id}"


@pytest.mark.parametrize(
    ("change", "error_id"),
    [
        ({"account": ACCOUNTS[1]}, "settlement.duplicate_account"),
        ({"account": ACCOUNTS[0].lower()}, "settlement.not_checksummed"),
        ({"account": "0x" + "0" * 40}, "account.zero_address"),
        ({"weight": -1}, "settlement.negative_provider"),
        ({"bond": -1}, "settlement.negative_provider"),
        ({"price": -1}, "settlement.negative_provider"),
        ({"delivered": -1}, "settlement.bad_delivered"),
        ({"delivered": 13}, "settlement.bad_delivered"),
        ({"delivered": 0}, "settlement.score_without_update"),
    ],
)
def test_a_provider_that_cannot_be_is_refused(change: dict[str, Any], error_id: str) -> None:
    good = [provider(0, 5), provider(1, 7)]
    bad = [replace(good[0], **change), good[1]]
    for attempt in (lambda: settle(LISTED, bad, VERDICT), lambda: fallback(LISTED, bad, (), ())):
        with pytest.raises(UsageError) as refusal:
            attempt()
        assert refusal.value.error_id == error_id


@pytest.mark.parametrize(
    ("change", "error_id"),
    [
        ({"initial_ppb": 900_000_000}, "target_below_start"),
        ({"committers": (AGGREGATOR,) * 13}, "too_many_rounds"),
        ({"evaluators_paid": (EVALUATORS[0],) * 2}, "too_many_evaluators"),
        ({"evaluators_paid": tuple(EVALUATORS[:4])}, "too_many_evaluators"),
    ],
)
def test_a_verdict_that_cannot_be_is_refused(change: dict[str, Any], error_id: str) -> None:
    with pytest.raises(SettlementError) as refusal:
        settle(LISTED, [provider(0, 5)], replace(VERDICT, **change))
    assert refusal.value.error_id == f"settlement.{error_id}"


def test_a_target_at_zero_is_refused_whatever_the_start() -> None:
    with pytest.raises(SettlementError) as refusal:
        settle(replace(LISTED, target_ppb=0), [provider(0, 5)], VERDICT)
    assert refusal.value.error_id == "settlement.target_below_start"


def test_prices_beyond_the_participation_money_are_refused() -> None:
    rule = replace(LISTED, priced=True)
    with pytest.raises(SettlementError) as refusal:
        settle(rule, [provider(0, 5, price=31 * TOKEN), provider(1, 5, price=30 * TOKEN)], VERDICT)
    assert refusal.value.error_id == "settlement.prices_exceed_budget"


def test_leaves_are_written_for_exactly_the_settled_accounts() -> None:
    settlement = settle(LISTED, [provider(0, 5), provider(1, 7)], VERDICT)
    for accounts in ([], ACCOUNTS[:1], ACCOUNTS[:3], [ACCOUNTS[0], ACCOUNTS[0]]):
        with pytest.raises(SettlementError) as refusal:
            leaves(settlement, accounts)
        assert refusal.value.error_id == "settlement.other_accounts"


# worked examples


def test_an_allow_list_by_hand() -> None:
    providers = [provider(0, 500_000_000, weight=3), provider(1, 250_000_000), provider(2, -100_000_000, delivered=6)]
    settlement = settle(LISTED, providers, VERDICT)
    released = 900 * TOKEN * (3000 * 900 + 7000 * 850) // (10_000 * 900)
    assert settlement.released == sum(settlement.pay.values()) == released
    assert list(settlement.pay.values()) == [-(-released * 2 // 3), released // 3, 0]
    assert list(settlement.participation.values()) == [33 * TOKEN, 11 * TOKEN, 6 * TOKEN]
    assert not any(settlement.debit.values()) and not settlement.forfeited
    assert settlement.fees == {
        AGGREGATOR: 20 * TOKEN,
        STANDBY: 2 * TOKEN,
        EVALUATORS[0]: 5 * TOKEN,
        EVALUATORS[2]: 5 * TOKEN,
    }
    assert settlement.refund == LISTED.escrow - released - 50 * TOKEN - 32 * TOKEN
    assert list(settlement.share_ppb.values()) == [666_666_667, 333_333_333, 0]


def test_open_admission_by_hand() -> None:
    # gain .7, toll .4 * .7 / 4 = .07 each: earned .53, .13, 0, 0 (sum .66); debtor .1; 900 released at the target
    scores = [600_000_000, 200_000_000, 0, -100_000_000]
    providers = [provider(i, score) for i, score in enumerate(scores)]
    settlement = settle(OPEN, providers, replace(VERDICT, final_ppb=950_000_000))
    rate = Fraction(900 * TOKEN) / (Fraction(66, 100) - Fraction(1, 10))
    assert settlement.released == 900 * TOKEN
    assert list(settlement.debit.values()) == [0, 0, 0, int(rate / 10)]
    assert settlement.pay[ACCOUNTS[0]] == pytest.approx(int(rate * Fraction(53, 100)), abs=1)
    assert settlement.pay[ACCOUNTS[1]] == pytest.approx(int(rate * Fraction(13, 100)), abs=1)
    assert settlement.owed[ACCOUNTS[2]] == 0
    assert settlement.refund == 3 * 5 * TOKEN + 12 * 2 * TOKEN - sum(settlement.fees.values())


def test_prices_are_paid_by_delivered_rounds() -> None:
    rule = replace(LISTED, performance=0, priced=True, target_ppb=None, rounds=2)
    providers = [provider(0, 0, price=40 * TOKEN, delivered=2), provider(1, 0, price=20 * TOKEN, delivered=1)]
    settlement = settle(rule, providers, replace(VERDICT, committers=(AGGREGATOR,) * 2))
    assert list(settlement.owed.values()) == [40 * TOKEN, 10 * TOKEN]


def test_without_a_target_all_the_performance_money_is_released() -> None:
    settlement = settle(replace(LISTED, target_ppb=None), [provider(0, 1)], replace(VERDICT, final_ppb=-1))
    assert settlement.released == settlement.pay[ACCOUNTS[0]] == LISTED.performance


# edges


@pytest.mark.parametrize("rule", [LISTED, OPEN], ids=["listed", "open"])
@pytest.mark.parametrize("scores", [(), (0,), (0, 0, 0), (-1,), (-5, -7, 0)])
def test_where_nobody_earned_no_performance_money_moves(rule: PayRule, scores: tuple[int, ...]) -> None:
    providers = [provider(i, score) for i, score in enumerate(scores)]
    settlement = settle(rule, providers, VERDICT)
    assert settlement.released == 0 and not any(settlement.pay.values()) and not any(settlement.debit.values())
    assert not any(settlement.share_ppb.values())
    assert paid_out(settlement, providers) == paid_in(rule, providers)


@pytest.mark.parametrize("rule", [LISTED, replace(OPEN, toll_bps=0), OPEN], ids=["listed", "no toll", "toll"])
def test_a_single_provider_gets_all_that_is_released(rule: PayRule) -> None:
    settlement = settle(rule, [provider(0, 800_000_000)], VERDICT)
    assert settlement.pay[ACCOUNTS[0]] == settlement.released > 0
    assert settlement.share_ppb == {ACCOUNTS[0]: 10**9}


def test_open_accounts_without_a_gain_lose_and_earn_nothing() -> None:
    """A toll on a loss would be a gift: the idle account would take the debtors' bonds."""
    providers = [provider(0, 100), provider(1, 0), provider(2, -300)]
    settlement = settle(OPEN, providers, VERDICT)
    assert not any(settlement.owed.values()) and not any(settlement.debit.values())
    assert not any(settlement.share_ppb.values())


def test_a_full_toll_on_equal_accounts_releases_nothing() -> None:
    settlement = settle(replace(OPEN, toll_bps=10_000), [provider(0, 100), provider(1, 100)], VERDICT)
    assert settlement.released == 0 and not any(settlement.owed.values())


def test_a_model_worse_than_at_the_start_releases_the_floor_only() -> None:
    worse = replace(VERDICT, final_ppb=-900_000_000)
    assert settle(LISTED, [provider(0, 5)], worse).released == LISTED.performance * 3 // 10
    settlement = settle(OPEN, [provider(0, 5), provider(1, -4)], worse)
    assert settlement.released == 0 and not any(settlement.debit.values())


def test_who_never_delivered_nor_announced_forfeits_its_bond_to_the_sink() -> None:
    providers = [provider(0, 5), provider(1, delivered=0), provider(2, delivered=0, announced=True)]
    settlement = settle(OPEN, providers, VERDICT)
    assert settlement.forfeited == {ACCOUNTS[1]: 360 * TOKEN}
    assert [lost for _, _, lost, _ in leaves(settlement, ACCOUNTS[:3])] == [0, 360 * TOKEN, 0]
    assert paid_out(settlement, providers) == paid_in(OPEN, providers)


def test_where_no_round_stands_nobody_forfeits() -> None:
    """An aggregator whose first round is bad must not take the bonds of all providers with it."""
    settlement = settle(OPEN, [provider(0, delivered=0)], replace(VERDICT, committers=()))
    assert settlement.forfeited == {}


def test_ties_go_to_the_lower_address_as_a_number() -> None:
    high, low = "0x" + "b" * 40, "0x0" + "C" * 39
    assert largest_remainder(3, {high: 1, low: 1}) == {high: 1, low: 2}
    a, b, c = ACCOUNTS[:3]
    assert largest_remainder(2, {c: 1, b: 1, a: 1}) == {a: 1, b: 1, c: 0}


def test_debtors_reach_their_bonds_in_the_order_of_bond_per_deficit() -> None:
    # rate without any bond: 100 / (10 - 8) = 50; a's bond of 10 binds first, then rate = 110 / (10 - 5) = 22
    found = debits(100, 10, {"a": Debtor(10, 3), "b": Debtor(10**6, 5), "idle": Debtor(7, 0)})
    assert found == {"a": 10, "b": 110, "idle": 0}
    assert debits(100, 10, {"a": Debtor(0, 30), "b": Debtor(40, 10)}) == {"a": 0, "b": 40}


# random cases


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


# fallback


def test_the_fallback_pays_by_weight_and_delivered_rounds() -> None:
    providers = [provider(0, weight=3, delivered=2), provider(1, delivered=6), provider(2, delivered=0)]
    found = fallback(LISTED, providers, (AGGREGATOR,) * 6, (EVALUATORS[1],))
    assert list(found.owed.values()) == [450 * TOKEN + 6 * TOKEN, 450 * TOKEN + 6 * TOKEN, 0]
    assert found.fees == {AGGREGATOR: 12 * TOKEN, EVALUATORS[1]: 5 * TOKEN}
    assert found.refund == LISTED.escrow - 912 * TOKEN - 17 * TOKEN


def test_a_fallback_in_which_nobody_delivered_returns_all_but_the_fees() -> None:
    found = fallback(LISTED, [provider(0, delivered=0)], (AGGREGATOR,), ())
    assert found.owed == {ACCOUNTS[0]: 0}
    assert found.refund == LISTED.escrow - 2 * TOKEN


def test_a_fallback_pays_listed_prices_where_there_are_any() -> None:
    rule = replace(LISTED, performance=0, priced=True)
    found = fallback(rule, [provider(0, price=24 * TOKEN, delivered=3)], (AGGREGATOR,) * 3, ())
    assert found.owed == {ACCOUNTS[0]: 6 * TOKEN}


@pytest.mark.parametrize("rule", [LISTED, replace(LISTED, priced=True), OPEN], ids=["listed", "priced", "open"])
def test_every_unit_of_a_fallback_goes_to_exactly_one_party(rule: PayRule) -> None:
    rng = random.Random(8)
    for _ in range(500):
        found_rule, providers, verdict = random_case(rng, rule)
        found = fallback(found_rule, providers, verdict.committers, verdict.evaluators_paid)
        assert sum(found.owed.values()) + sum(found.fees.values()) + found.refund == found_rule.escrow
        assert min(found.refund, *found.owed.values()) >= 0
        assert found == fallback(found_rule, providers[::-1], verdict.committers, verdict.evaluators_paid)
