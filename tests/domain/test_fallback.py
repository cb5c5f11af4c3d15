"""Random fallbacks: nobody's pay depends on another's count, and the contract keeps enough for every claim."""

import random
from dataclasses import replace

import pytest

from fedmarket.domain.lifecycle import Status
from fedmarket.domain.reference.payment import fallback_owed
from fedmarket.domain.reference.scoring import fallback_budget
from fedmarket.domain.reference.state import Task
from fedmarket.domain.settlement import PayRule, ProviderResult, Verdict, fallback
from tests.contracts.cast import REQUESTER, TERMS
from tests.domain.settlement_cases import LISTED, OPEN, random_case

each_admission = pytest.mark.parametrize(
    "rule", [LISTED, replace(LISTED, priced=True), OPEN], ids=["listed", "priced", "open"]
)


def random_fallback(rng: random.Random, rule: PayRule) -> tuple[PayRule, list[ProviderResult], Verdict]:
    """A random case in which nobody delivered more rounds than were committed."""
    found_rule, providers, verdict = random_case(rng, rule)
    rounds = len(verdict.committers)
    return found_rule, [replace(p, delivered=min(p.delivered, rounds), score_ppb=0) for p in providers], verdict


def fallen_back(rule: PayRule, providers: list[ProviderResult], verdict: Verdict) -> Task:
    """The same case as the contract stores it."""
    terms = replace(
        TERMS,
        admission_root=bytes(32) if rule.open_admission else TERMS.admission_root,
        performance=rule.performance,
        participation=rule.participation,
        rounds=rule.rounds,
        priced=rule.priced,
    )
    weight, rounds = sum(p.weight for p in providers), len(verdict.committers)
    return Task(terms, REQUESTER, Status.FALLBACK, 0, {}, 0, total_weight=weight, round=rounds)


@each_admission
def test_every_unit_of_a_fallback_goes_to_exactly_one_party(rule: PayRule) -> None:
    rng = random.Random(8)
    for _ in range(500):
        found_rule, providers, verdict = random_fallback(rng, rule)
        found = fallback(found_rule, providers, verdict.committers, verdict.evaluators_paid)
        assert sum(found.owed.values()) + sum(found.fees.values()) + found.refund == found_rule.escrow
        assert min(found.refund, *found.owed.values()) >= 0
        assert found == fallback(found_rule, providers[::-1], verdict.committers, verdict.evaluators_paid)


@each_admission
def test_what_others_delivered_changes_nobodys_pay_in_a_fallback(rule: PayRule) -> None:
    rng = random.Random(9)
    for _ in range(500):
        found_rule, providers, verdict = random_fallback(rng, rule)
        rounds = len(verdict.committers)
        me, *others = rng.sample(providers, len(providers))
        lied = [replace(p, delivered=rng.randint(0, rounds), score_ppb=0) for p in others]
        told = fallback(found_rule, [me, *others], verdict.committers, ())
        assert fallback(found_rule, [me, *lied], verdict.committers, ()).owed[me.account] == told.owed[me.account]


@each_admission
def test_however_deliveries_are_stated_the_fallbacks_claims_stay_within_what_the_contract_keeps(rule: PayRule) -> None:
    """Every claim is paid in full, in any order, and where all delivered always only the floors' units are left."""
    rng, tight = random.Random(10), 0
    for _ in range(1000):
        found_rule, providers, verdict = random_fallback(rng, rule)
        task = fallen_back(found_rule, providers, verdict)
        if not task.round or not task.total_weight:
            continue
        most = [replace(p, delivered=task.round) for p in providers]
        for stated in (providers, most):
            assert sum(fallback(found_rule, stated, verdict.committers, ()).owed.values()) <= fallback_budget(task)
        left = fallback_budget(task) - sum(fallback(found_rule, most, verdict.committers, ()).owed.values())
        if not rule.priced:
            tight += 1
            assert left < 2 * len(providers)
    assert rule.priced or tight > 500


@each_admission
def test_the_contract_pays_a_delivery_what_the_settlement_says(rule: PayRule) -> None:
    rng = random.Random(11)
    for _ in range(500):
        found_rule, providers, verdict = random_fallback(rng, rule)
        task = fallen_back(found_rule, providers, verdict)
        if not task.round or not task.total_weight:
            continue
        found = fallback(found_rule, providers, verdict.committers, ())
        assert found.owed == {p.account: fallback_owed(task, p.weight, p.price, p.delivered) for p in providers}
