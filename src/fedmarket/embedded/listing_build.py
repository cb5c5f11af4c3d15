"""A listing made of a checked file and of its owner's words. No cell of the file goes into it.

What comes from the rows: their number, the names of columns and what kind each holds, which findings there were, a
salted hash, and aggregates where the owner says so.
"""

from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

from fedmarket.domain.accounts import address_of
from fedmarket.domain.derive import hkdf
from fedmarket.domain.discrete_laplace import draws
from fedmarket.domain.errors import DataError, SystemFault
from fedmarket.domain.listing import (
    Chunks,
    Column,
    Delivery,
    Listing,
    Provenance,
    QualityLine,
    TableFacts,
    TaskType,
    UseKind,
)
from fedmarket.domain.listing_rules import check_listing
from fedmarket.domain.plain_text import ListingError
from fedmarket.embedded.about_file import About
from fedmarket.learning.file_check import FileCheck, Level
from fedmarket.learning.table_statistics import statistics_of

SALT = 32
PART = 1 << 20
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".txt": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".parquet": "application/vnd.apache.parquet",
    ".pq": "application/vnd.apache.parquet",
    ".npz": "application/x-npz",
}


def build_listing(
    check: FileCheck, about: About, secret: bytes, today: date, chunks: Chunks | None = None, version: int = 1
) -> Listing:
    """Return the listing of a file that `check` found usable, by the owner of the 32-byte key `secret`.

    `chunks` says how a copy can be checked, which only a listing that sells copies has. Raises ListingError: unusable,
    identifiers_found, copy_left_out, and what `check_listing` and `statistics_of` raise; DataError where the file
    cannot be read again.
    """
    _refuse_unfit(check, about)
    content = _file_hash(check.path)
    provenance = Provenance(**about.provenance, reviewed=about.reviewed, delivery=_delivery(about))
    listing = Listing(
        owner=address_of(secret),
        name=about.name,
        description=about.description,
        publisher=about.publisher,
        keywords=about.keywords,
        language=about.language,
        published=today.isoformat(),
        version=version,
        table=_table(check, about, salted_hash(check.path, listing_salt(secret, content))),
        licence=about.licence,
        uses=about.uses,
        provenance=provenance,
        quality=_quality(check),
        evidence=about.evidence,
        statistics=None,
        chunks=chunks,
    )
    if about.shown is not None and check.sheet is not None:
        draw = draws(secret, "listing noise", content, about.shown.digest)
        shown = statistics_of(check.sheet, about.shown, draw)
        listing = replace(listing, statistics=shown)
    check_listing(listing)
    return listing


def listing_salt(secret: bytes, content: bytes) -> bytes:
    """Return the 32 bytes that stand before a file in its commitment; `content` is the file's sha256."""
    return hkdf(secret, "listing salt", content)


def salted_hash(path: Path, salt: bytes) -> bytes:
    """Return the sha256 of the salt and a file's bytes; raises DataError where it cannot be read."""
    digest = sha256(salt)
    try:
        with path.open("rb") as file:
            while part := file.read(PART):
                digest.update(part)
    except OSError as error:
        raise DataError("data.unreadable", path=str(path), detail=SystemFault.of(error)) from error
    return digest.digest()


def _file_hash(path: Path) -> bytes:
    return salted_hash(path, b"")


def _refuse_unfit(check: FileCheck, about: About) -> None:
    fault = next((finding for finding in check.findings if finding.level is Level.FAULT), None)
    if fault is not None:
        raise ListingError("listing.unusable", fault=fault.remark)
    reviewed = {column for column, _ in about.reviewed}
    for column, kind in check.identifiers.items():
        if column not in reviewed:
            raise ListingError("listing.identifiers_found", column=column[:40], kind=kind)
    left_out = [note.name for note in check.columns if note.kind == "without"]
    if left_out and any(use.kind == UseKind.COPY for use in about.uses):
        raise ListingError("listing.copy_left_out", column=left_out[0][:40])
    known = {note.name for note in check.columns}
    for column in about.columns:
        if column not in known:
            raise ListingError("listing.unknown_column", field="columns", column=column[:40])


def _delivery(about: About) -> str:
    copied = any(use.kind == UseKind.COPY for use in about.uses)
    if not copied:
        return str(Delivery.IN_PLACE)
    return str(Delivery.COPY if len(about.uses) == 1 else Delivery.BOTH)


def _table(check: FileCheck, about: About, commitment: bytes) -> TableFacts:
    target = next((note.name for note in check.columns if note.kind == "target"), "")
    number = check.target is not None and check.target.is_number
    kept = [note for note in check.columns if note.kind != "without"]
    return TableFacts(
        media_type=MEDIA_TYPES[check.path.suffix.lower()],
        rows=check.rows,
        size=check.path.stat().st_size,
        commitment=commitment,
        columns=tuple(Column(note.name, note.kind, about.columns.get(note.name, "")) for note in kept),
        target=target,
        task_type=str(TaskType.NUMBER if number else TaskType.CLASSES),
    )


def _quality(check: FileCheck) -> tuple[QualityLine, ...]:
    """Return the findings by id and column: their sentences may quote cells and stay with the owner."""
    lines = {QualityLine(finding.name, finding.column): None for finding in check.findings}
    return tuple(lines)
