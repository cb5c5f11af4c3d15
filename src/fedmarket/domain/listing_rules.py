"""What a listing must keep to be offered at all; everybody who reads one judges it by the same rules."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from fedmarket.domain.accounts import checksum
from fedmarket.domain.licence_id import is_own, near, spdx_ids
from fedmarket.domain.listing import (
    MOST_PRICE,
    Billing,
    Classification,
    Delivery,
    Licence,
    Listing,
    PersonalInformation,
    Provenance,
    Statistics,
    TaskType,
    Use,
    UseKind,
)
from fedmarket.domain.plain_text import ListingError, check_text
from fedmarket.domain.rates import DECIMAL

NAME, PHRASE, STATEMENT, DESCRIPTION = 120, 200, 4_000, 10_000
"""Characters of the longest name, phrase, statement and description."""
MOST_KEYWORDS, MOST_COLUMNS, MOST_LINES = 20, 2_000, 10_000
LANGUAGES = ("en", "zh")
MEDIA_TYPES = ("text/csv", "text/tab-separated-values", "application/vnd.apache.parquet", "application/x-npz")
MOST_ROWS, MOST_BYTES = 10**12, 2**53 - 1


def check_listing(listing: Listing) -> None:
    """Raise ListingError where a listing cannot be offered, naming the field; AccountError for a bad owner."""
    if checksum(listing.owner) != listing.owner:
        raise ListingError("listing.bad_choice", field="owner", value=listing.owner[:40], known="an EIP-55 address")
    check_text("name", listing.name, NAME)
    check_text("description", listing.description, DESCRIPTION, lines=True)
    check_text("publisher", listing.publisher, NAME)
    _check_distinct("keywords", listing.keywords, MOST_KEYWORDS)
    for keyword in listing.keywords:
        check_text("keywords", keyword, NAME)
    _check_choice("language", listing.language, LANGUAGES)
    _check_day("published", listing.published)
    _check_between("version", listing.version, 1, 2**31)
    _check_table(listing)
    check_licence(listing.licence)
    _check_uses(listing)
    _check_provenance(listing.provenance, [column.name for column in listing.table.columns])
    _check_quality(listing)
    if listing.statistics is not None:
        _check_statistics(listing.statistics)


def check_licence(licence: Licence) -> None:
    """Refuse an id that is on no list, and an own text without its hash."""
    if is_own(licence.identifier):
        if licence.text_hash is None:
            raise ListingError("listing.licence_without_text", licence=licence.identifier)
    elif licence.identifier not in spdx_ids():
        found = licence.identifier[:64]
        raise ListingError("listing.unknown_licence", licence=ascii(found)[1:-1], near=near(licence.identifier))
    if licence.text_hash is not None and (len(licence.text_hash) != 32 or not is_own(licence.identifier)):
        raise ListingError("listing.bad_hash", field="licence")


def check_price(kind: str, price: int) -> None:
    """Refuse a price that nobody can mean."""
    if not 0 <= price <= MOST_PRICE:
        tokens = f"{MOST_PRICE // 10**18:,}"
        raise ListingError("listing.absurd_price", use=kind, price=f"{price // 10**18:,}", limit=tokens)


def _check_table(listing: Listing) -> None:
    table = listing.table
    _check_choice("media type", table.media_type, MEDIA_TYPES)
    _check_between("rows", table.rows, 1, MOST_ROWS)
    _check_between("size", table.size, 1, MOST_BYTES)
    _check_choice("task type", table.task_type, TaskType)
    if len(table.commitment) != 32:
        raise ListingError("listing.bad_hash", field="commitment")
    names = [column.name for column in table.columns]
    _check_distinct("columns", names, MOST_COLUMNS)
    for column in table.columns:
        check_text("column's name", column.name, PHRASE)
        check_text("column's content", column.holds, NAME)
        check_text("column's description", column.description, STATEMENT, lines=True, empty=True)
    if table.target not in names:
        raise ListingError("listing.unknown_column", field="target", column=table.target[:40])


def _check_uses(listing: Listing) -> None:
    if not listing.uses:
        raise ListingError("listing.no_use")
    _check_distinct("uses", [use.kind for use in listing.uses], len(UseKind))
    for use in listing.uses:
        _check_use(use, listing.published)
    if [use.kind for use in listing.uses] != [kind for kind in UseKind if listing.use(kind)]:
        raise ListingError("listing.unordered", field="uses")
    copied = listing.use(UseKind.COPY) is not None
    if copied and listing.chunks is None:
        raise ListingError("listing.copy_without_chunks")
    if listing.chunks is not None:
        if not copied or len(listing.chunks.root) != 32:
            raise ListingError("listing.bad_hash", field="chunks")
        _check_between("chunks", listing.chunks.count, 1, MOST_BYTES)
        _check_between("chunk size", listing.chunks.chunk_size, 1, MOST_BYTES)
    wanted = Delivery.IN_PLACE if not copied else Delivery.COPY if len(listing.uses) == 1 else Delivery.BOTH
    if listing.provenance.delivery != wanted:
        raise ListingError("listing.delivery_differs", delivery=listing.provenance.delivery[:40], wanted=str(wanted))


def _check_use(use: Use, published: str) -> None:
    _check_choice("use", use.kind, UseKind)
    check_price(use.kind, use.price)
    if use.until is not None:
        _check_day("until", use.until)
        if use.until < published:
            raise ListingError("listing.ended_before", use=use.kind, until=use.until, published=published)


def _check_provenance(said: Provenance, columns: list[str]) -> None:
    check_text("lawful_source", said.lawful_source, STATEMENT, lines=True)
    _check_distinct("authorisation", said.authorisation, MOST_KEYWORDS)
    if not said.authorisation:
        raise ListingError("listing.text_missing", field="authorisation")
    for link in said.authorisation:
        check_text("authorisation", link, STATEMENT)
    _check_choice("classification", said.classification, Classification)
    _check_choice("personal_information", said.personal_information, PersonalInformation)
    check_text("personal_statement", said.personal_statement, STATEMENT, lines=True)
    check_text("use_case", said.use_case, STATEMENT, lines=True)
    _check_choice("delivery", said.delivery, Delivery)
    _check_choice("billing", said.billing, Billing)
    check_text("term", said.term, STATEMENT)
    check_text("updated", said.updated, PHRASE)
    _check_distinct("reviewed", [column for column, _ in said.reviewed], MOST_COLUMNS)
    for column, reason in said.reviewed:
        if column not in columns:
            raise ListingError("listing.unknown_column", field="reviewed", column=column[:40])
        check_text("reviewed", reason, STATEMENT)


def _check_quality(listing: Listing) -> None:
    _check_between("findings", len(listing.quality), 0, MOST_LINES)
    for line in listing.quality:
        check_text("finding", line.finding, NAME)
        check_text("finding's column", line.column, PHRASE, empty=True)
    _check_distinct("evidence", [document.title for document in listing.evidence], MOST_KEYWORDS)
    for document in listing.evidence:
        check_text("evidence", document.title, PHRASE)
        if len(document.hash) != 32:
            raise ListingError("listing.bad_hash", field="evidence")


def _check_statistics(statistics: Statistics) -> None:
    numbers = [value for moment in statistics.moments for value in (moment.mean, moment.deviation)]
    numbers += [count.rows for count in statistics.counts]
    numbers += [statistics.epsilon] if statistics.epsilon is not None else []
    for number in numbers:
        if not DECIMAL.fullmatch(number):
            raise ListingError("listing.bad_choice", field="statistics", value=number[:40], known="decimal numbers")
    _check_between("statistics", len(numbers), 0, MOST_LINES)
    for count in statistics.counts:
        check_text("statistics", count.value, PHRASE)


def _check_choice(field: str, value: str, known: Iterable[str] | type[StrEnum]) -> None:
    if value not in list(known):
        raise ListingError("listing.bad_choice", field=field, value=ascii(value[:40])[1:-1], known=", ".join(known))


def _check_between(field: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ListingError("listing.out_of_range", field=field, value=value, least=least, most=most)


def _check_distinct(field: str, values: Iterable[str], most: int) -> None:
    found = list(values)
    _check_between(field, len(found), 0, most)
    if len(set(found)) < len(found):
        twice = next(value for place, value in enumerate(found) if value in found[:place])
        raise ListingError("listing.twice", field=field, value=ascii(twice[:40])[1:-1])


def _check_day(field: str, text: str) -> None:
    try:
        sound = len(text) == len("2026-01-31") and date.fromisoformat(text).isoformat() == text
    except ValueError:
        sound = False
    if not sound:
        raise ListingError("listing.bad_day", field=field, value=ascii(text[:40])[1:-1])
