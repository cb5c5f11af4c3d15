"""A listing as one JSON-LD document: Croissant for every catalogue that reads it, ODRL for its conditions.

Everything outside of `listing` says the same in the words of others. It is computed from `listing`, and a document
whose parts disagree is refused, so that nobody shows a buyer one thing and a machine another.
"""

from typing import Any

from fedmarket.domain import canonical, codec
from fedmarket.domain.errors import DocumentError
from fedmarket.domain.licence_id import is_own
from fedmarket.domain.listing import LISTING_LIMIT, SCHEMA, Column, Listing, TableFacts, Use
from fedmarket.domain.listing_rules import check_listing

CROISSANT = "http://mlcommons.org/croissant/1.0"
SPDX = "https://spdx.org/licenses/"
NAMESPACE = "urn:fedmarket:"
TABLE, ROWS = "table", "rows"
DATA_TYPES = {"number": "sc:Float"}
"""Croissant's type of what a column holds; texts otherwise."""
CROISSANT_TERMS = (
    *("citeAs", "column", "extract", "field", "fileProperty", "fileObject", "fileSet", "format", "includes"),
    *("isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex", "repeated"),
    *("replace", "samplingRate", "separator", "source", "subField", "transform", "equivalentProperty"),
)
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "fedmarket": NAMESPACE,
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{term: f"cr:{term}" for term in CROISSANT_TERMS},
    "conformsTo": "dct:conformsTo",
    "schema": "fedmarket:schema",
    "listing": {"@id": "fedmarket:listing", "@type": "@json"},
    "hasPolicy": {"@id": "odrl:hasPolicy", "@type": "@json"},
}


def write_listing(listing: Listing) -> bytes:
    """Return the canonical bytes of a listing's document; raises ListingError where the rules refuse it."""
    check_listing(listing)
    data = canonical.encode(_document(listing))
    if len(data) > LISTING_LIMIT:
        raise DocumentError("document.too_large", size=len(data), limit=LISTING_LIMIT)
    return data


def read_listing(data: bytes) -> Listing:
    """Read a stranger's listing: canonical, by the rules, and all its parts saying the same.

    Raises DocumentError, ListingError, AccountError.
    """
    if len(data) > LISTING_LIMIT:
        raise DocumentError("document.too_large", size=len(data), limit=LISTING_LIMIT)
    inner = canonical.decode(data, SCHEMA).get("listing")
    if not isinstance(inner, dict):
        raise DocumentError("document.bad_field", path="listing", expected="an object")
    listing = codec.decode(canonical.encode({**inner, "schema": SCHEMA}), Listing, SCHEMA)
    check_listing(listing)
    if canonical.encode(_document(listing)) != data:
        raise DocumentError("document.bad_field", path="listing", expected="what the rest of the document says")
    return listing


def _document(listing: Listing) -> dict[str, Any]:
    inner = canonical.decode(codec.encode(listing, SCHEMA), SCHEMA)
    del inner["schema"]
    return {
        "@context": {**CONTEXT, "@language": listing.language},
        "@type": "sc:Dataset",
        "schema": SCHEMA,
        "conformsTo": CROISSANT,
        "name": listing.name,
        "description": listing.description,
        "license": _licence_url(listing),
        "creator": {"@type": "sc:Organization", "name": listing.publisher, "identifier": listing.owner},
        "keywords": list(listing.keywords),
        "inLanguage": listing.language,
        "datePublished": listing.published,
        "version": f"{listing.version}.0.0",
        "citeAs": f"{listing.publisher}: {listing.name}, version {listing.version}, {listing.published[:4]}",
        "distribution": [_distribution(listing.table)],
        "recordSet": [_record_set(listing.table)],
        "hasPolicy": _policy(listing),
        "listing": inner,
    }


def _licence_url(listing: Listing) -> str:
    licence = listing.licence
    if is_own(licence.identifier) and licence.text_hash is not None:
        return f"{NAMESPACE}{licence.identifier}:{licence.text_hash.hex()}"
    return SPDX + licence.identifier


def _distribution(table: TableFacts) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": TABLE,
        "name": TABLE,
        "description": "32 secret bytes followed by the table; whoever is given both can check the hash.",
        "contentUrl": f"{NAMESPACE}blob:{table.commitment.hex()}",
        "contentSize": f"{table.size} B",
        "encodingFormat": table.media_type,
        "sha256": table.commitment.hex(),
    }


def _record_set(table: TableFacts) -> dict[str, Any]:
    fields = [_field(place, column) for place, column in enumerate(table.columns, 1)]
    return {"@type": "cr:RecordSet", "@id": ROWS, "name": ROWS, "description": f"{table.rows} rows.", "field": fields}


def _field(place: int, column: Column) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{ROWS}/{place}",
        "name": column.name,
        "description": column.description or column.holds,
        "dataType": DATA_TYPES.get(column.holds, "sc:Text"),
        "source": {"fileObject": {"@id": TABLE}, "extract": {"column": column.name}},
    }


def _policy(listing: Listing) -> dict[str, Any]:
    """Return the conditions as an ODRL offer (W3C, ODRL Information Model 2.2): a price and, it may be, a last day."""
    return {
        "@context": "http://www.w3.org/ns/odrl.jsonld",
        "@type": "Offer",
        "uid": f"{NAMESPACE}offer:{listing.table.commitment.hex()}:{listing.version}",
        "profile": f"{NAMESPACE}odrl-profile:1",
        "assigner": f"{NAMESPACE}account:{listing.owner}",
        "permission": [_permission(use, listing) for use in listing.uses],
        "prohibition": [{"target": TABLE, "action": f"{NAMESPACE}reidentify"}],
    }


def _permission(use: Use, listing: Listing) -> dict[str, Any]:
    pay = {
        "leftOperand": "payAmount",
        "operator": "eq",
        "rightOperand": str(use.price),
        "unit": f"{NAMESPACE}base-unit",
    }
    duties: list[dict[str, Any]] = [{"action": "compensate", "constraint": [pay]}]
    if use.attribution:
        duties.append({"action": "attribute", "attributedParty": listing.publisher})
    permission: dict[str, Any] = {"target": TABLE, "action": f"{NAMESPACE}{use.kind}", "duty": duties}
    if use.until is not None:
        until = {"@value": use.until, "@type": "http://www.w3.org/2001/XMLSchema#date"}
        permission["constraint"] = [{"leftOperand": "dateTime", "operator": "lteq", "rightOperand": until}]
    return permission
