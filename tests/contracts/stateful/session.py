"""One market in two forms, the reference and (where given) the contract, driven by the same calls at the same time."""

import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from tests.contracts.stateful import call_rules, limits
from tests.contracts.stateful.books import Book
from tests.contracts.stateful.brinks import Brink, met, name_of
from tests.contracts.stateful.cast import CHAIN_ID, MARKET, SINK, STARTED_AT, purses
from tests.contracts.stateful.chain_side import Answer, ChainSide
from tests.contracts.stateful.dossier import Dossier
from tests.contracts.stateful.milestones import MILESTONES, Moment
from tests.contracts.stateful.openings import Entry

from fedmarket.domain.errors import ContractRefusal
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.reference import call
from fedmarket.domain.reference.ledger import Ledger
from fedmarket.domain.reference.state import Event, Task


@dataclass(frozen=True)
class Frame:
    """The market between two calls: what a call's effects are measured from."""

    balances: dict[str, int]
    tasks: dict[int, bytes]
    statuses: dict[int, Status]
    forfeits: int
    rest: bytes


@dataclass
class Session:
    """A market with its books and dossiers; every accepted call is checked against the rules of calls."""

    chain: ChainSide | None = None
    books: dict[int, Book] = field(default_factory=dict)
    dossiers: dict[int, Dossier] = field(default_factory=dict)
    reached: Counter[str] = field(default_factory=Counter)
    candidates: tuple[Entry, ...] = ()
    serial: int = 0
    sound: bool = True
    touched: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        address, chain_id = (self.chain.market, self.chain.chain_id) if self.chain else (MARKET, CHAIN_ID)
        self.ledger = Ledger(address, chain_id, SINK, STARTED_AT, balances=purses())
        self.tell: Callable[[str], None] = lambda line: None
        self.rehearsing = False
        self.latest: Frame | None = None

    def task(self, task_id: int) -> Task:
        """Return a task's storage in the reference."""
        return self.ledger.tasks[task_id]

    def wait_until(self, time: int) -> None:
        """Let the clock run to `time`; it never runs back."""
        self.ledger.now = max(self.ledger.now, time)

    def call(self, sender: str, verb: str, *args: Any) -> str | None:
        """Call a verb on both sides; returns the reason of a refusal, None if it was accepted.

        Both must answer alike, a refused call must change nothing, an accepted one must keep every rule of
        calls.
        """
        self.sound, now = False, self.ledger.now
        before = self.latest or self._frame()
        deed = call_rules.Deed(sender, verb, args)
        brinks, stood = self._brinks(deed), self._limits(deed)
        answer = self._ask_reference(sender, verb, args)
        if self.chain:
            self.chain.must_answer(answer, self.ledger, sender, verb, args)
        if not self.rehearsing:
            self.reached.update(name_of(brink, side, answer.reason) for brink, side in brinks)
            self.reached.update(limits.names_of(stood, answer.reason))
        if answer.reason:
            self.latest = self._frame()
            assert self.latest == before, f"{verb} was refused ({answer.reason}) and changed something"
            self.tell(f"  {now}: {sender} {verb}{args}: {answer.reason}")
            self.sound = True
            if not self.rehearsing:
                self.reached[f"{verb}: {answer.reason}"] += 1
            return answer.reason
        self.tell(f"  {now}: {sender} {verb}{args}")
        after = self.latest = self._frame()
        self._learn(answer.events, args)
        call_rules.check(self, deed, before, after, answer.events)
        if not self.rehearsing and verb != "flush_forfeits":
            self._note(deed, before, after, answer.events)
        self.sound = True
        return None

    def _task_of(self, deed: call_rules.Deed) -> Task | None:
        return self.ledger.tasks.get(deed.args[0]) if deed.args and isinstance(deed.args[0], int) else None

    def _brinks(self, deed: call_rules.Deed) -> list[tuple[Brink, int]]:
        task = self._task_of(deed)
        return list(met(task, deed, self.ledger.now)) if task else []

    def _limits(self, deed: call_rules.Deed) -> list[tuple[limits.Limit, int]]:
        return list(limits.met(self._task_of(deed), deed))

    def _learn(self, events: Sequence[Event], args: tuple[Any, ...]) -> None:
        """Tell the task's dossier what everybody can see."""
        for event in events:
            self.touched |= {event.fields["task"]} if "task" in event.fields else set()
            match event.name:
                case "TaskOpened":
                    self.dossiers[event.fields["task"]] = Dossier(self.candidates)
                case "RoundCommitted":
                    self.dossiers[args[0]].take_round(args[1:])
                case "Confirmed" if event.fields["evaluator"] in self.books[args[0]].voters:
                    self.dossiers[args[0]].repented.add(event.fields["evaluator"])
                case "TaskSettled":
                    self.dossiers[args[0]].settled_by = event.fields["vote"]

    def _note(self, deed: call_rules.Deed, before: Frame, after: Frame, events: Sequence[Event]) -> None:
        task_id = events[0].fields["task"]
        by_name = {event.name: event.fields for event in events}
        gained = after.balances[deed.sender] - before.balances[deed.sender]
        moment = Moment(deed, by_name, self.task(task_id), self.books[task_id], self.dossiers[task_id], gained)
        self.reached.update(name for name, happened in MILESTONES.items() if happened(moment))

    def _ask_reference(self, sender: str, verb: str, args: tuple[Any, ...]) -> Answer:
        self.ledger.block += 1
        try:
            returned = call(self.ledger, sender, verb, *args)
        except ContractRefusal as refusal:
            assert not self.ledger.events, "a refused call logged an event"
            return Answer(refusal.error_id.removeprefix("contract."), [], None)
        events: list[Event] = list(self.ledger.events)
        self.ledger.events.clear()
        return Answer(None, events, returned)

    def _frame(self) -> Frame:
        ledger = self.ledger
        return Frame(
            dict(ledger.balances),
            {task_id: _stored(task) for task_id, task in ledger.tasks.items()},
            {task_id: task.status for task_id, task in ledger.tasks.items()},
            ledger.forfeits,
            pickle.dumps(ledger.task_of),
        )

    @contextmanager
    def rehearsal(self) -> Iterator[None]:
        """Try something out: afterwards both sides, the books and the dossiers are as they were."""
        saved = pickle.dumps((self.ledger, self.books, self.dossiers, self.serial))
        self.rehearsing = True
        try:
            with self.chain.anchor() if self.chain else nullcontext():
                yield
        finally:
            self.rehearsing, self.latest = False, None
            self.ledger, self.books, self.dossiers, self.serial = pickle.loads(saved)


def _stored(task: Task) -> bytes:
    """Return a task's whole storage, less the terms, which are frozen."""
    return pickle.dumps([value for name, value in vars(task).items() if name != "terms"])
