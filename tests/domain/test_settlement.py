"""Settlement: every unit of money goes to exactly one party, by the formulas of DESIGN, "Pay"."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from fedmarket.domain.apportion import largest_remainder
from fedmarket.domain.debit import Debtor, debits
from fedmarket.domain.errors import UsageError
from fedmarket.domain.settlement import (
    PayRule,
    SettlementError,
    fallback,
    leaves,
    settle,
)
from tests.domain.refusals import refused
from tests.domain.settlement_cases import (
    ACCOUNTS,
    AGGREGATOR,
    EVALUATORS,
    LISTED,
    OPEN,
    STANDBY,
    TOKEN,
    VERDICT,
    paid_in,
    paid_out,
    provider,
)

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
    with refused(SettlementError, f"settlement.{error_id}"):
        replace(rule, **change)


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
        with refused(UsageError, error_id):
            attempt()


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
    with refused(SettlementError, f"settlement.{error_id}"):
        settle(LISTED, [provider(0, 5)], replace(VERDICT, **change))


def test_a_target_at_zero_is_refused_whatever_the_start() -> None:
    with refused(SettlementError, "settlement.target_below_start"):
        settle(replace(LISTED, target_ppb=0), [provider(0, 5)], VERDICT)


def test_prices_beyond_the_participation_money_are_refused() -> None:
    rule = replace(LISTED, priced=True)
    with refused(SettlementError, "settlement.prices_exceed_budget"):
        settle(rule, [provider(0, 5, price=31 * TOKEN), provider(1, 5, price=30 * TOKEN)], VERDICT)


def test_leaves_are_written_for_exactly_the_settled_accounts() -> None:
    settlement = settle(LISTED, [provider(0, 5), provider(1, 7)], VERDICT)
    for accounts in ([], ACCOUNTS[:1], ACCOUNTS[:3], [ACCOUNTS[0], ACCOUNTS[0]]):
        with refused(SettlementError, "settlement.other_accounts"):
            leaves(settlement, accounts)


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
    settlement = settle(replace(LISTED, target_ppb=None), [provider(0, 1)], VERDICT)
    assert settlement.released == settlement.pay[ACCOUNTS[0]] == LISTED.performance


# edges


@pytest.mark.parametrize(
    ("initial", "final", "share"), [(0, 1, 1), (0, 0, 3), (-500, -1, 3), (-500, 1, 1), (400, 400, 3)]
)
def test_without_a_target_a_model_that_knows_nothing_more_releases_the_floor(
    initial: int, final: int, share: int
) -> None:
    """All of it where the final skill is above both zero and the start, else three tenths, the rule's floor."""
    rule = replace(LISTED, target_ppb=None, floor_bps=3000)
    verdict = replace(VERDICT, initial_ppb=initial, final_ppb=final)
    settled = settle(rule, [provider(1, 500), provider(2, -900)], verdict)
    assert settled.released == (rule.performance if share == 1 else rule.performance * 3 // 10)


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
    assert debits(0, 10, {"a": Debtor(5, 30)}) == debits(5, 0, {"a": Debtor(5, 30)}) == {"a": 0}
    assert debits(100, 10, {"a": Debtor(0, 30), "b": Debtor(40, 10)}) == {"a": 0, "b": 40}


# fallback


def test_the_fallback_pays_each_weights_share_of_every_delivered_round() -> None:
    providers = [provider(0, weight=3, delivered=2), provider(1, delivered=6), provider(2, delivered=0)]
    found = fallback(LISTED, providers, (AGGREGATOR,) * 6, (EVALUATORS[1],))
    # six rounds of weight 5: 900 * 3 * 2 // 30 and 900 * 6 // 30, and half a task's participation
    assert list(found.owed.values()) == [180 * TOKEN + 6 * TOKEN, 180 * TOKEN + 6 * TOKEN, 0]
    assert found.fees == {AGGREGATOR: 12 * TOKEN, EVALUATORS[1]: 5 * TOKEN}
    assert found.refund == LISTED.escrow - 372 * TOKEN - 17 * TOKEN


def test_where_all_delivered_always_a_fallback_releases_the_whole_performance_money() -> None:
    rule = replace(LISTED, participation=0)
    found = fallback(rule, [provider(i, weight=i + 1, delivered=4) for i in range(4)], (AGGREGATOR,) * 4, ())
    assert sum(found.owed.values()) == rule.performance


def test_more_rounds_than_were_committed_are_refused_in_a_fallback() -> None:
    with refused(SettlementError, "settlement.bad_delivered"):
        fallback(LISTED, [provider(0, delivered=3)], (AGGREGATOR,) * 2, ())


def test_a_fallback_in_which_nobody_delivered_returns_all_but_the_fees() -> None:
    found = fallback(LISTED, [provider(0, delivered=0)], (AGGREGATOR,), ())
    assert found.owed == {ACCOUNTS[0]: 0}
    assert found.refund == LISTED.escrow - 2 * TOKEN


def test_a_fallback_pays_listed_prices_where_there_are_any() -> None:
    rule = replace(LISTED, performance=0, priced=True)
    found = fallback(rule, [provider(0, price=24 * TOKEN, delivered=3)], (AGGREGATOR,) * 3, ())
    assert found.owed == {ACCOUNTS[0]: 6 * TOKEN}
