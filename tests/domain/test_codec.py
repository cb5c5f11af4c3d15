"""Documents become dataclasses only where every field is there, is of its type, and is spelt in the one way."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from fedmarket.domain import canonical, codec
from fedmarket.domain.codec import Amount
from fedmarket.domain.errors import LANGUAGES, DocumentError

SCHEMA = "fedmarket/parcel/1"


@dataclass(frozen=True)
class Label:
    text: str
    fragile: bool


@dataclass(frozen=True)
class Parcel:
    """One field of every kind that documents have."""

    number: int
    price: Amount
    seal: bytes
    label: Label
    names: tuple[str, ...]
    pairs: tuple[tuple[str, int], ...]
    limit: int | None


PARCEL = Parcel(3, Amount(10**30), b"\x01\xff", Label("up", True), ("a", "b"), (("x", 1),), None)
DOCUMENT: dict[str, Any] = {
    "schema": SCHEMA,
    "number": 3,
    "price": str(10**30),
    "seal": "0x01ff",
    "label": {"text": "up", "fragile": True},
    "names": ["a", "b"],
    "pairs": [["x", 1]],
    "limit": None,
}
Spoil = Callable[[dict[str, Any]], Any]


def put(value: Any, *path: str) -> Spoil:
    def spoil(document: dict[str, Any]) -> None:
        for name in path[:-1]:
            document = document[name]
        document[path[-1]] = value

    return spoil


SPOILED: dict[str, tuple[Spoil, str]] = {
    "an unknown field": (put(1, "extra"), "extra"),
    "an unknown field inside": (put(1, "label", "extra"), "label"),
    "a missing field": (lambda document: document.pop("number"), "number"),
    "a missing field inside": (lambda document: document["label"].pop("text"), "label"),
    "no object": (put("up", "label"), "label"),
    "text for a number": (put("3", "number"), "number"),
    "true for a number": (put(True, "number"), "number"),
    "a number for a flag": (put(1, "label", "fragile"), "label.fragile"),
    "a number for text": (put(1, "label", "text"), "label.text"),
    "nothing for a number": (put(None, "number"), "number"),
    "a number for an amount": (put(10, "price"), "price"),
    "an amount with leading zeros": (put("010", "price"), "leading zeros"),
    "an amount below zero": (put("-1", "price"), "price"),
    "an amount with a sign": (put("+1", "price"), "price"),
    "an amount in other digits": (put("１", "price"), "price"),
    "an amount with a fraction": (put("1.0", "price"), "price"),
    "no amount": (put("", "price"), "price"),
    "an endless amount": (put("9" * 79, "price"), "price"),
    "bytes without 0x": (put("01ff", "seal"), "seal"),
    "bytes in capitals": (put("0x01FF", "seal"), "seal"),
    "half a byte": (put("0x1", "seal"), "seal"),
    "no hex": (put("0xzz", "seal"), "seal"),
    "text for a list": (put("ab", "names"), "names"),
    "a number in a list of text": (put(["a", 1], "names"), "names[1]"),
    "a pair of three": (put([["x", 1, 2]], "pairs"), "pairs[0]"),
    "a pair the other way round": (put([[1, "x"]], "pairs"), "pairs[0][0]"),
    "text for an optional number": (put("1", "limit"), "limit"),
}


def test_a_document_says_what_the_value_says() -> None:
    assert canonical.decode(codec.encode(PARCEL, SCHEMA), SCHEMA) == DOCUMENT
    assert codec.decode(canonical.encode(DOCUMENT), Parcel, SCHEMA) == PARCEL


@pytest.mark.parametrize("fault", SPOILED)
def test_a_document_is_refused_that_has(fault: str) -> None:
    spoil, naming = SPOILED[fault]
    document = {**DOCUMENT, "label": dict(DOCUMENT["label"])}
    spoil(document)
    with pytest.raises(DocumentError) as refusal:
        codec.decode(canonical.encode(document), Parcel, SCHEMA)
    assert refusal.value.error_id == "document.bad_field"
    assert naming in str(refusal.value)
    for language in LANGUAGES:
        assert refusal.value.sentence(language)


@pytest.mark.parametrize(
    ("text", "error_id"),
    [
        (b'{"number":1.5,"schema":"fedmarket/parcel/1"}', "document.float"),
        (b'{"number":1e3,"schema":"fedmarket/parcel/1"}', "document.float"),
        (b'{"number":NaN,"schema":"fedmarket/parcel/1"}', "document.not_json"),
        (b'{"number":9007199254740993,"schema":"fedmarket/parcel/1"}', "document.not_canonical"),
        (b'{"number":01,"schema":"fedmarket/parcel/1"}', "document.not_json"),
        (b'{"a":1,"a":1,"schema":"fedmarket/parcel/1"}', "document.duplicate_key"),
        (b'{"schema":"fedmarket/parcel/1" }', "document.not_canonical"),
        (b'{"schema":"fedmarket/parcel/2"}', "document.wrong_schema"),
        (b"[]", "document.wrong_schema"),
        (b"\xff", "document.not_json"),
        (b'{"name":"\\ud800","schema":"fedmarket/parcel/1"}', "document.not_canonical"),
        (b"[" * 5000, "document.too_deep"),
        (b"", "document.not_json"),
    ],
)
def test_bytes_that_are_no_document_are_refused_before_any_field_is_read(text: bytes, error_id: str) -> None:
    with pytest.raises(DocumentError) as refusal:
        codec.decode(text, Parcel, SCHEMA)
    assert refusal.value.error_id == error_id


def test_a_present_optional_number_is_read() -> None:
    assert codec.decode(canonical.encode({**DOCUMENT, "limit": 5}), Parcel, SCHEMA).limit == 5


def test_an_integer_that_json_cannot_carry_must_be_an_amount() -> None:
    with pytest.raises(DocumentError):
        codec.encode(Parcel(2**60, Amount(0), b"", Label("", False), (), (), None), SCHEMA)
