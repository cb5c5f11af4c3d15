"""Documents as canonical JSON (RFC 8785), and the ids that hash them."""

import json
import re
from hashlib import sha256
from typing import Any

import rfc8785

from fedmarket.domain.errors import DocumentError

Json = dict[str, Any]

MAX_DEPTH = 32
# Strings are stepped over whole, so that only brackets outside of them count.
_BRACKETS = re.compile(rb'"(?:[^"\\]+|\\.)*+"?|[\[{]|[\]}]', re.S)


def digest(data: bytes) -> bytes:
    """Return the 32-byte sha256 of `data`."""
    return sha256(data).digest()


def blob_id(hash32: bytes) -> str:
    """Write a 32-byte sha256 as the id used in documents: "sha256:<64 hex>"."""
    return "sha256:" + hash32.hex()


def sha256_id(data: bytes) -> str:
    """Return the id of a blob: "sha256:" and the hex digest of its bytes."""
    return blob_id(digest(data))


def id_hash(text: str) -> bytes:
    """Return the 32 bytes named by a "sha256:<64 hex>" id; refuses any other spelling."""
    head, _, tail = text.partition(":")
    if head != "sha256" or len(tail) != 64 or tail.strip("0123456789abcdef"):
        raise DocumentError("document.bad_id", text=text[:80])
    return bytes.fromhex(tail)


def encode(document: Json) -> bytes:
    """Return the one canonical byte string of a document (RFC 8785).

    Raises DocumentError where it holds a float or an integer beyond 2^53: amounts are written as decimal strings.
    """
    _refuse_floats(document)
    try:
        return rfc8785.dumps(document)
    except (rfc8785.CanonicalizationError, UnicodeError) as error:
        raise DocumentError("document.not_canonical", detail=str(error)) from error


def decode(data: bytes, schema: str) -> Json:
    """Read a document strictly: canonical bytes, no duplicate keys, no floats, and `schema` as its schema."""
    refuse_depth(data)
    try:
        document = json.loads(data, object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise DocumentError("document.not_json", detail=str(error)[:120]) from error
    if not isinstance(document, dict) or document.get("schema") != schema:
        found = document.get("schema") if isinstance(document, dict) else type(document).__name__
        raise DocumentError("document.wrong_schema", expected=schema, found=str(found)[:80])
    if encode(document) != data:
        raise DocumentError("document.not_canonical", detail="its bytes differ from RFC 8785's")
    return document


def refuse_depth(data: bytes) -> None:
    """Raise DocumentError for JSON that nests deeper than 32 levels.

    To be called before any parsing of foreign JSON: where some library has raised the recursion limit, deep nesting
    would end the interpreter.
    """
    depth = 0
    for match in _BRACKETS.finditer(data):
        mark = match.group()
        depth += (mark in (b"[", b"{")) - (mark in (b"]", b"}"))
        if depth > MAX_DEPTH:
            raise DocumentError("document.too_deep", limit=MAX_DEPTH)


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    out: Json = {}
    for key, value in pairs:
        if key in out:
            raise DocumentError("document.duplicate_key", key=key[:80])
        out[key] = value
    return out


def _refuse_constant(name: str) -> None:
    raise DocumentError("document.not_json", detail=f"{name} is not a JSON number")


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise DocumentError("document.float", value=value)
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    for child in children:
        _refuse_floats(child)
