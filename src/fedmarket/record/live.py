"""The record of a running market: the chain's events folded as they come, and the store's blobs, each read once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from fedmarket.chain.port import Chain, Head
from fedmarket.domain.ask import Ask
from fedmarket.domain.canonical import blob_id
from fedmarket.domain.errors import MarketError, UsageError
from fedmarket.domain.manifest import Manifest
from fedmarket.domain.reference.state import Event
from fedmarket.domain.terms import Terms
from fedmarket.domain.typed_data import SigningDomain
from fedmarket.record.fold import Fold
from fedmarket.record.task import TaskView
from fedmarket.store.blobs import Store


@dataclass
class Documents:
    """Documents as they were read, by their hash. It fixes what they say, so several records may share them."""

    terms: dict[bytes, Terms] = field(default_factory=dict)
    manifests: dict[bytes, Manifest] = field(default_factory=dict)
    asks: dict[str, Ask] = field(default_factory=dict)


DOCUMENT_LIMIT = 1 << 22
"""Bytes of the largest terms or manifest that anybody reads: 1,024 providers take about a megabyte."""


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
        for event in self._new_events():
            # A chain may have grown since its head was read: later blocks are for the next refresh.
            if event.block <= head.block:
                self._fold.apply(event)
        self._head = head

    def _new_events(self) -> list[Event]:
        events = self.chain.events(self._head.block)
        while self.chain.reorganisations != self._reorganisations:
            self._reorganisations = self.chain.reorganisations
            self._fold = self._fresh_fold()
            events = self.chain.events(0)
        return events

    def _fresh_fold(self) -> Fold:
        return Fold(self.chain.chain_id, self.chain.market, self.chain.sink)

    def now(self) -> int:
        """Return the time to act by: the latest block's, or the injected clock's less the skew where that is later."""
        clock = self._clock() - self._skew if self._clock else 0
        return max(self._head.timestamp, clock)

    def terms(self, number: int) -> Terms:
        """Return a task's terms from the store. Raises StoreError or DocumentError."""
        terms_hash, known = self.task(number).terms.terms_hash, self.documents.terms
        if terms_hash not in known:
            known[terms_hash] = Terms.read(self.store.get(blob_id(terms_hash), DOCUMENT_LIMIT))
        return known[terms_hash]

    def manifest(self, number: int, round_number: int) -> Manifest:
        """Return a committed round's manifest from the store. Raises StoreError or DocumentError."""
        manifest_hash, known = self.task(number).rounds[round_number - 1].manifest, self.documents.manifests
        if manifest_hash not in known:
            known[manifest_hash] = Manifest.read(self.store.get(blob_id(manifest_hash), DOCUMENT_LIMIT))
        return known[manifest_hash]

    def readable_manifest(self, number: int, round_number: int) -> Manifest | None:
        """Return a round's manifest, or None where it is missing or malformed."""
        try:
            return self.manifest(number, round_number)
        except MarketError:
            return None
