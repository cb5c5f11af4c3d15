"""A catalogue is believed where it kept its rules, and a listing where it says what the catalogue says."""

from dataclasses import replace
from typing import Any

import pytest

from fedmarket.domain.canonical import blob_id, digest, id_hash
from fedmarket.domain.catalogue import Catalogue, Offered, call
from fedmarket.domain.codec import Amount
from fedmarket.domain.errors import UsageError
from fedmarket.domain.listing import Column, Licence, Listing, Use
from fedmarket.domain.listing_document import write_listing
from fedmarket.domain.reference.state import Event
from fedmarket.record.dataset_search import Query, matches, search
from fedmarket.record.datasets import SLOT, DatasetView, dataset, listed, replay, stored
from fedmarket.record.fold import FoldError
from fedmarket.record.track_record import TrackRecord
from fedmarket.store.memory import MemoryStore
from tests.contracts.cast import account
from tests.domain.listings import APPRAISE, OWNER, TABLE, TRAIN, listing
from tests.domain.refusals import refused

OTHER = account("another owner")
TOKEN = 10**18


class Shelf:
    """A catalogue by the reference, its store, and the way to publish in both."""

    def __init__(self) -> None:
        self.catalogue = Catalogue()
        self.store = MemoryStore()

    def events(self, after_block: int) -> list[Event]:
        return [event for event in self.catalogue.events if event.block > after_block]

    def publish(self, offered: Listing, sender: str | None = None, **prices: Any) -> int:
        hash32 = id_hash(self.store.put(write_listing(offered)))
        on_chain = replace(Offered.of(offered, hash32), **prices)
        number: int = call(self.catalogue, sender or offered.owner, "publish", *on_chain.arguments)
        return number

    def revise(self, number: int, offered: Listing) -> None:
        hash32 = id_hash(self.store.put(write_listing(offered)))
        arguments = Offered.of(offered, hash32).arguments
        call(self.catalogue, offered.owner, "revise", number, offered.version, *arguments)

    def view(self, number: int) -> DatasetView:
        return dataset(listed(self, self.store), number)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


def test_a_dataset_is_seen_as_it_stands(shelf: Shelf) -> None:
    number = shelf.publish(listing())
    view = shelf.view(number)
    assert (view.owner, view.version, view.retired, view.listing, view.fault) == (OWNER, 1, False, listing(), None)
    assert view.hashes == {digest(write_listing(listing()))}


def test_a_revision_replaces_the_offer_and_keeps_the_history(shelf: Shelf) -> None:
    number = shelf.publish(listing())
    dearer = listing(version=2, uses=(replace(TRAIN, price=Amount(130 * TOKEN)),))
    shelf.revise(number, dearer)
    view = shelf.view(number)
    assert view.listing == dearer and view.version == 2 and len(view.hashes) == 2
    call(shelf.catalogue, OWNER, "retire", number)
    assert shelf.view(number).retired


@pytest.mark.parametrize(
    ("offered", "sender", "prices"),
    [
        (listing(), OTHER, {}),
        (listing(version=2), OWNER, {}),
        (listing(), OWNER, {"train_price": 1}),
        (listing(), OWNER, {"uses": 1, "appraise_price": 0}),
        (listing(), OWNER, {"uses": 7}),
    ],
)
def test_a_listing_that_says_something_else_than_the_chain_is_not_believed(
    shelf: Shelf, offered: Listing, sender: str, prices: dict[str, int]
) -> None:
    view = shelf.view(shelf.publish(offered, sender, **prices))
    assert view.listing is None and view.fault is not None
    assert view.fault.error_id == "listing.differs"
    assert view.fault.sentence("zh")


def test_a_listing_that_is_missing_or_none_is_told_and_hides_no_other(shelf: Shelf) -> None:
    shelf.publish(listing())
    junk = shelf.store.put(b"{}")
    for hash32 in (bytes(31) + b"\1", id_hash(junk)):
        call(shelf.catalogue, OWNER, "publish", hash32, 1, 5, 0, 0)
    first, missing, broken = listed(shelf, shelf.store)
    assert first.listing == listing()
    assert missing.fault and missing.fault.error_id == "store.missing"
    assert broken.fault and broken.fault.error_id == "document.wrong_schema"


def contradicted(shelf: Shelf, number: int, **fields: Any) -> list[Event]:
    events = list(shelf.catalogue.events)
    events[number] = replace(events[number], fields={**events[number].fields, **fields})
    return events


