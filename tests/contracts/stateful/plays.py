"""Whole phases played through, so that random runs get deep: each leaves a task where the next phase can begin."""

from collections.abc import Callable

from hypothesis import strategies as st

from fedmarket.domain.lifecycle import Status
from fedmarket.domain.reference.payment import SETTLEMENT_LEAF, UPDATES_LEAF
from fedmarket.domain.reference.state import NO_AGREEMENT, ZERO

from .cast import STRANGER
from .choice import Draw, chance, pick
from .clock import last_deadline, wait_within
from .deeds import AGE_KEY, LISTING, a_lying_round, an_honest_round, commitment, revealers
from .dossier import proof_of, providers, table_of
from .session import Session
from .votes import a_fair_vote, a_lying_vote


def open_fully(session: Session, task_id: int, draw: Draw) -> None:
    """Fill the seats, let the candidates join, and start (or, now and then, fail to)."""
    task = session.task(task_id)
    missing = chance(draw, 10)
    for account in (*task.terms.aggregators, *task.terms.evaluators)[missing:]:
        if not task.parts[account].seated:
            session.call(account, "take_seat", task_id, AGE_KEY)
    for entry in session.dossiers[task_id].candidates:
        if entry[0] not in task.parts and not chance(draw, 12):
            proof = session.dossiers[task_id].admission_proof(entry)
            session.call(entry[0], "join", task_id, LISTING, entry[1], entry[2], proof, AGE_KEY)
    if task.providers < task.terms.max_providers:
        wait_within(session, task.join_deadline, task.start_deadline, draw)
    session.call(STRANGER, "start", task_id)


def train(session: Session, task_id: int, draw: Draw) -> None:
    """Commit some of the rounds that are left, or all, truthfully but for a rare lie; some providers announce."""
    task = session.task(task_id)
    left = task.terms.rounds - task.round
    for _ in range(left if draw(st.booleans()) else draw(st.integers(1, left))):
        for account in providers(task):
            if chance(draw, 5):
                session.call(account, "announce", task_id, task.round + 1, b"\x33" * 32, b"\x44" * 32)
        wait_within(session, task.submit_deadline, task.round_deadline, draw)
        rounds = a_lying_round if chance(draw, 10) else an_honest_round
        aggregator = task.terms.aggregators[task.attempt]
        if session.call(aggregator, "commit_round", task_id, *rounds(session, task_id, draw)):
            return


def stall(session: Session, task_id: int, draw: Draw) -> None:
    """Let the active aggregator miss its window; a standby steps in where there is one."""
    task = session.task(task_id)
    standbys = range(task.attempt + 1, len(task.terms.aggregators))
    if not standbys:
        return leave(session, task_id, draw)
    seat = pick(draw, (standbys[0], standbys[0], standbys[-1]))
    turn = task.opened_at + task.terms.windows.round * (seat - task.attempt)
    wait_within(session, turn, task.training_deadline, draw)
    session.call(task.terms.aggregators[seat], "take_over", task_id)
    return None


def stop(session: Session, task_id: int, draw: Draw) -> None:
    """Let the requester stop."""
    session.call(session.task(task_id).requester, "stop", task_id)


def leave(session: Session, task_id: int, draw: Draw) -> None:
    """Let everybody be silent until anybody may close the state."""
    session.wait_until(last_deadline(session.task(task_id)) + 1)
    session.call(pick(draw, (STRANGER, session.task(task_id).requester)), "close", task_id)


