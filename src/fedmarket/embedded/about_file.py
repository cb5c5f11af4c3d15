"""What an owner says of its data in its own words: a TOML file, read strictly."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from fedmarket.domain.errors import SystemFault
from fedmarket.domain.listing import Evidence, Licence, Use, UseKind
from fedmarket.domain.listing_price import price_units
from fedmarket.domain.plain_text import ListingError
from fedmarket.learning.table_statistics import Shown

MOST_BYTES = 1 << 20
TOP = ("name", "description", "publisher", "language", "licence")
OPTIONAL = (*("keywords", "licence_text", "uses", "provenance", "reviewed", "columns", "statistics", "evidence"),)
PROVENANCE = (
    *("lawful_source", "authorisation", "classification", "personal_information", "personal_statement"),
    *("use_case", "billing", "term", "updated"),
)
TEXT, TEXTS, TABLE, TABLES, TRUTH = "a text", "a list of texts", "a table", "a list of tables", "true or false"


@dataclass(frozen=True)
class About:
    """The owner's words; `provenance` by the field's name, `columns` descriptions by column."""

    name: str
    description: str
    publisher: str
    language: str
    licence: Licence
    keywords: tuple[str, ...]
    uses: tuple[Use, ...]
    provenance: Mapping[str, Any]
    reviewed: tuple[tuple[str, str], ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    shown: Shown | None = None
    evidence: tuple[Evidence, ...] = ()


def read_about(path: Path) -> About:
    """Read the file; files that it names are hashed where they lie, beside it.

    Raises ListingError: about_unreadable, about_not_toml, bad_field, bad_price, absurd_price.
    """
    data = _bytes(path)
    try:
        found = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ListingError("listing.about_not_toml", path=path, detail=str(error)[:120]) from error
    return _Reader(path).about(found)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ListingError("listing.about_unreadable", path=path, detail=SystemFault.of(error)) from error
    if len(data) > MOST_BYTES:
        raise ListingError("listing.text_too_long", field=path, length=f"> {MOST_BYTES:,}", limit=f"{MOST_BYTES:,}")
    return data


@dataclass(frozen=True)
class _Reader:
    """Takes values out of parsed TOML; a value of another kind, or a name nobody knows, is refused by its path."""

    path: Path

    def about(self, found: Mapping[str, Any]) -> About:
        self.known("", found, TOP, OPTIONAL)
        texts = {name: self.take(found, name, TEXT) for name in TOP if name != "licence"}
        return About(
            **texts,
            licence=self.licence(found),
            keywords=tuple(self.take(found, "keywords", TEXTS, [])),
            uses=tuple(self.uses(self.take(found, "uses", TABLE, {}))),
            provenance=self.provenance(self.take(found, "provenance", TABLE)),
            reviewed=tuple(self.reviewed(self.take(found, "reviewed", TABLES, []))),
            columns=self.columns(self.take(found, "columns", TABLE, {})),
            shown=self.shown(self.take(found, "statistics", TABLE, {})),
            evidence=tuple(self.evidence(self.take(found, "evidence", TABLES, []))),
        )

    def licence(self, found: Mapping[str, Any]) -> Licence:
        identifier = self.take(found, "licence", TEXT)
        text = self.take(found, "licence_text", TEXT, "")
        return Licence(identifier, self.hash_of(text) if text else None)

    def uses(self, found: Mapping[str, Any]) -> Iterator[Use]:
        self.known("uses", found, (), tuple(UseKind))
        for kind in UseKind:
            if kind in found:
                one = self.take(found, kind, TABLE, within="uses")
                self.known(f"uses.{kind}", one, ("price",), ("until", "attribution"))
                price = price_units(kind, self.take(one, "price", TEXT, within=f"uses.{kind}"))
                until = self.take(one, "until", TEXT, "", within=f"uses.{kind}") or None
                yield Use(str(kind), price, until, self.take(one, "attribution", TRUTH, False, within=f"uses.{kind}"))

    def provenance(self, found: Mapping[str, Any]) -> dict[str, Any]:
        self.known("provenance", found, PROVENANCE, ())
        kinds = {name: TEXTS if name == "authorisation" else TEXT for name in PROVENANCE}
        said = {name: self.take(found, name, kind, within="provenance") for name, kind in kinds.items()}
        return {**said, "authorisation": tuple(said["authorisation"])}

    def reviewed(self, found: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
        for one in found:
            self.known("reviewed", one, ("column", "reason"), ())
            yield self.take(one, "column", TEXT, within="reviewed"), self.take(one, "reason", TEXT, within="reviewed")

    def columns(self, found: Mapping[str, Any]) -> dict[str, str]:
        return {name: self.take(found, name, TEXT, within="columns") for name in found}

    def shown(self, found: Mapping[str, Any]) -> Shown | None:
        self.known("statistics", found, (), ("share", "means", "counts", "epsilon", "bounds", "values"))
        within = "statistics"
        if not self.take(found, "share", TRUTH, False, within=within):
            return None
        bounds = self.take(found, "bounds", TABLE, {}, within=within)
        values = self.take(found, "values", TABLE, {}, within=within)
        means = self.take(found, "means", TEXTS, [*bounds], within=within)
        counts = self.take(found, "counts", TEXTS, [*values], within=within)
        pairs = {name: self.take(bounds, name, TEXTS, within="statistics.bounds") for name in bounds}
        if any(len(pair) != 2 for pair in pairs.values()):
            raise self.wrong("statistics.bounds", "two numbers as texts, low and high")
        told = {name: tuple(self.take(values, name, TEXTS, within="statistics.values")) for name in values}
        return Shown(
            {name: (pairs[name][0], pairs[name][1]) if name in pairs else None for name in means},
            {name: told.get(name, ()) for name in counts},
            self.take(found, "epsilon", TEXT, "", within=within) or None,
        )

    def evidence(self, found: list[Mapping[str, Any]]) -> Iterator[Evidence]:
        for one in found:
            self.known("evidence", one, ("title", "file"), ())
            title = self.take(one, "title", TEXT, within="evidence")
            yield Evidence(title, self.hash_of(self.take(one, "file", TEXT, within="evidence")))

    def hash_of(self, name: str) -> bytes:
        """Return the sha256 of a file that lies where this one does."""
        path = self.path.parent / name
        digest = sha256()
        try:
            with path.open("rb") as file:
                while part := file.read(1 << 20):
                    digest.update(part)
        except OSError as error:
            raise ListingError("listing.about_unreadable", path=path, detail=SystemFault.of(error)) from error
        return digest.digest()

    def known(self, within: str, found: Mapping[str, Any], needed: tuple[str, ...], optional: tuple[str, ...]) -> None:
        for name in found:
            if name not in needed and name not in optional:
                raise self.wrong(f"{within}.{name}".lstrip("."), f"one of: {', '.join((*needed, *optional))}")
        for name in needed:
            if name not in found:
                raise ListingError("listing.text_missing", field=f"{within}.{name}".lstrip("."))

    def take(self, found: Mapping[str, Any], name: str, kind: str, default: Any = None, within: str = "") -> Any:
        value = found.get(name, default)
        sound = {
            TEXT: isinstance(value, str),
            TRUTH: isinstance(value, bool),
            TABLE: isinstance(value, dict),
            TEXTS: isinstance(value, list) and all(isinstance(one, str) for one in value),
            TABLES: isinstance(value, list) and all(isinstance(one, dict) for one in value),
        }
        if not sound[kind]:
            raise self.wrong(f"{within}.{name}".lstrip("."), kind)
        return value

    def wrong(self, name: str, expected: str) -> ListingError:
        return ListingError("listing.bad_field", path=self.path, field=ascii(name[:60])[1:-1], expected=expected)
