"""What an audit reads: an exported record and, where there is one, the key of a seat."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from fedmarket.chain.port import Head, Receipt
from fedmarket.domain.accounts import address_of
from fedmarket.domain.errors import MarketError, RefusedError, UsageError
from fedmarket.domain.outcome import Outcome
from fedmarket.domain.reference.state import Event
from fedmarket.domain.terms import Terms
from fedmarket.learning.gate import Admitted
from fedmarket.learning.table import Table
from fedmarket.record.evaluation import Scores, evaluate, open_validation
from fedmarket.record.export import STORE, Export, read_export
from fedmarket.record.facts import outcome
from fedmarket.record.held import require_documents
from fedmarket.record.live import Record
from fedmarket.record.notes import noted_by_most
from fedmarket.record.replay import OpenedRounds, check_announcements
from fedmarket.record.task import TaskView
from fedmarket.store.age import AgeIdentity
from fedmarket.store.folder import FolderStore


class ExportedChain:
    """The chain as an export tells of it: it can be read, and never called."""

    def __init__(self, export: Export) -> None:
        self._export = export

    @property
    def chain_id(self) -> int:
        """The chain's id (EIP-155)."""
        return self._export.chain_id

    @property
    def market(self) -> str:
        """The TaskMarket's address."""
        return self._export.contract

    @property
    def sink(self) -> str:
        """The address that forfeits go to (EIP-55)."""
        return self._export.sink

    @property
    def reorganisations(self) -> int:
        """None ever: an export is of one chain."""
        return 0

    def head(self) -> Head:
        """Return the block of the last event."""
        events = self._export.events
        return Head(events[-1].block, events[-1].timestamp) if events else Head(0, 0)

    def events(self, after_block: int) -> list[Event]:
        """Return the exported events in blocks > `after_block`."""
        return [event for event in self._export.events if event.block > after_block]

    def call(self, secret: bytes, verb: str, *args: Any, pays: int = 0) -> Receipt:
        """Refuse: an export is read only."""
        self._refuse()

    def balance(self, account: str) -> int:
        """Refuse: an export holds no balances."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise UsageError("record.read_only")


@dataclass
class Evidence:
    """One task of an exported record, read with at most one key; everything derived is computed once."""

    export: Export
    record: Record
    number: int
    secret: bytes | None
    now: int

    @classmethod
    def open(cls, folder: Path, number: int, secret: bytes | None, now: int = 0) -> "Evidence":
        """Read an export; raises UsageError where there is none, or where it does not know the task or holds others'.

        Raises RefusedError where `secret` is the key of no seat in it: it would open nothing.
        """
        export = read_export(folder)
        known = [event.fields["task"] for event in export.events if event.name == "TaskOpened"]
        if number not in known:
            raise UsageError("record.unknown_task", task=number, known=", ".join(map(str, known)) or "none")
        if secret is not None and address_of(secret) not in _seats(export, number):
            raise RefusedError("record.no_seat", account=address_of(secret), task=number)
        store = FolderStore(folder / STORE)
        require_documents(export.events, number, store)
        record = Record(ExportedChain(export), store)
        return cls(export, record, number, secret, max(now, record.chain.head().timestamp))

    @property
    def view(self) -> TaskView:
        """The task as the events tell it."""
        return self.record.task(self.number)

    @property
    def terms(self) -> Terms:
        """The task's terms."""
        return self.record.terms(self.number)

    @property
    def keeps_until(self) -> int:
        """The last second in which blobs must be there, once the task is final."""
        return self.view.state.opened_at + self.terms.retention

    @property
    def retention_ended(self) -> bool:
        """Whether blobs of this task may be gone by the time of the audit; not where the terms are gone themselves."""
        try:
            return self.view.final and self.now > self.keeps_until
        except MarketError:
            return False

    @cached_property
    def identity(self) -> AgeIdentity | None:
        """The key's age identity if the key holds a seat of this task, else None."""
        if self.secret is None:
            return None
        seats = (*self.view.terms.aggregators, *self.view.terms.evaluators)
        return AgeIdentity.from_secret(self.secret) if address_of(self.secret) in seats else None

    @cached_property
    def evaluator(self) -> AgeIdentity | None:
        """The key's age identity if the key holds an evaluator's seat, else None."""
        if self.secret is None or address_of(self.secret) not in self.view.terms.evaluators:
            return None
        return self.identity

    @property
    def verified(self) -> int:
        """How many leading rounds must verify: those that were settled on, else all."""
        return self.view.settled.rounds_verified if self.view.settled else len(self.view.rounds)

    def rounds(self) -> Iterator[int]:
        """Return the numbers of the rounds that must verify."""
        return iter(range(1, self.verified + 1))

    @cached_property
    def outcome(self) -> Outcome | None:
        """What the revealed tables decide, computed again."""
        return outcome(self.record, self.number)

    @cached_property
    def opened(self) -> OpenedRounds:
        """The rounds, opened and gated again with the seat's key."""
        assert self.identity is not None
        return OpenedRounds(self.record, self.number, self.identity)

    def updates(self, round_number: int) -> dict[str, Admitted]:
        """Return a round's updates, opened and gated again with the seat's key."""
        return self.opened.updates(round_number)

    def check_announcements(self, round_number: int) -> None:
        """Raise RoundFault where a round leaves out an announced update that most evaluators had noted."""
        assert self.identity is not None
        manifest, noted = self.record.manifest(self.number, round_number), noted_by_most(self.record, self.number)
        updates = self.updates(round_number)
        check_announcements(self.record, self.number, self.identity, manifest, updates, noted)

    @cached_property
    def validation(self) -> Table:
        """The validation set, opened with an evaluator's key."""
        assert self.evaluator is not None
        return open_validation(self.record, self.number, self.evaluator)

    @cached_property
    def scores(self) -> Scores:
        """The evaluation of all rounds, computed again with an evaluator's key."""
        assert self.evaluator is not None
        return evaluate(self.record, self.number, self.evaluator, self.validation, opened=self.opened)


def _seats(export: Export, number: int) -> tuple[str, ...]:
    """Return the accounts of a task's seats, as its opening names them."""
    opened = (event for event in export.events if event.name == "TaskOpened" and event.fields["task"] == number)
    return tuple(a for event in opened for a in (*event.fields["terms"].aggregators, *event.fields["terms"].evaluators))