def score(session: Session, task_id: int, draw: Draw) -> None:
    """Commit and reveal; now and then one evaluator is silent at either step, or all of them."""
    task = session.task(task_id)
    evaluators = task.terms.evaluators
    silent = pick(draw, (None, None, None, "commit", "reveal"))
    late = pick(draw, evaluators)
    for evaluator in evaluators:
        if evaluator not in task.commitments and not (silent == "commit" and evaluator == late):
            session.call(evaluator, "commit_scores", task_id, commitment(session, task_id, evaluator))
    if not task.commits_done_at:
        wait_within(session, task.commit_deadline, task.reveal_deadline, draw)
    for evaluator in task.commitments:
        if not (silent == "reveal" and evaluator == late):
            session.call(evaluator, "reveal_scores", task_id, *table_of(task_id, evaluator))
    if not task.reveals_done_at:
        wait_within(session, task.reveal_deadline, task.confirm_deadline, draw)


def agree(session: Session, task_id: int, draw: Draw) -> None:
    """Let those who revealed vote alike: for a fair settlement, for a lie, or for none; some first vote otherwise."""
    task = session.task(task_id)
    kind = draw(st.integers(0, 9))
    vote = NO_AGREEMENT
    if kind < 8:
        vote = (a_fair_vote if kind < 5 else a_lying_vote)(session, task_id, draw)
    for evaluator in revealers(task):
        if task.status is Status.SCORING:
            if chance(draw, 4):
                session.call(evaluator, "confirm", task_id, a_lying_vote(session, task_id, draw))
            session.call(evaluator, "confirm", task_id, vote)


def collect(session: Session, task_id: int, draw: Draw) -> None:
    """Let some of those who are owed something collect it."""
    task = session.task(task_id)
    settled = task.status is Status.SETTLED
    for account in list(task.parts):
        if chance(draw, 3):
            continue
        if account in session.books[task_id].bonds and task.status is not Status.CANCELLED:
            (collect_settlement if settled else collect_fallback)(session, task_id, account, STRANGER)
        elif account == task.requester or task.status is Status.CANCELLED:
            session.call(STRANGER, "refund", task_id, account)
        else:
            session.call(STRANGER, "claim_seat", task_id, account)


def sweep(session: Session, task_id: int, draw: Draw) -> None:
    """Let the claim period end (to the second, or nearly), and somebody sweep and flush."""
    task = session.task(task_id)
    session.wait_until(task.claim_deadline + pick(draw, (0, 1, 1)))
    session.call(STRANGER, "sweep", task_id)
    session.call(STRANGER, "flush_forfeits")


def collect_settlement(session: Session, task_id: int, account: str, sender: str) -> list[str | None]:
    """Claim with every leaf that an account has in the voted tree; returns the answers."""
    leaves = session.dossiers[task_id].payouts(session.task(task_id))
    mine = [leaf for leaf in leaves if leaf[0] == account]
    return [
        session.call(sender, "claim", task_id, *leaf, proof_of(SETTLEMENT_LEAF, leaves, leaf)) for leaf in mine
    ]


def collect_fallback(session: Session, task_id: int, account: str, sender: str) -> list[str | None]:
    """Claim with every leaf that an account has in the last round's tree; an announcer without one its bond."""
    dossier = session.dossiers[task_id]
    leaves = dossier.last_updates()
    mine = [leaf for leaf in leaves if leaf[0] == account]
    if not mine:
        return [session.call(account, "claim_fallback", task_id, account, ZERO, 0, ZERO, ZERO, ZERO, [])]
    slot = dossier.last_slot()
    return [
        session.call(sender, "claim_fallback", task_id, *leaf, *slot, proof_of(UPDATES_LEAF, leaves, leaf))
        for leaf in mine
    ]


PLAYS: dict[Status, tuple[Callable[[Session, int, Draw], None], ...]] = {
    Status.OPEN: (open_fully, open_fully, open_fully, open_fully, leave),
    Status.TRAINING: (train, train, train, train, stall, stall, stop, leave),
    Status.SCORING: (score, score, agree, agree, agree, leave),
    Status.SETTLED: (collect, collect, sweep),
    Status.FALLBACK: (collect, collect, sweep),
    Status.CANCELLED: (collect,),
}
"""What may be played in each state; what comes more often is likelier."""
