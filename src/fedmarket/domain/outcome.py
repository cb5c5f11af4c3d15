"""From revealed score tables to the vote: one pure function that every evaluator, the report and the audit call."""

from collections.abc import Mapping
from dataclasses import dataclass

from fedmarket.domain.errors import DocumentError
from fedmarket.domain.merkle import StandardTree
from fedmarket.domain.reference.payment import SETTLEMENT_LEAF
from fedmarket.domain.reference.state import Vote
from fedmarket.domain.score_table import Agreement, ScoreTable, agree
from fedmarket.domain.settlement import ProviderResult, Settlement, SettlementError, Verdict, leaves, settle
from fedmarket.domain.terms import Goal, Terms


@dataclass(frozen=True)
class Joined:
    """A provider as it joined: weight, bond and price in base units, and whether it ever announced."""

    account: str
    weight: int
    bond: int
    price: int
    announced: bool


@dataclass(frozen=True)
class TaskFacts:
    """What the record says of a task in scoring.

    `committers` names who committed each round 1..c; `delivered[r]` are the running counts after round r (index 0:
    nobody), None where its manifest cannot be read; `stopped` tells that the requester ended training early.
    """

    terms: Terms
    providers: tuple[Joined, ...]
    committers: tuple[str, ...]
    delivered: tuple[Mapping[str, int] | None, ...]
    stopped: bool


@dataclass(frozen=True)
class Outcome:
    """An agreed settlement: the table, who is owed what, the tree that claims are proved by, and the vote for it."""

    agreement: Agreement
    settlement: Settlement
    tree: StandardTree
    vote: Vote


def conclude(facts: TaskFacts, tables: Mapping[int, bytes]) -> Outcome | None:
    """Return the outcome of the revealed `tables` (bytes by evaluator seat), or None where they do not agree.

    Of the manifests only those of the last two agreed rounds matter, so that one which is withheld first and published
    later changes nothing. Tables that cannot be settled by them are no agreement either.
    """
    terms = facts.terms
    readable = {seat: table for seat, data in tables.items() if (table := _readable(data, facts)) is not None}
    agreement = agree(readable, len(terms.evaluators), terms.goal.tolerance_ppb)
    if agreement is None or None in facts.delivered[: agreement.table.rounds_verified + 1][-2:]:
        return None
    unreadable = tuple(sorted(tables.keys() - readable.keys()))
    forfeited = tuple(sorted((*agreement.deviating, *unreadable)))
    paid = [seat for seat in sorted(tables) if seat not in (*forfeited, *agreement.different)]
    try:
        settlement = _settle(facts, agreement.table, tuple(terms.evaluators[seat].account for seat in paid))
    except SettlementError:
        return None
    accounts = [provider.account for provider in facts.providers]
    tree = StandardTree(SETTLEMENT_LEAF, leaves(settlement, accounts))
    vote = _vote(settlement, tree, agreement, forfeited)
    return Outcome(agreement, settlement, tree, vote)


def _readable(data: bytes, facts: TaskFacts) -> ScoreTable | None:
    try:
        table = ScoreTable.unpack(data)
    except DocumentError:
        return None
    fits = len(table.scores) == len(facts.providers) and table.rounds_verified <= len(facts.committers)
    return table if fits else None


def _settle(facts: TaskFacts, table: ScoreTable, paid: tuple[str, ...]) -> Settlement:
    verified = table.rounds_verified
    delivered = delivered_rounds(facts, table)
    results = [
        ProviderResult(
            account=provider.account,
            weight=provider.weight,
            bond=provider.bond,
            price=provider.price,
            delivered=delivered.get(provider.account, 0),
            # Where a round was cut, nobody can tell silence from an aggregator's lie.
            announced=provider.announced or verified < len(facts.committers),
            score_ppb=score if delivered.get(provider.account) else 0,
        )
        for provider, score in zip(facts.providers, table.scores, strict=True)
    ]
    verdict = Verdict(
        initial_ppb=facts.terms.goal.start_ppb,
        final_ppb=table.final_ppb,
        committers=facts.committers[:verified],
        evaluators_paid=paid,
    )
    return settle(facts.terms.pay_rule(), results, verdict)


def delivered_rounds(facts: TaskFacts, table: ScoreTable) -> dict[str, int]:
    """Return each provider's delivered rounds of 1..R; an unfounded stop counts the unspent ones like the last."""
    verified = table.rounds_verified
    counts = dict(facts.delivered[verified] or {})
    unspent = facts.terms.rounds - len(facts.committers)
    if facts.stopped and verified and not stop_was_founded(facts.terms.goal, table):
        before = facts.delivered[verified - 1] or {}
        last = [account for account, count in counts.items() if count > before.get(account, 0)]
        counts |= {account: counts[account] + unspent for account in last}
    return counts


def stop_was_founded(goal: Goal, table: ScoreTable) -> bool:
    """Return whether each of the last `patience_rounds` rounds gained less than the terms' bound."""
    skills = table.skills
    last = range(len(skills) - goal.patience_rounds, len(skills))
    return all(r >= 1 and skills[r] - skills[r - 1] < goal.patience_gain_ppb for r in last)


def _vote(settlement: Settlement, tree: StandardTree, agreement: Agreement, forfeited: tuple[int, ...]) -> Vote:
    return Vote(
        payout_root=tree.root,
        owed=sum(settlement.owed.values()),
        refund=settlement.refund,
        debits=sum(settlement.debit.values()),
        forfeits=sum(settlement.forfeited.values()),
        rounds_verified=agreement.table.rounds_verified,
        best_round=agreement.table.best_round,
        unpaid=_bitmap(agreement.different),
        forfeited=_bitmap(forfeited),
    )


def _bitmap(seats: tuple[int, ...]) -> int:
    return sum(1 << seat for seat in seats)
