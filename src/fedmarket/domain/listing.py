"""A listing: what an owner offers of a dataset, and on what conditions, as one document whose hash is on chain."""

from dataclasses import dataclass
from enum import StrEnum

from fedmarket.domain.codec import Amount

SCHEMA = "fedmarket/listing/1"
LISTING_LIMIT = 1 << 20
"""Bytes of the largest listing that anybody reads."""
MOST_PRICE = 10**25
"""Base units of the dearest price: ten million tokens; the contract's words hold a little more."""


class UseKind(StrEnum):
    """What may be bought of a dataset, in the order of the contract's bits."""

    TRAIN = "train"
    APPRAISE = "appraise"
    COPY = "copy"


class TaskType(StrEnum):
    """What the target is: classes to tell apart, or a number to estimate."""

    CLASSES = "classes"
    NUMBER = "number"


class Classification(StrEnum):
    """How the owner classifies its data; national core data cannot be traded and have no place here."""

    PUBLIC = "public"
    GENERAL = "general"
    SENSITIVE = "sensitive"
    IMPORTANT = "important"


class PersonalInformation(StrEnum):
    """What the owner's own check says: no persons in it, persons made unrecognisable, or persons who consented."""

    NONE = "none"
    ANONYMISED = "anonymised"
    CONSENTED = "consented"


class Delivery(StrEnum):
    """How a buyer gets it: training where the data are, an encrypted copy, or either."""

    IN_PLACE = "in_place"
    COPY = "copy"
    BOTH = "both"


class Billing(StrEnum):
    """What a price is for."""

    PER_TASK = "per_task"
    PER_USE = "per_use"


@dataclass(frozen=True)
class Licence:
    """An SPDX id, or a LicenseRef with the sha256 of its text (32 bytes)."""

    identifier: str
    text_hash: bytes | None


@dataclass(frozen=True)
class Use:
    """One use (a UseKind), its price in base units of the catalogue's token, and its last day (ISO date) or none.

    `attribution` says that the owner must be named.
    """

    kind: str
    price: Amount
    until: str | None
    attribution: bool


@dataclass(frozen=True)
class Column:
    """A column by its name, what it holds (as `dataset check` says), and the owner's words about it, if any."""

    name: str
    holds: str
    description: str


@dataclass(frozen=True)
class TableFacts:
    """The table: its media type, rows, bytes and columns, and what is predicted (a TaskType).

    `commitment` is the sha256 of 32 secret bytes and the file: it fixes the data and tells nobody who guesses them.
    """

    media_type: str
    rows: int
    size: int
    commitment: bytes
    columns: tuple[Column, ...]
    target: str
    task_type: str


@dataclass(frozen=True)
class Provenance:
    """Where the data come from and what they may be used for: the fields of data-exchange practice.

    `authorisation` is the chain of who allowed whom, the origin first. `reviewed` are (column, reason) of columns that
    seem to name persons and that the owner vouches for.
    """

    lawful_source: str
    authorisation: tuple[str, ...]
    classification: str
    personal_information: str
    personal_statement: str
    reviewed: tuple[tuple[str, str], ...]
    use_case: str
    delivery: str
    billing: str
    term: str
    updated: str


@dataclass(frozen=True)
class QualityLine:
    """A finding of `dataset check` by its id, and the column that it is about, or nothing."""

    finding: str
    column: str


@dataclass(frozen=True)
class Evidence:
    """A document that the owner shows on request, such as a compliance report: its title and sha256."""

    title: str
    hash: bytes


@dataclass(frozen=True)
class Count:
    """Rows of a column that hold a value; negative where noise made it so."""

    column: str
    value: str
    rows: str


@dataclass(frozen=True)
class Moment:
    """Mean and standard deviation of a column of numbers, as decimal strings."""

    column: str
    mean: str
    deviation: str


@dataclass(frozen=True)
class Statistics:
    """Aggregates that the owner chose to show; `epsilon` is the whole privacy budget of their noise, or none."""

    epsilon: str | None
    moments: tuple[Moment, ...]
    counts: tuple[Count, ...]


@dataclass(frozen=True)
class Chunks:
    """What a copy is checked by: the Merkle root of its salted chunks, and how many there are of how many bytes."""

    root: bytes
    count: int
    chunk_size: int


@dataclass(frozen=True)
class Listing:
    """One version of an offer; `listing_document` writes it, `listing_rules` judges it.

    `published` is an ISO date and `version` counts from 1, as the contract's does.
    """

    owner: str
    name: str
    description: str
    publisher: str
    keywords: tuple[str, ...]
    language: str
    published: str
    version: int
    table: TableFacts
    licence: Licence
    uses: tuple[Use, ...]
    provenance: Provenance
    quality: tuple[QualityLine, ...]
    evidence: tuple[Evidence, ...]
    statistics: Statistics | None
    chunks: Chunks | None

    def use(self, kind: str) -> Use | None:
        """Return one use, or None where it is not offered."""
        return next((use for use in self.uses if use.kind == kind), None)
