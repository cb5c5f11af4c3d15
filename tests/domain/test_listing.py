"""What may not be offered is refused by name, and a document whose parts disagree is none."""

import json
from dataclasses import replace
from typing import Any

import pytest

from fedmarket.domain import canonical
from fedmarket.domain.codec import Amount
from fedmarket.domain.errors import DocumentError
from fedmarket.domain.licence_id import spdx_ids
from fedmarket.domain.listing import LISTING_LIMIT, Column, Licence, Listing, QualityLine, Statistics
from fedmarket.domain.listing_document import read_listing, write_listing
from fedmarket.domain.listing_rules import check_listing
from fedmarket.domain.plain_text import ListingError
from tests.domain.listings import APPRAISE, CHUNKS, COPY, PROVENANCE, STATISTICS, TABLE, TRAIN, listing
from tests.domain.refusals import refused


def said(**changes: Any) -> Listing:
    return listing(provenance=replace(PROVENANCE, **changes))


def with_table(**changes: Any) -> Listing:
    return listing(table=replace(TABLE, **changes))


def test_a_listing_reads_back_as_it_was_written() -> None:
    for offered in (
        listing(),
        listing(statistics=None, evidence=(), keywords=()),
        listing(uses=(COPY,), chunks=CHUNKS, provenance=replace(PROVENANCE, delivery="copy")),
        listing(uses=(TRAIN, COPY), chunks=CHUNKS, provenance=replace(PROVENANCE, delivery="both")),
        listing(licence=Licence("LicenseRef-Clinic-1", bytes(32))),
    ):
        assert read_listing(write_listing(offered)) == offered


@pytest.mark.parametrize(
    ("offered", "error_id"),
    [
        (listing(licence=Licence("CC-BY-5.0", None)), "unknown_licence"),
        (listing(licence=Licence("cc-by-4.0", None)), "unknown_licence"),
        (listing(licence=Licence("", None)), "unknown_licence"),
        (listing(licence=Licence("Proprietary\u202e", None)), "unknown_licence"),
        (listing(licence=Licence("LicenseRef-Clinic", None)), "licence_without_text"),
        (listing(licence=Licence("LicenseRef-", bytes(32))), "unknown_licence"),
        (listing(licence=Licence("CC-BY-4.0", bytes(32))), "bad_hash"),
        (listing(uses=(replace(TRAIN, price=Amount(10**25 + 1)),)), "absurd_price"),
        (listing(uses=(replace(TRAIN, price=Amount(2**256)),)), "absurd_price"),
        (listing(uses=()), "no_use"),
        (listing(uses=(TRAIN, TRAIN)), "twice"),
        (listing(uses=(APPRAISE, TRAIN)), "unordered"),
        (listing(uses=(replace(TRAIN, kind="rent"),)), "bad_choice"),
        (listing(uses=(replace(TRAIN, until="2026-11-24"),)), "ended_before"),
        (listing(uses=(replace(TRAIN, until="2027-02-29"),)), "bad_day"),
        (listing(uses=(replace(TRAIN, until="20270228"),)), "bad_day"),
        (listing(uses=(TRAIN, COPY), provenance=replace(PROVENANCE, delivery="both")), "copy_without_chunks"),
        (listing(uses=(TRAIN, COPY), chunks=CHUNKS), "delivery_differs"),
        (listing(chunks=CHUNKS), "bad_hash"),
        (listing(name=""), "text_missing"),
        (listing(name=" \u3000"), "text_missing"),
        (listing(name="a\nb"), "control_character"),
        (listing(name="a\x1b[31mb"), "control_character"),
        (listing(name="a\x00b"), "control_character"),
        (listing(name="a\u202eb"), "reordering_character"),
        (listing(description="a\u2066b"), "reordering_character"),
        (listing(description="a\u200fb"), "reordering_character"),
        (listing(description="a\u200bb"), "hidden_character"),
        (listing(publisher="\ufeffa"), "hidden_character"),
        (listing(publisher="a\ud800"), "control_character"),
        (listing(name="Cafe\u0301"), "not_normal"),
        (listing(description="a" * 10_000_000), "text_too_long"),
        (listing(keywords=("a",) * 2), "twice"),
        (listing(keywords=tuple(map(str, range(21)))), "out_of_range"),
        (listing(language="fr"), "bad_choice"),
        (listing(published="today"), "bad_day"),
        (listing(version=0), "out_of_range"),
        (said(use_case=""), "text_missing"),
        (said(lawful_source=" "), "text_missing"),
        (said(authorisation=()), "text_missing"),
        (said(classification="core"), "bad_choice"),
        (said(personal_information="unknown"), "bad_choice"),
        (said(billing="per_month"), "bad_choice"),
        (said(reviewed=(("weight", "no"),)), "unknown_column"),
        (with_table(rows=0), "out_of_range"),
        (with_table(target="sex"), "unknown_column"),
        (with_table(columns=(*TABLE.columns, Column("age", "number", ""))), "twice"),
        (with_table(columns=(*TABLE.columns, Column("a\u202e", "number", ""))), "reordering_character"),
        (with_table(media_type="text/html"), "bad_choice"),
        (with_table(commitment=b"short"), "bad_hash"),
        (listing(quality=(QualityLine("a\x07", ""),)), "control_character"),
        (listing(statistics=Statistics("many", (), ())), "bad_choice"),
        (listing(statistics=replace(STATISTICS, epsilon="1e3")), "bad_choice"),
    ],
)
def test_what_cannot_be_offered_is_refused_when_written_and_when_read(offered: Listing, error_id: str) -> None:
    with refused(ListingError, f"listing.{error_id}"):
        check_listing(offered)
    with refused(ListingError, f"listing.{error_id}"):
        write_listing(offered)


