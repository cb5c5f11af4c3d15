"""The seconds in which an answer changes: until a deadline (its second included) yes, after it no, or the reverse."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.contracts.stateful.call_rules import Deed

from fedmarket.domain.lifecycle import Role, Status
from fedmarket.domain.reference.state import Task


@dataclass(frozen=True)
class Brink:
    """A verb and a deadline: the verb is allowed up to it, or (`opens`) only after it; else it is refused."""

    verb: str
    deadline: str
    opens: bool
    reason: str
    within: Status

    def names(self) -> tuple[str, str]:
        """Return the names of its two sides: the deadline's own second, and the next."""
        sides = (self.reason, "accepted") if self.opens else ("accepted", self.reason)
        where = f"{self.verb} in {self.within.name} at {self.deadline}"
        return f"{where} +0 -> {sides[0]}", f"{where} +1 -> {sides[1]}"


def _until(verb: str, deadline: str, within: Status, reason: str = "") -> Brink:
    return Brink(verb, deadline, False, reason or f"{deadline}_passed", within)


def _after(verb: str, deadline: str, within: Status, reason: str) -> Brink:
    return Brink(verb, deadline, True, reason, within)


BRINKS = (
    _until("take_seat", "start_deadline", Status.OPEN),
    _until("join", "join_deadline", Status.OPEN),
    _until("cancel", "start_deadline", Status.OPEN),
    _until("start", "start_deadline", Status.OPEN),
    _after("start", "join_deadline", Status.OPEN, "joining_open"),
    _after("close", "start_deadline", Status.OPEN, "too_early"),
    _until("announce", "submit_deadline", Status.TRAINING),
    _after("commit_round", "submit_deadline", Status.TRAINING, "submission_open"),
    _until("commit_round", "round_deadline", Status.TRAINING),
    _after("take_over", "turn", Status.TRAINING, "not_your_turn"),
    _until("take_over", "training_deadline", Status.TRAINING),
    _until("stop", "round_deadline", Status.TRAINING),
    _after("close", "training_deadline", Status.TRAINING, "too_early"),
    _until("commit_scores", "commit_deadline", Status.SCORING),
    _after("reveal_scores", "commit_deadline", Status.SCORING, "commits_open"),
    _until("reveal_scores", "reveal_deadline", Status.SCORING),
    _after("confirm", "reveal_deadline", Status.SCORING, "reveals_open"),
    _until("confirm", "confirm_deadline", Status.SCORING),
    _after("close", "confirm_deadline", Status.SCORING, "too_early"),
    _after("sweep", "claim_deadline", Status.SETTLED, "too_early"),
    _after("sweep", "claim_deadline", Status.FALLBACK, "too_early"),
)
"""Every guard on time in the contract."""


def time_of(brink: Brink, task: Task, sender: str) -> int:
    """Return the deadline's second; a standby's turn depends on who asks."""
    if brink.deadline != "turn":
        return int(getattr(task, brink.deadline))
    part = task.parts.get(sender)
    ahead = part.seat - task.attempt if part and part.role is Role.AGGREGATOR else 1
    return task.opened_at + task.terms.windows.round * ahead


def met(task: Task, call: Deed, now: int) -> Iterator[tuple[Brink, int]]:
    """Yield every brink of the call that the clock stands on, with 0 or 1 for the side."""
    for brink in BRINKS:
        if brink.verb == call.verb and brink.within is task.status:
            side = now - time_of(brink, task, call.sender)
            if side in (0, 1):
                yield brink, side


def name_of(brink: Brink, side: int, reason: str | None) -> str:
    """Return what a call on a brink came to, as `Brink.names` would put it."""
    return f"{brink.verb} in {brink.within.name} at {brink.deadline} +{side} -> {reason or 'accepted'}"
