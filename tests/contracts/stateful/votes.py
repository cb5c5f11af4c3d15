"""What evaluators vote: settlements that add up, and settlements that lie in every way that votes can."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from tests.contracts.stateful.cast import EVERYBODY
from tests.contracts.stateful.choice import chance
from tests.contracts.stateful.dossier import Leaves, providers, settlement_root
from tests.contracts.stateful.session import Session

from fedmarket.domain.lifecycle import Status
from fedmarket.domain.reference.scoring import paid_by
from fedmarket.domain.reference.state import NO_AGREEMENT, ZERO, Task, Vote

HUGE = 2**256 - 1


def a_vote(session: Session, task_id: int, rng: Random) -> Vote:
    """Draw a fair vote, a lying one, or none, and remember it as the latest proposal."""
    kinds = (a_fair_vote, a_fair_vote, a_lying_vote, lambda *_: NO_AGREEMENT)
    vote = rng.choice(kinds)(session, task_id, rng)
    if session.task(task_id).status is Status.SCORING:
        session.dossiers[task_id].proposals.append(vote)
    return vote


def a_fair_vote(session: Session, task_id: int, rng: Random) -> Vote:
    """Draw a settlement whose leaves add up: one for everybody who delivered or announced, within budget and bonds."""
    task, dossier = session.task(task_id), session.dossiers[task_id]
    terms = task.terms
    present = [name for name in providers(task) if dossier.delivered.get(name) or task.parts[name].announced]
    absent = [name for name in providers(task) if name not in present]
    bonds = {name: terms.bond_of(task.parts[name].weight) for name in providers(task)}
    debits = {name: _up_to(rng, bonds[name]) if terms.open_admission else 0 for name in present}
    budget = terms.performance + terms.participation + sum(debits.values())
    owed = _divided(rng, _up_to(rng, budget) if present else 0, present)
    leaves = tuple((name, owed[name], debits[name], 10**9 // len(present)) for name in present)
    root = settlement_root(dossier, leaves or ((task.requester, 0, 0, 0),))
    verified = task.round if not chance(rng, 3) else rng.randint(0, task.round)
    best = rng.randint(0, verified)
    unpaid, forfeited = _seats(rng, task)
    forfeits = sum(bonds[name] for name in absent)
    vote = Vote(root, sum(owed.values()), 0, sum(debits.values()), forfeits, verified, best, unpaid, forfeited)
    vote = balanced(task, vote)
    if task.status is Status.SCORING:
        dossier.fair_votes.add(vote)
    return vote


def a_lying_vote(session: Session, task_id: int, rng: Random) -> Vote:
    """Draw a settlement at the edge of what the contract can check, over leaves that need not fit it."""
    task, dossier = session.task(task_id), session.dossiers[task_id]
    terms = task.terms
    owing = (0, 1, terms.performance, terms.escrow, 2 * terms.escrow, HUGE)
    accounts = rng.choices((*EVERYBODY, *providers(task), *providers(task)), k=rng.randint(1, 5))
    leaves = tuple((account, rng.choice(owing), rng.choice(owing), 0) for account in accounts)
    debits = _up_to(rng, task.purse_bonds) if terms.open_admission else rng.choice((0, 0, 0, 1))
    left = task.purse_bonds - debits
    forfeits = max(0, rng.choice((0, 0, 0, 0, left, left, left + 1)))
    budget = terms.performance + terms.participation + debits
    owed = rng.choice((0, budget, budget, budget, budget // 2, budget + 1, debits, max(0, debits - 1)))
    verified = rng.choice((0, task.round, task.round, task.round, task.round + 1))
    unpaid, forfeited = _seats(rng, task)
    root = settlement_root(dossier, _payable(task, leaves) if chance(rng, 2) else leaves)
    vote = Vote(root, owed, 0, debits, forfeits, verified, rng.randint(0, verified), unpaid, forfeited)
    vote = balanced(task, vote)
    return vote if not chance(rng, 3) else spoiled(vote, rng)


def _payable(task: Task, leaves: Leaves) -> Leaves:
    """Keep lies small enough to be paid out: leaves that the purse can meet."""
    return tuple((account, min(owed, task.terms.escrow // len(leaves)), debit, 7) for account, owed, debit, _ in leaves)


def balanced(task: Task, vote: Vote) -> Vote:
    """Give the vote the refund that makes its sum right (zero where none does)."""
    fees = task.terms.aggregator_fee * vote.rounds_verified
    fees += task.terms.evaluator_fee * paid_by(task, vote).bit_count()
    return replace(vote, refund=max(0, task.terms.escrow + vote.debits - vote.owed - fees))


def spoiled(vote: Vote, rng: Random) -> Vote:
    """Change one field of a vote."""
    name = rng.choice([name for name in vars(vote) if name != "payout_root"])
    value = getattr(vote, name)
    if chance(rng, 10):
        return replace(vote, payout_root=ZERO)
    changes: dict[str, Any] = {name: rng.choice((value + 1, max(0, value - 1), 0, 1, 8, HUGE))}
    return replace(vote, **changes)


def _seats(rng: Random, task: Task) -> tuple[int, int]:
    """Draw (unpaid, forfeited) bitmaps, mostly such that a quorum of revealed seats stays paid."""
    everybody = (1 << len(task.terms.evaluators)) - 1
    silent = everybody & ~task.revealed
    if chance(rng, 8):
        return rng.randint(0, 2 * everybody), rng.randint(0, 2 * everybody)
    spare = task.revealed.bit_count() - task.terms.quorum
    deviating = 1 << rng.randint(0, 2) if spare > 0 and chance(rng, 2) else 0
    return rng.choice(((silent, 0), (0, silent), (deviating & everybody, 0), (silent, deviating & everybody)))


def _up_to(rng: Random, limit: int) -> int:
    return rng.choice((limit, limit // 2, rng.randint(0, limit), 0))


def _divided(rng: Random, amount: int, accounts: Sequence[str]) -> dict[str, int]:
    """Divide an amount among accounts, the rest to the last."""
    parts: dict[str, int] = {}
    for account in accounts[:-1]:
        parts[account] = _up_to(rng, amount - sum(parts.values()))
    for account in accounts[-1:]:
        parts[account] = amount - sum(parts.values())
    return parts
