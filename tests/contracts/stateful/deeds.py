"""What an actor would sensibly do next, verb by verb: a call's sender and arguments, be it time for it or not."""

from collections.abc import Callable
from random import Random
from typing import Any

from tests.contracts.stateful.call_rules import Deed
from tests.contracts.stateful.cast import EVERYBODY, STRANGER
from tests.contracts.stateful.choice import chance, some
from tests.contracts.stateful.dossier import RoundArgs, proof_of, providers, table_of, updates_root
from tests.contracts.stateful.session import Session
from tests.contracts.stateful.votes import a_vote

from fedmarket.domain.lifecycle import Role
from fedmarket.domain.reference.payment import SETTLEMENT_LEAF
from fedmarket.domain.reference.scoring import commitment_of
from fedmarket.domain.reference.state import ZERO, Task

AGE_KEY = b"\x99" * 32
LISTING = b"\x22" * 32


def deed(session: Session, verb: str, task_id: int, rng: Random) -> Deed:
    """Return the call of `verb` on an existing task that makes most sense now."""
    sender, args = SENSIBLE[verb](session, task_id, rng)
    return Deed(sender, verb, args if verb == "flush_forfeits" else (task_id, *args))


Call = tuple[str, tuple[Any, ...]]


def _take_seat(session: Session, task_id: int, rng: Random) -> Call:
    task = session.task(task_id)
    seats = (*task.terms.aggregators, *task.terms.evaluators)
    empty = [seat for seat in seats if seat in task.parts and not task.parts[seat].seated]
    return rng.choice(empty or seats), (AGE_KEY,)


def _join(session: Session, task_id: int, rng: Random) -> Call:
    task, dossier = session.task(task_id), session.dossiers[task_id]
    outside = [entry for entry in dossier.candidates if entry[0] not in task.parts]
    entry = rng.choice(outside or dossier.candidates)
    proof = [] if task.terms.open_admission else dossier.admission_proof(entry)
    return entry[0], (LISTING, entry[1], entry[2], proof, AGE_KEY)


def _by_requester(session: Session, task_id: int, rng: Random) -> Call:
    return session.task(task_id).requester, ()


def _by_anybody(session: Session, task_id: int, rng: Random) -> Call:
    return rng.choice(EVERYBODY), ()


def _announce(session: Session, task_id: int, rng: Random) -> Call:
    task = session.task(task_id)
    return rng.choice(providers(task) or EVERYBODY), (task.round + 1, b"\x33" * 32, b"\x44" * 32)


def _commit_round(session: Session, task_id: int, rng: Random) -> Call:
    task = session.task(task_id)
    return task.terms.aggregators[task.attempt], an_honest_round(session, task_id, rng)


def an_honest_round(session: Session, task_id: int, rng: Random) -> RoundArgs:
    """Let some providers deliver; return the arguments (after the task) of a commit that tells the truth."""
    task, dossier = session.task(task_id), session.dossiers[task_id]
    absent = rng.choice((2, 4, 4, 1))
    deliverers = tuple(account for account in providers(task) if not chance(rng, absent))
    counts = {account: count for account, count in dossier.delivered.items() if account in task.parts}
    for account in deliverers:
        counts[account] = counts.get(account, 0) + 1
    number = task.round + 1
    leaves = tuple(
        (account, bytes([number]) * 32 if account in deliverers else ZERO, count) for account, count in counts.items()
    )
    weight = sum(task.parts[account].weight for account in deliverers)
    model = number.to_bytes(32, "big")
    args = (number, updates_root(dossier, leaves), model, b"\x55" * 32, len(deliverers), weight)
    dossier.honest_rounds[args] = deliverers
    return args


def a_lying_round(session: Session, task_id: int, rng: Random) -> RoundArgs:
    """Commit to leaves that overstate, leave out or pay outsiders, with counts that need not fit them."""
    task, dossier = session.task(task_id), session.dossiers[task_id]
    accounts = some(rng, EVERYBODY, 4)
    counts = (0, 1, task.round, task.round + 1, task.round + 2, 2**255)
    leaves = tuple((account, ZERO, rng.choice(counts)) for account in (*accounts, *providers(task)[:2]))
    n_updates = rng.randint(0, task.providers + 1)
    weight = rng.choice((n_updates, max(0, n_updates - 1), n_updates + 1, task.total_weight, task.total_weight + 1))
    root = ZERO if chance(rng, 5) else updates_root(dossier, leaves)
    return (task.round + 1, root, b"\x66" * 32, b"\x77" * 32, n_updates, weight if n_updates or chance(rng, 3) else 0)


