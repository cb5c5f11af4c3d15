"""Datasets as a catalogue's events and a store's listings tell of them.

Events are replayed on the reference, so whoever reads the catalogue checks that it kept its rules; a listing is
believed only where it names the owner, the version and the prices that are on chain.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from fedmarket.domain.canonical import blob_id, id_hash
from fedmarket.domain.catalogue import CATALOGUE_EVENTS, Catalogue, Dataset, Offered, call
from fedmarket.domain.errors import MarketError, RefusedError, UsageError
from fedmarket.domain.listing import LISTING_LIMIT, Listing
from fedmarket.domain.listing_document import read_listing
from fedmarket.domain.reference.state import Event
from fedmarket.record.fold import FoldError
from fedmarket.store.blobs import Store

SLOT = "listings"
"""Where listings lie in a store that no catalogue tells of."""
MOST_LISTINGS = 100_000
VERBS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Published": ("publish", ("listing", "uses", "train_price", "appraise_price", "copy_price")),
    "Revised": (
        "revise",
        ("dataset", "version", "listing", "uses", "train_price", "appraise_price", "copy_price"),
    ),
    "Retired": ("retire", ("dataset",)),
}
"""The verb behind each event, and which of its fields are the verb's arguments."""


class EventSource(Protocol):
    """A catalogue that can be read."""

    def events(self, after_block: int) -> list[Event]:
        """Return its events in blocks > `after_block`, in order."""


@dataclass(frozen=True)
class DatasetView:
    """A dataset as it is offered, or was last.

    `number` is 0 and `offers` are empty for a listing that is only in a store: its owner is then its own word.
    `listing` is None where `fault` says why it cannot be read or believed.
    """

    number: int
    owner: str
    version: int
    retired: bool
    blob: str
    offers: tuple[Offered, ...]
    listing: Listing | None
    fault: MarketError | None = None

    @property
    def hashes(self) -> frozenset[bytes]:
        """The hashes of all its listings: what a provider joins a task with."""
        return frozenset(offered.listing for offered in self.offers) or frozenset({id_hash(self.blob)})


def replay(events: list[Event]) -> Catalogue:
    """Return the catalogue that events lead to; raises FoldError where its rules would not have logged them."""
    catalogue = Catalogue()
    for event in events:
        if event.name not in CATALOGUE_EVENTS:
            continue
        verb, names = VERBS[event.name]
        catalogue.now, catalogue.block = event.timestamp, event.block
        try:
            call(catalogue, event.fields["owner"], verb, *(event.fields[name] for name in names))
        except MarketError as refusal:
            raise FoldError("listing.contradiction", event=event.name, block=event.block, detail=refusal) from refusal
        if catalogue.events[-1] != event:
            raise FoldError("listing.contradiction", event=event.name, block=event.block, detail="-")
    return catalogue


def listed(source: EventSource, store: Store) -> list[DatasetView]:
    """Return every dataset of a catalogue, in the order of their numbers. Raises ChainError, FoldError."""
    catalogue = replay(source.events(0))
    return [_view(number, dataset, store) for number, dataset in catalogue.datasets.items()]


def stored(store: Store) -> Iterator[DatasetView]:
    """Yield the listings in a store that no catalogue tells of; raises StoreError."""
    for blob in store.entries(SLOT, MOST_LISTINGS):
        found, fault = _attempt(lambda blob=blob: read_listing(store.get(blob, LISTING_LIMIT)))  # type: ignore[misc]
        owner, version = (found.owner, found.version) if found else ("", 0)
        yield DatasetView(0, owner, version, False, blob, (), found, fault)


def dataset(views: list[DatasetView], number: int) -> DatasetView:
    """Return one dataset; raises UsageError for a number that there is none of."""
    found = next((view for view in views if view.number == number), None)
    if found is None:
        known = ", ".join(str(view.number) for view in views[:20]) or "-"
        raise UsageError("listing.unknown_dataset", dataset=number, known=known)
    return found


def _view(number: int, found: Dataset, store: Store) -> DatasetView:
    blob = blob_id(found.offer.listing)
    listing, fault = _attempt(lambda: _believed(found, store.get(blob, LISTING_LIMIT)))
    return DatasetView(number, found.owner, found.version, found.retired, blob, tuple(found.offers), listing, fault)


def _believed(found: Dataset, data: bytes) -> Listing:
    """Read a listing that must say what the chain says. Raises RefusedError where it does not."""
    listing = read_listing(data)
    same = (listing.owner, listing.version) == (found.owner, found.version)
    if not same or Offered.of(listing, found.offer.listing) != found.offer:
        raise RefusedError("listing.differs", owner=found.owner, version=found.version)
    return listing


def _attempt(read: Callable[[], Listing]) -> tuple[Listing | None, MarketError | None]:
    try:
        return read(), None
    except MarketError as fault:
        return None, fault
