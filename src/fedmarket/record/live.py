"""The record of a running market: the chain's events folded as they come, and the store's blobs, each read once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from fedmarket.chain.port import Chain, Head
from fedmarket.domain.canonical import blob_id
from fedmarket.domain.constants import Notice
from fedmarket.domain.errors import DocumentError, MarketError, StoreError, UsageError
from fedmarket.domain.manifest import Manifest
from fedmarket.domain.reference.state import Event
from fedmarket.domain.terms import Terms
from fedmarket.domain.typed_data import SigningDomain
from fedmarket.record.fold import Fold, FoldError
from fedmarket.record.task import TaskView
from fedmarket.store.blobs import Store

Document = TypeVar("Document")


@dataclass
class Documents:
    """Documents as they were read, by their hash, and why some are none.

    The hash fixes what they say, so several records may share them.
    """

    terms: dict[bytes, Terms] = field(default_factory=dict)
    manifests: dict[bytes, Manifest] = field(default_factory=dict)
    refused: dict[bytes, DocumentError] = field(default_factory=dict)
    notices: dict[tuple[SigningDomain, int, int, str], Notice | None] = field(default_factory=dict)


TERMS_LIMIT = 1 << 22
"""Bytes of the largest terms that anybody reads."""
MANIFEST_LIMIT, PROVIDER_LIMIT = 1 << 14, 1 << 10
"""Bytes of the largest manifest that anybody reads: so many, and so many for each provider that joined."""


class Record:
    """Views over one market; `refresh` reads what is new. Shared by all agents of a process."""

    def __init__(
        self,
        chain: Chain,
        store: Store,
        clock: Callable[[], int] | None = None,
        skew: int = 0,
        documents: Documents | None = None,
    ) -> None:
        self.chain = chain
        self.store = store
        self._clock = clock
        self._skew = skew
        self._fold = self._fresh_fold()
        self._head = Head(0, 0)
        self._reorganisations = chain.reorganisations
        self.documents = documents or Documents()

    @cached_property
    def domain(self) -> SigningDomain:
        """The EIP-712 domain of this market."""
        return SigningDomain(self.chain.chain_id, self.chain.market)

    @property
    def tasks(self) -> dict[int, TaskView]:
        """All tasks by id."""
        return self._fold.tasks

    @property
    def fold(self) -> Fold:
        """The replay behind the views, for export and audit."""
        return self._fold

    def task(self, number: int) -> TaskView:
        """Return one task; raises UsageError for an id that the record does not know."""
        if number not in self.tasks:
            known = ", ".join(map(str, self.tasks)) or "none"
            raise UsageError("record.unknown_task", task=number, known=known)
        return self.tasks[number]

    def refresh(self) -> None:
        """Fold the events of blocks that have come since the last refresh; all anew where the chain took some back.

        Views are then other objects: ask for them again after a refresh.
        """
        head = self.chain.head()
        if head == self._head:
            return
        before = self.chain.reorganisations
        events = self.chain.events(self._head.block if before == self._reorganisations else 0)
        while self.chain.reorganisations != before:
            before = self.chain.reorganisations
            events = self.chain.events(0)
        fold = self._fold if before == self._reorganisations else self._fresh_fold()
        # Nothing is changed until everything has been read: a chain may fail to answer at any time.
        self._fold, self._reorganisations = fold, before
        self._apply([event for event in events if event.block <= head.block])
        self._head = head

    def _apply(self, events: list[Event]) -> None:
        """Fold new events. A chain may have grown since its head was read: later blocks are for the next refresh."""
        try:
            for event in events:
                self._fold.apply(event)
        except FoldError:
            # What was folded of them is not to be folded twice: the next refresh begins anew.
            self._fold, self._head = self._fresh_fold(), Head(0, 0)
            raise

    def _fresh_fold(self) -> Fold:
        return Fold(self.chain.chain_id, self.chain.market, self.chain.sink)

    def now(self) -> int:
        """Return the time to act by: the latest block's, or the injected clock's less the skew where that is later."""
        clock = self._clock() - self._skew if self._clock else 0
        return max(self._head.timestamp, clock)

    def terms(self, number: int) -> Terms:
        """Return a task's terms from the store. Raises StoreError or DocumentError."""
        return self._read(self.task(number).terms.terms_hash, Terms.read, self.documents.terms, TERMS_LIMIT)

    def manifest(self, number: int, round_number: int) -> Manifest:
        """Return a committed round's manifest from the store. Raises StoreError or DocumentError."""
        view = self.task(number)
        limit = MANIFEST_LIMIT + len(view.providers) * PROVIDER_LIMIT
        return self._read(view.rounds[round_number - 1].manifest, Manifest.read, self.documents.manifests, limit)

    def _read(
        self, name: bytes, read: Callable[[bytes], Document], known: dict[bytes, Document], limit: int
    ) -> Document:
        """Return a document by its hash, or why it is none: a stranger may have made it costly to find out."""
        if name in self.documents.refused:
            raise self.documents.refused[name]
        if name not in known:
            try:
                known[name] = read(self.store.get(blob_id(name), limit))
            except DocumentError as refusal:
                self.documents.refused[name] = refusal
                raise
        return known[name]

    def manifest_missing(self, number: int, round_number: int) -> bool:
        """Return whether a round's manifest is not there now, but may be later."""
        try:
            self.manifest(number, round_number)
        except StoreError as error:
            return error.error_id != "store.too_large"
        except MarketError:
            return False
        return False

    def readable_manifest(self, number: int, round_number: int) -> Manifest | None:
        """Return a round's manifest, or None where it is missing or malformed."""
        try:
            return self.manifest(number, round_number)
        except MarketError:
            return None
