"""Rules of calls: what no accepted call may ever do, whoever sends it and whatever it says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.contracts.stateful import payment_rules
from tests.contracts.stateful.books import Book

from fedmarket.domain.lifecycle import FINAL, VERBS, Status
from fedmarket.domain.reference.state import Event, Task

if TYPE_CHECKING:
    from tests.contracts.stateful.session import Frame, Session

PULLING = frozenset({"open_task", "take_seat", "join"})
TRIGGERED = frozenset({"close", "take_over"})
LOGGED: dict[str, set[tuple[str, ...]]] = {
    "open_task": {("TaskOpened",)},
    "take_seat": {("SeatTaken",)},
    "join": {("Joined",)},
    "cancel": {("TaskCancelled",)},
    "start": {("TaskStarted",)},
    "announce": {("UpdateAnnounced",)},
    "commit_round": {("RoundCommitted",)},
    "take_over": {("TakenOver",)},
    "stop": {("TrainingStopped",)},
    "commit_scores": {("ScoresCommitted",)},
    "reveal_scores": {("ScoresRevealed",)},
    "confirm": {("Confirmed",), ("Confirmed", "TaskSettled"), ("Confirmed", "TaskFellBack")},
    "close": {("TaskClosed",), ("TaskFellBack", "TaskClosed")},
    "claim": {("Claimed",)},
    "claim_fallback": {("Claimed",)},
    "claim_seat": {("SeatClaimed",)},
    "refund": {("Refunded",)},
    "sweep": {("Swept",)},
    "flush_forfeits": {("ForfeitsFlushed",)},
}


@dataclass(frozen=True)
class Deed:
    """One call: `args` follow the sender, the task's id first where the verb has one."""

    sender: str
    verb: str
    args: tuple[Any, ...]


def check(session: "Session", deed: Deed, before: "Frame", after: "Frame", events: Sequence[Event]) -> None:
    """Enter an accepted call into the books and apply every rule; raises AssertionError where one is broken."""
    names = tuple(event.name for event in events)
    assert names in LOGGED[deed.verb], f"{deed.verb} logged {names}"
    moved = _moved(session, before, after)
    if deed.verb == "flush_forfeits":
        assert before.tasks == after.tasks, "a flush touched a task"
        assert moved == {session.ledger.sink: before.forfeits}, "a flush paid somebody else than the sink"
        assert after.forfeits == 0
        return
    task_id = events[0].fields["task"]
    assert {event.fields["task"] for event in events} == {task_id}
    task, book = session.task(task_id), session.books.setdefault(task_id, Book())
    no_other_task_is_touched(task_id, before, after)
    the_state_moves_along_the_table(deed.verb, before.statuses.get(task_id, Status.NONE), task.status)
    _enter(book, moved, after.forfeits - before.forfeits, events)
    money_goes_only_to_parties(deed, task, book, moved)
    a_round_is_written_once(book, task)
    payment_rules.check(session, deed, task_id, moved)


def _moved(session: "Session", before: "Frame", after: "Frame") -> dict[str, int]:
    """Return by account what a call paid it (negative: took from it), the market left out."""
    accounts = (set(before.balances) | set(after.balances)) - {session.ledger.address}
    changes = {account: after.balances.get(account, 0) - before.balances.get(account, 0) for account in accounts}
    return {account: change for account, change in changes.items() if change}


def _enter(book: Book, moved: dict[str, int], forfeited: int, events: Sequence[Event]) -> None:
    for account, amount in moved.items():
        (book.paid_out if amount > 0 else book.paid_in)[account] += abs(amount)
    assert forfeited >= 0, "forfeits left by another way than the flush"
    book.forfeited += forfeited
    for event in events:
        book.enter(event)


def no_other_task_is_touched(task_id: int, before: "Frame", after: "Frame") -> None:
    """A call on one task changes nothing in any other."""
    for other, stored in before.tasks.items():
        assert other == task_id or after.tasks[other] == stored, f"a call on task {task_id} changed task {other}"


def the_state_moves_along_the_table(verb: str, old: Status, new: Status) -> None:
    """Verbs lead only where the life-cycle table says, and final states absorb."""
    row = VERBS[verb]
    assert old in row.within, f"{verb} was accepted in {old.name}"
    assert new in row.leads_to, f"{verb} led from {old.name} to {new.name}"
    assert old not in FINAL or new is old, f"{verb} left the final state {old.name}"


def money_goes_only_to_parties(deed: Deed, task: Task, book: Book, moved: dict[str, int]) -> None:
    """Only the sender of a paying verb pays; only a party is paid, or who triggered a way out, up to the reward."""
    parties = {task.requester, *book.bonds, *task.terms.aggregators, *task.terms.evaluators}
    for account, amount in moved.items():
        if amount < 0:
            assert deed.verb in PULLING and account == deed.sender, f"{deed.verb} took money from {account}"
        elif deed.verb in TRIGGERED:
            limit = task.terms.trigger_reward
            assert account == deed.sender and amount <= limit, f"{deed.verb} paid {account} {amount}"
            book.rewarded[account] += amount
        else:
            assert deed.verb in payment_rules.PAYING, f"{deed.verb} paid somebody"
            assert account in parties, f"{deed.verb} paid the outsider {account}"


def a_round_is_written_once(book: Book, task: Task) -> None:
    """Rounds are numbered without gaps, and a committed one never changes."""
    assert len(task.rounds) == task.round == len(book.committers), "a round was skipped or written twice"
    slots = [task.rounds[number] for number in range(1, task.round + 1)]
    assert slots[: len(book.slots)] == book.slots, "a committed round was written again"
    book.slots = slots
