"""Whole phases played through, so that random runs get deep: each leaves a task where the next phase can begin."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from tests.contracts.stateful.brinks import BRINKS, time_of
from tests.contracts.stateful.call_rules import Deed
from tests.contracts.stateful.cast import EVERYBODY, STRANGER
from tests.contracts.stateful.choice import chance
from tests.contracts.stateful.clock import last_deadline, wait_within
from tests.contracts.stateful.deeds import AGE_KEY, LISTING, a_lying_round, an_honest_round, commitment, deed, revealers
from tests.contracts.stateful.dossier import proof_of, providers, table_of
from tests.contracts.stateful.errors import spoiled
from tests.contracts.stateful.session import Session
from tests.contracts.stateful.votes import a_fair_vote, a_lying_vote

from fedmarket.domain.lifecycle import Status
from fedmarket.domain.reference.payment import SETTLEMENT_LEAF
from fedmarket.domain.reference.state import NO_AGREEMENT, ZERO


def open_fully(session: Session, task_id: int, rng: Random) -> None:
    """Fill the seats, let the candidates join, and start (or, now and then, fail to)."""
    task = session.task(task_id)
    if session.ledger.now > task.join_deadline and task.providers < task.terms.min_providers:
        return leave(session, task_id, rng)
    missing = chance(rng, 10)
    for account in (*task.terms.aggregators, *task.terms.evaluators)[missing:]:
        if not task.parts[account].seated:
            session.call(account, "take_seat", task_id, AGE_KEY)
    for entry in session.dossiers[task_id].candidates:
        if entry[0] not in task.parts and not chance(rng, 12):
            proof = session.dossiers[task_id].admission_proof(entry)
            call = Deed(entry[0], "join", (task_id, LISTING, entry[1], entry[2], proof, AGE_KEY))
            _after_an_error(session, call, rng)
    if chance(rng, 5):
        session.call(STRANGER, "start", task_id)
    if task.providers < task.terms.max_providers:
        wait_within(session, task.join_deadline, task.start_deadline, rng)
    session.call(STRANGER, "start", task_id)
    return None


def _after_an_error(session: Session, call: Deed, rng: Random) -> str | None:
    """Make a call, now and then first with one argument spoiled or by somebody else; returns the last answer."""
    if chance(rng, 6):
        wrong = replace(call, sender=rng.choice(EVERYBODY)) if chance(rng, 3) else spoiled(call, rng)
        session.call(wrong.sender, wrong.verb, *wrong.args)
    return session.call(call.sender, call.verb, *call.args)


def train(session: Session, task_id: int, rng: Random) -> None:
    """Commit some of the rounds that are left, or all, truthfully but for a rare lie; some providers announce."""
    task = session.task(task_id)
    if session.ledger.now > task.round_deadline:
        return stall(session, task_id, rng)
    left = task.terms.rounds - task.round
    for _ in range(rng.choice((left, 1, rng.randint(1, left)))):
        for account in providers(task):
            if chance(rng, 5):
                session.call(account, "announce", task_id, task.round + 1, b"\x33" * 32, b"\x44" * 32)
        wait_within(session, task.submit_deadline, task.round_deadline, rng)
        rounds = a_lying_round if chance(rng, 10) else an_honest_round
        aggregator = task.terms.aggregators[task.attempt]
        call = Deed(aggregator, "commit_round", (task_id, *rounds(session, task_id, rng)))
        if _after_an_error(session, call, rng):
            break
    if task.status is Status.TRAINING and chance(rng, 3):
        session.call(task.requester, "stop", task_id)
    return None


def relay(session: Session, task_id: int, rng: Random) -> None:
    """Let every aggregator commit one round and stall, so that the next takes over."""
    task = session.task(task_id)
    for account in task.terms.aggregators[task.attempt :]:
        if task.status is not Status.TRAINING:
            return
        if account != task.terms.aggregators[task.attempt]:
            session.wait_until(task.round_deadline + 1)
            session.call(account, "take_over", task_id)
        wait_within(session, task.submit_deadline, task.round_deadline, rng)
        session.call(account, "commit_round", task_id, *an_honest_round(session, task_id, rng))


def stall(session: Session, task_id: int, rng: Random) -> None:
    """Let the active aggregator miss its window; a standby steps in where there is one."""
    task = session.task(task_id)
    standbys = range(task.attempt + 1, len(task.terms.aggregators))
    if not standbys:
        return leave(session, task_id, rng)
    seat = rng.choice((standbys[0], standbys[0], standbys[-1]))
    turn = task.opened_at + task.terms.windows.round * (seat - task.attempt)
    wait_within(session, turn, task.training_deadline, rng)
    if chance(rng, 5):
        session.call(task.requester, "stop", task_id)
    session.call(task.terms.aggregators[seat], "take_over", task_id)
    return None


def leave(session: Session, task_id: int, rng: Random) -> None:
    """Let everybody be silent until anybody may close the state."""
    session.wait_until(last_deadline(session.task(task_id)) + 1)
    session.call(rng.choice((STRANGER, session.task(task_id).requester)), "close", task_id)


def score(session: Session, task_id: int, rng: Random) -> None:
    """Commit and reveal; now and then one evaluator is silent at either step, or all of them."""
    task = session.task(task_id)
    evaluators = task.terms.evaluators
    silent = rng.choice((None, None, None, "commit", "reveal"))
    late = rng.choice(evaluators)
    for evaluator in evaluators:
        if evaluator not in task.commitments and not (silent == "commit" and evaluator == late):
            session.call(evaluator, "commit_scores", task_id, commitment(session, task_id, evaluator))
    if not task.commits_done_at:
        wait_within(session, task.commit_deadline, task.reveal_deadline, rng)
    for evaluator in task.commitments:
        if not (silent == "reveal" and evaluator == late):
            session.call(evaluator, "reveal_scores", task_id, *table_of(task_id, evaluator))
    if not task.reveals_done_at:
        wait_within(session, task.reveal_deadline, task.confirm_deadline, rng)


def agree(session: Session, task_id: int, rng: Random) -> None:
    """Let those who revealed vote alike: for a fair settlement, for a lie, or for none; some first vote otherwise."""
    task = session.task(task_id)
    voters = revealers(task)
    kind = rng.choice(("fair", "fair", "fair", "fair", "lie", "lie", "lie", "none", "none", "split"))
    if kind == "split":
        for evaluator in voters:
            session.call(evaluator, "confirm", task_id, a_fair_vote(session, task_id, rng))
        return leave(session, task_id, rng)
    for evaluator in voters:
        for _ in range(rng.choice((0, 0, 1, 4))):
            session.call(evaluator, "confirm", task_id, a_lying_vote(session, task_id, rng))
    vote = NO_AGREEMENT
    for _ in range(4):
        if kind != "none":
            vote = (a_fair_vote if kind == "fair" else a_lying_vote)(session, task_id, rng)
        if len(voters) == 3 and chance(rng, 3):
            session.call(rng.choice(voters), "confirm", task_id, a_fair_vote(session, task_id, rng))
        times = [1 + chance(rng, 4) for _ in voters]
        ballots = [evaluator for evaluator, often in zip(voters, times, strict=True) for _ in range(often)]
        answers = [session.call(evaluator, "confirm", task_id, vote) for evaluator in ballots]
        if task.status is not Status.SCORING or None in answers:
            break
    return None


def judge(session: Session, task_id: int, rng: Random) -> None:
    """Score, then vote."""
    if session.ledger.now > session.task(task_id).confirm_deadline:
        return leave(session, task_id, rng)
    score(session, task_id, rng)
    agree(session, task_id, rng)
    return None


def collect(session: Session, task_id: int, rng: Random) -> None:
    """Let some of those who are owed something collect it."""
    task = session.task(task_id)
    settled = task.status is Status.SETTLED
    for account in list(task.parts):
        if chance(rng, 3):
            continue
        if account in session.books[task_id].bonds and task.status is not Status.CANCELLED:
            if settled:
                collect_settlement(session, task_id, account, STRANGER)
            else:
                collect_oneself(session, task_id, account, rng)
        elif account == task.requester or task.status is Status.CANCELLED:
            session.call(STRANGER, "refund", task_id, account)
        else:
            session.call(STRANGER, "claim_seat", task_id, account)


def sweep(session: Session, task_id: int, rng: Random) -> None:
    """Let the claim period end (to the second, or nearly), and somebody sweep and flush."""
    task = session.task(task_id)
    session.wait_until(task.claim_deadline + rng.choice((0, 1, 1)))
    session.call(STRANGER, "sweep", task_id)
    session.call(STRANGER, "flush_forfeits")


def collect_settlement(session: Session, task_id: int, account: str, sender: str) -> list[str | None]:
    """Claim with every leaf that an account has in the voted tree; returns the answers."""
    leaves = session.dossiers[task_id].payouts(session.task(task_id))
    mine = [leaf for leaf in leaves if leaf[0] == account]
    return [session.call(sender, "claim", task_id, *leaf, proof_of(SETTLEMENT_LEAF, leaves, leaf)) for leaf in mine]


def collect_oneself(session: Session, task_id: int, account: str, rng: Random) -> list[str | None]:
    """Let an account claim in a fallback with every leaf of its own, in any order, or as an announcer."""
    dossier = session.dossiers[task_id]
    claims = [
        dossier.delivery_claim(number, leaf)
        for number in rng.sample(range(1, len(dossier.slots) + 1), len(dossier.slots))
        for leaf in dossier.updates_of(number)
        if leaf[0] == account
    ]
    claims.insert(rng.choice((0, len(claims))), (account, 0, ZERO, 0, ZERO, ZERO, ZERO, []))
    return [session.call(account, "claim_fallback", task_id, *claim) for claim in claims]


def go_to_the_brink(session: Session, task_id: int, rng: Random) -> None:
    """Do what makes sense in a deadline's very second, or in the next."""
    task = session.task(task_id)
    brink = rng.choice([brink for brink in BRINKS if brink.within is task.status])
    call = deed(session, brink.verb, task_id, rng)
    session.wait_until(time_of(brink, task, call.sender) + rng.choice((0, 1)))
    session.call(call.sender, call.verb, *call.args)


PLAYS: dict[Status, tuple[Callable[[Session, int, Random], None], ...]] = {
    Status.OPEN: (open_fully,) * 9 + (go_to_the_brink, go_to_the_brink, leave),
    Status.TRAINING: (train,) * 6 + (stall, stall, relay, relay) + (go_to_the_brink, go_to_the_brink, leave),
    Status.SCORING: (judge,) * 5 + (score, agree, go_to_the_brink, go_to_the_brink, leave),
    Status.SETTLED: (collect, collect, sweep, go_to_the_brink),
    Status.FALLBACK: (collect, collect, sweep, go_to_the_brink),
    Status.CANCELLED: (collect,),
}
"""What may be played in each state; what comes more often is likelier."""