def test_an_unknown_licence_is_told_what_was_meant() -> None:
    with pytest.raises(ListingError) as refusal:
        check_listing(listing(licence=Licence("cc-by-4.0", None)))
    assert "CC-BY-4.0" in refusal.value.sentence() and "CC-BY-4.0" in refusal.value.sentence("zh")


def test_the_licences_that_data_are_offered_under_are_known() -> None:
    assert {"CC0-1.0", "CC-BY-4.0", "CC-BY-NC-4.0", "CDLA-Permissive-2.0", "ODbL-1.0", "MulanPSL-2.0"} <= spdx_ids()
    assert len(spdx_ids()) > 600


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document.update(name="Another name"),
        lambda document: document.update(license="https://spdx.org/licenses/CC0-1.0"),
        lambda document: document["distribution"][0].update(sha256="00" * 32),
        lambda document: document["hasPolicy"]["permission"][0]["duty"][0]["constraint"][0].update(rightOperand="1"),
        lambda document: document["recordSet"][0]["field"].pop(),
        lambda document: document.update(url="https://example.org"),
        lambda document: document["@context"].update(name="https://example.org/other"),
        lambda document: document["listing"]["provenance"].update(use_case="Anything."),
    ],
)
def test_a_document_whose_parts_disagree_is_refused(change: Any) -> None:
    document = json.loads(write_listing(listing()))
    change(document)
    try:
        read_listing(canonical.encode(document))
    except DocumentError as refusal:
        assert refusal.error_id == "document.bad_field"
    else:
        # What stands in the listing alone may change: it is then another listing.
        assert read_listing(canonical.encode(document)) != listing()


def test_a_document_of_more_than_a_mebibyte_is_not_even_parsed() -> None:
    with refused(DocumentError, "document.too_large"):
        read_listing(b"[" * (LISTING_LIMIT + 1))
    columns = tuple(Column(f"c{n}", "number", "x" * 900) for n in range(1_990))
    with refused(DocumentError, "document.too_large"):
        write_listing(with_table(columns=(*TABLE.columns, *columns)))


def test_foreign_bytes_are_no_listing() -> None:
    for data in (b"", b"{}", b"null", b"\xff", b'{"schema":"fedmarket/listing/1"}', b'{"schema":"fedmarket/terms/1"}'):
        with pytest.raises(DocumentError):
            read_listing(data)
    spaced = json.dumps(json.loads(write_listing(listing()))).encode()
    with refused(DocumentError, "document.not_canonical"):
        read_listing(spaced)
