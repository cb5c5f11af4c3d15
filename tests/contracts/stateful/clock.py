"""The deadlines of a task, and waiting for them: to the second before, the very second, the second after."""

from random import Random

from tests.contracts.stateful.session import Session

from fedmarket.domain.lifecycle import Status
from fedmarket.domain.reference.state import Task


def last_deadline(task: Task) -> int:
    """Return the second after which anybody may close the task."""
    ends = {Status.OPEN: task.start_deadline, Status.TRAINING: task.training_deadline}
    return ends.get(task.status, task.confirm_deadline)


def deadlines(task: Task) -> list[int]:
    """Return every second of the task's present state at which some verb's answer changes."""
    match task.status:
        case Status.OPEN:
            return [task.join_deadline, task.start_deadline]
        case Status.TRAINING:
            left = len(task.terms.aggregators) - task.attempt
            turns = [task.opened_at + task.terms.windows.round * turn for turn in range(1, left + 1)]
            return [task.submit_deadline, *turns]
        case Status.SCORING:
            return [task.commit_deadline, task.reveal_deadline, task.confirm_deadline]
        case Status.SETTLED | Status.FALLBACK:
            return [task.claim_deadline]
    return []


def wait_for_a_deadline(session: Session, rng: Random) -> None:
    """Wait for one of the next deadlines of any task, or for a second."""
    now = session.ledger.now
    ends = [end for task in session.ledger.tasks.values() for end in deadlines(task)]
    coming = sorted({end + off for end in ends for off in (-1, 0, 1) if end + off > now})
    session.wait_until(rng.choice((now + 1, now + 1, *coming[:3])))


def wait_within(session: Session, after: int, until: int, rng: Random) -> None:
    """Wait for a second later than `after` and not later than `until`, mostly one of the two ends."""
    first = max(session.ledger.now, after + 1)
    session.wait_until(rng.choice((first, first, max(first, until))))