def test_events_that_the_rules_would_not_have_logged_are_refused(shelf: Shelf) -> None:
    number = shelf.publish(listing())
    shelf.revise(number, listing(version=2))
    call(shelf.catalogue, OWNER, "retire", number)
    assert replay(shelf.catalogue.events).datasets == shelf.catalogue.datasets
    wrong = [
        contradicted(shelf, 0, dataset=2),
        contradicted(shelf, 0, uses=8),
        contradicted(shelf, 0, copy_price=1),
        contradicted(shelf, 1, owner=OTHER),
        contradicted(shelf, 1, version=3),
        contradicted(shelf, 1, dataset=7),
        contradicted(shelf, 2, owner=OTHER),
        shelf.catalogue.events[1:],
        [*shelf.catalogue.events, shelf.catalogue.events[-1]],
        [shelf.catalogue.events[0], shelf.catalogue.events[2], shelf.catalogue.events[1]],
    ]
    for events in wrong:
        with refused(FoldError, "listing.contradiction"):
            replay(events)


def test_a_stores_own_listings_are_seen_and_rubbish_beside_them_is_told(shelf: Shelf) -> None:
    shelf.store.put_entry(SLOT, write_listing(listing()))
    shelf.store.put_entry(SLOT, b"rubbish")
    views = {view.blob: view for view in stored(shelf.store)}
    good, bad = views[blob_id(digest(write_listing(listing())))], views[blob_id(digest(b"rubbish"))]
    assert (good.number, good.owner, good.listing) == (0, OWNER, listing())
    assert bad.listing is None and bad.fault is not None


def test_an_unknown_dataset_is_refused(shelf: Shelf) -> None:
    shelf.publish(listing())
    with refused(UsageError, "listing.unknown_dataset"):
        shelf.view(2)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query(), True),
        (Query(text="OUTCOMES clinic"), True),
        (Query(text="门诊"), True),
        (Query(text="结局 oncology"), True),
        (Query(text="years"), True),
        (Query(text="outcomes cardiology"), False),
        (Query(columns=("Age", "outcome")), True),
        (Query(columns=("age", "weight")), False),
        (Query(columns=("ag",)), False),
        (Query(task_type="classes"), True),
        (Query(task_type="number"), False),
        (Query(licence="cc-by-4.0"), True),
        (Query(licence="CC0-1.0"), False),
        (Query(use="train"), True),
        (Query(use="copy"), False),
        (Query(use="train", most_price=120 * TOKEN), True),
        (Query(use="train", most_price=120 * TOKEN - 1), False),
        (Query(most_price=5 * TOKEN), True),
        (Query(most_price=4 * TOKEN), False),
        (Query(use="train", day="2027-12-31"), True),
        (Query(use="train", day="2028-01-01"), False),
        (Query(day="2028-01-01"), True),
        (Query(least_rows=200), True),
        (Query(least_rows=201), False),
        (Query(least_paid=1), False),
        (Query(owner=OWNER.lower()), True),
        (Query(owner=OTHER), False),
    ],
)
def test_a_query_finds_what_it_names(shelf: Shelf, query: Query, found: bool) -> None:
    view = shelf.view(shelf.publish(listing(uses=(TRAIN, APPRAISE))))
    assert matches(view, TrackRecord(), query) is found


def test_retired_datasets_are_found_only_when_asked_for(shelf: Shelf) -> None:
    number = shelf.publish(listing())
    call(shelf.catalogue, OWNER, "retire", number)
    view = shelf.view(number)
    assert not matches(view, TrackRecord(), Query())
    assert matches(view, TrackRecord(), Query(retired=True))


def test_results_come_in_the_order_that_is_asked_for(shelf: Shelf) -> None:
    small = listing(table=replace(TABLE, rows=100), published="2026-11-27", uses=(TRAIN,))
    free = Use("train", Amount(0), None, False)
    large = listing(table=replace(TABLE, rows=900), published="2026-11-26", uses=(free,))
    old = listing(published="2026-11-01", licence=Licence("CC0-1.0", None))
    for offered in (small, large, old):
        shelf.publish(offered)
    pairs = [(view, TrackRecord()) for view in listed(shelf, shelf.store)]

    def order(name: str) -> list[int]:
        return [view.number for view, _ in search(pairs, Query(), name)]

    assert order("newest") == [1, 2, 3]
    assert order("rows") == [2, 3, 1]
    assert order("price") == [2, 3, 1]
    assert order("paid") == order("contribution") == [1, 2, 3]
    with refused(UsageError, "listing.unknown_order"):
        order("best")


def test_wide_listings_are_searched_by_their_columns(shelf: Shelf) -> None:
    columns = (*TABLE.columns, *(Column(f"gene {n}", "number", "") for n in range(500)))
    view = shelf.view(shelf.publish(listing(table=replace(TABLE, columns=columns))))
    assert matches(view, TrackRecord(), Query(columns=("GENE 499",)))
