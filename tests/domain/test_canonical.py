"""Documents: one spelling each, and every other is refused."""

import pytest

from fedmarket.domain import canonical
from fedmarket.domain.canonical import Json
from fedmarket.domain.errors import DocumentError
from tests.domain.refusals import refused

SCHEMA = "fedmarket/example/1"


@pytest.mark.parametrize(
    ("data", "error_id"),
    [
        (b"", "document.not_json"),
        (b"{", "document.not_json"),
        (b'{"a":NaN,"schema":"fedmarket/example/1"}', "document.not_json"),
        (b'{"a":-Infinity,"schema":"fedmarket/example/1"}', "document.not_json"),
        (b'{"a":"\xff","schema":"fedmarket/example/1"}', "document.not_json"),
        (b'{"a":' + b"9" * 5000 + b',"schema":"fedmarket/example/1"}', "document.not_json"),
        (b"[" * 1000, "document.too_deep"),
        (b'{"a":1,"a":1,"schema":"fedmarket/example/1"}', "document.duplicate_key"),
        (b'{"a":{"b":1,"b":2},"schema":"fedmarket/example/1"}', "document.duplicate_key"),
        (b"[]", "document.wrong_schema"),
        (b"{}", "document.wrong_schema"),
        (b'{"schema":"fedmarket/example/2"}', "document.wrong_schema"),
        (b'{"a":1.0,"schema":"fedmarket/example/1"}', "document.float"),
        (b'{"a":[{"b":1e2}],"schema":"fedmarket/example/1"}', "document.float"),
        (b'{"a":-0,"schema":"fedmarket/example/1"}', "document.not_canonical"),
        (b'{"schema": "fedmarket/example/1"}', "document.not_canonical"),
        (b'{"schema":"fedmarket/example/1"}\n', "document.not_canonical"),
        (b'{"schema":"fedmarket/example/1","a":1}', "document.not_canonical"),
        (b'{"a":"\\u0041","schema":"fedmarket/example/1"}', "document.not_canonical"),
        (b'{"a":"\\ud800","schema":"fedmarket/example/1"}', "document.not_canonical"),
        (b'{"a":9007199254740992,"schema":"fedmarket/example/1"}', "document.not_canonical"),
        (b'\xef\xbb\xbf{"schema":"fedmarket/example/1"}', "document.not_canonical"),
        ('{"schema":"fedmarket/example/1"}'.encode("utf-16"), "document.not_canonical"),
    ],
)
def test_any_other_spelling_is_refused(data: bytes, error_id: str) -> None:
    with refused(DocumentError, error_id):
        canonical.decode(data, SCHEMA)


@pytest.mark.parametrize("value", [0.5, float("nan"), [1, (2, 0.25)], {"deep": [{"x": 1.0}]}])
def test_no_fraction_gets_into_a_document(value: object) -> None:
    with refused(DocumentError, "document.float"):
        canonical.encode({"value": value})


@pytest.mark.parametrize("value", [2**53, -(2**53), b"bytes", {1: 2}, "\ud800", {"set"}])
def test_what_json_cannot_hold_exactly_is_refused(value: object) -> None:
    with refused(DocumentError, "document.not_canonical"):
        canonical.encode({"value": value})


@pytest.mark.parametrize(
    "text",
    ["", "sha256:", "sha256:" + "A" * 64, "sha256:" + "0" * 63, "sha512:" + "0" * 64, " sha256:" + "0" * 64],
)
def test_another_spelling_of_an_id_is_refused(text: str) -> None:
    with refused(DocumentError, "document.bad_id"):
        canonical.id_hash(text)


def test_a_document_reads_back_as_written() -> None:
    document: Json = {"schema": SCHEMA, "é": ["10", None, True, 2**53 - 1], "e": {"b": [], "a": {}}}
    data = canonical.encode(document)
    assert canonical.decode(data, SCHEMA) == document
    body = '{"e":{"a":{},"b":[]},"schema":"fedmarket/example/1","é":["10",null,true,9007199254740991]}'
    assert data == body.encode()


def test_keys_are_ordered_by_utf_16_units_as_rfc_8785_says() -> None:
    assert canonical.encode({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


def test_an_id_is_the_sha256_of_the_bytes() -> None:
    known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4's "abc"
    assert canonical.sha256_id(b"abc") == "sha256:" + known
    assert canonical.id_hash(canonical.sha256_id(b"abc")) == canonical.digest(b"abc") == bytes.fromhex(known)
