"""Which datasets somebody looks for: by words, columns, target, licence, use, price, rows, and record."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from fedmarket.domain.errors import UsageError
from fedmarket.domain.listing import Listing, UseKind
from fedmarket.record.datasets import DatasetView
from fedmarket.record.track_record import TrackRecord

Found = tuple[DatasetView, TrackRecord]


@dataclass(frozen=True)
class Query:
    """What is looked for; what is None or empty does not matter.

    Every word of `text` stands in the listing's own words or columns; `columns` are columns by name; `most_price` is in
    base units, for `use`, or for any use where none is named; `least_paid` counts tasks that it was paid for.
    """

    text: str = ""
    columns: tuple[str, ...] = ()
    task_type: str | None = None
    licence: str | None = None
    use: str | None = None
    most_price: int | None = None
    least_rows: int = 0
    least_paid: int = 0
    owner: str | None = None
    retired: bool = False
    day: str = ""
    """A use that ended before this day (ISO) is no longer offered."""


ORDERS: Mapping[str, Callable[[Found], tuple[object, ...]]] = {
    "newest": lambda found: (found[0].listing is None, _later(found[0])),
    "rows": lambda found: (-found[0].listing.table.rows if found[0].listing else 0,),
    "price": lambda found: (_cheapest(found[0].listing) if found[0].listing else 0,),
    "paid": lambda found: (-found[1].paid, -found[1].owed),
    "contribution": lambda found: (-(found[1].against_equal or Fraction(-1)),),
}
"""How results can be sorted; equal ones by number, then by blob."""


def search(found: Iterable[Found], query: Query, order: str = "newest") -> list[Found]:
    """Return what matches, in an order of ORDERS. A listing that cannot be read matches nothing. Raises UsageError."""
    if order not in ORDERS:
        raise UsageError("listing.unknown_order", order=order[:40], known=", ".join(ORDERS))
    kept = [pair for pair in found if matches(*pair, query)]
    return sorted(kept, key=lambda pair: (*ORDERS[order](pair), pair[0].number, pair[0].blob))


def matches(view: DatasetView, track: TrackRecord, query: Query) -> bool:
    """Tell whether a dataset is what somebody looks for."""
    listing = view.listing
    if listing is None or (view.retired and not query.retired):
        return False
    names = {column.name.casefold() for column in listing.table.columns}
    return (
        all(word in _words(listing) for word in query.text.casefold().split())
        and all(column.casefold() in names for column in query.columns)
        and query.task_type in (None, listing.table.task_type)
        and (query.licence is None or query.licence.casefold() == listing.licence.identifier.casefold())
        and _offered(listing, query)
        and listing.table.rows >= query.least_rows
        and track.paid >= query.least_paid
        and (query.owner is None or query.owner.casefold() == view.owner.casefold())
    )


def _offered(listing: Listing, query: Query) -> bool:
    uses = [use for use in listing.uses if query.use in (None, use.kind)]
    uses = [use for use in uses if use.until is None or use.until >= query.day]
    return any(query.most_price is None or use.price <= query.most_price for use in uses)


def _words(listing: Listing) -> str:
    said = (listing.name, listing.description, listing.publisher, *listing.keywords, listing.provenance.use_case)
    columns = (part for column in listing.table.columns for part in (column.name, column.description))
    return "\n".join((*said, *columns)).casefold()


def _cheapest(listing: Listing) -> int:
    return min(use.price for use in listing.uses)


def _later(view: DatasetView) -> int:
    """Return a number that is smaller the later a listing was published."""
    return -int(view.listing.published.replace("-", "")) if view.listing else 0


def check_use(use: str | None) -> None:
    """Refuse a use that there is none of; raises UsageError."""
    if use is not None and use not in list(UseKind):
        raise UsageError("listing.bad_choice", field="use", value=ascii(use[:40])[1:-1], known=", ".join(UseKind))