def _take_over(session: Session, task_id: int, rng: Random) -> Call:
    task = session.task(task_id)
    standbys = task.terms.aggregators[task.attempt + 1 :]
    return rng.choice(standbys or task.terms.aggregators), ()


def _commit_scores(session: Session, task_id: int, rng: Random) -> Call:
    task = session.task(task_id)
    waiting = [account for account in task.terms.evaluators if account not in task.commitments]
    evaluator = rng.choice(waiting or task.terms.evaluators)
    return evaluator, (commitment(session, task_id, evaluator),)


def commitment(session: Session, task_id: int, evaluator: str) -> bytes:
    """Return an evaluator's commitment to its table."""
    ledger = session.ledger
    return commitment_of(ledger.chain_id, ledger.address, task_id, evaluator, *table_of(task_id, evaluator))


def _reveal_scores(session: Session, task_id: int, rng: Random) -> Call:
    task = session.task(task_id)
    evaluators = task.terms.evaluators
    waiting = [
        account
        for seat, account in enumerate(evaluators)
        if account in task.commitments and not task.revealed >> seat & 1
    ]
    evaluator = rng.choice(waiting or evaluators)
    return evaluator, table_of(task_id, evaluator)


def revealers(task: Task) -> list[str]:
    """Return the evaluators that have revealed."""
    return [account for seat, account in enumerate(task.terms.evaluators) if task.revealed >> seat & 1]


def _confirm(session: Session, task_id: int, rng: Random) -> Call:
    task, dossier = session.task(task_id), session.dossiers[task_id]
    voters = revealers(task)
    undecided = [account for account in voters if account not in task.ballots]
    voter = rng.choice(undecided or voters or task.terms.evaluators)
    if dossier.proposals and not chance(rng, 4):
        return voter, (dossier.proposals[-1],)
    return voter, (a_vote(session, task_id, rng),)


def _claim(session: Session, task_id: int, rng: Random) -> Call:
    task, dossier = session.task(task_id), session.dossiers[task_id]
    leaves = dossier.payouts(task)
    if not leaves:
        return STRANGER, (rng.choice(EVERYBODY), 0, 0, 0, [])
    waiting = [leaf for leaf in leaves if leaf[0] in task.parts]
    leaf = rng.choice(waiting or leaves)
    return _claimant(rng, leaf[0]), (*leaf, proof_of(SETTLEMENT_LEAF, leaves, leaf))


def _claim_fallback(session: Session, task_id: int, rng: Random) -> Call:
    task, dossier = session.task(task_id), session.dossiers[task_id]
    number = task.round if not chance(rng, 4) else rng.randint(0, task.round)
    leaves = dossier.updates_of(number)
    waiting = [leaf for leaf in leaves if leaf[0] in task.parts]
    alone = [account for account in providers(task) if task.parts[account].announced]
    if alone and (not waiting or chance(rng, 4)):
        account = rng.choice(alone)
        return _claimant(rng, account), (account, number, ZERO, 0, ZERO, ZERO, ZERO, [])
    leaf = rng.choice(waiting or leaves or [(rng.choice(EVERYBODY), ZERO, 1)])
    return _claimant(rng, leaf[0]), dossier.delivery_claim(number, leaf)


def _claimant(rng: Random, account: str) -> str:
    return rng.choice((account, account, account, STRANGER, rng.choice(EVERYBODY)))


def _claim_seat(session: Session, task_id: int, rng: Random) -> Call:
    task = session.task(task_id)
    seats = [account for account, part in task.parts.items() if part.role in (Role.AGGREGATOR, Role.EVALUATOR)]
    return rng.choice(EVERYBODY), (rng.choice(seats or EVERYBODY),)


def _refund(session: Session, task_id: int, rng: Random) -> Call:
    task = session.task(task_id)
    accounts = (task.requester, *task.parts) if task.requester in task.parts else (*task.parts, STRANGER)
    return rng.choice(EVERYBODY), (rng.choice(accounts),)


SENSIBLE: dict[str, Callable[[Session, int, Random], Call]] = {
    "take_seat": _take_seat,
    "join": _join,
    "cancel": _by_requester,
    "start": _by_anybody,
    "announce": _announce,
    "commit_round": _commit_round,
    "take_over": _take_over,
    "stop": _by_requester,
    "close": _by_anybody,
    "commit_scores": _commit_scores,
    "reveal_scores": _reveal_scores,
    "confirm": _confirm,
    "claim": _claim,
    "claim_fallback": _claim_fallback,
    "claim_seat": _claim_seat,
    "refund": _refund,
    "sweep": _by_anybody,
    "flush_forfeits": _by_anybody,
}
"""Every verb on a task, and the flush."""
