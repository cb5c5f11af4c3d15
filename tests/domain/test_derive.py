"""Derivation: plain HKDF-SHA256 under unambiguous labels."""

import hmac
from hashlib import sha256

import pytest

from fedmarket.domain.derive import Part, hkdf, seed

RFC_5869 = [
    (
        "0b" * 22,
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        "0b" * 22,
        "",
        "",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
]
"""Test cases 1 and 3 of RFC 5869, appendix A: key, salt, info, output."""


def textbook_hkdf(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    secret = hmac.new(salt or bytes(32), key, sha256).digest()
    blocks = [b""]
    for i in range(1, -(-length // 32) + 1):
        blocks.append(hmac.new(secret, blocks[-1] + info + bytes([i]), sha256).digest())
    return b"".join(blocks)[:length]


@pytest.mark.parametrize(("key", "salt", "info", "output"), RFC_5869)
def test_the_textbook_function_below_is_rfc_5869(key: str, salt: str, info: str, output: str) -> None:
    found = textbook_hkdf(bytes.fromhex(key), bytes.fromhex(salt), bytes.fromhex(info), len(output) // 2)
    assert found.hex() == output


@pytest.mark.parametrize("length", [1, 32, 33, 8160])
def test_derivation_is_hkdf_over_framed_parts(length: int) -> None:
    info = (
        b"\x00\x00\x00\x0asfedmarket"
        b"\x00\x00\x00\x05ssalt"
        b"\x00\x00\x00\x21i" + (7).to_bytes(32, "big") + b"\x00\x00\x00\x04b\x01\x02\x03"
    )
    expected = textbook_hkdf(b"secret", b"", info, length)
    assert hkdf(b"secret", "salt", 7, b"\x01\x02\x03", length=length) == expected


def test_the_derivation_never_changes() -> None:
    assert hkdf(b"", "l").hex() == "7172816d69e9b25d4620aa202b801485dacd6483defb23998678d1be88802ffa"


def test_parts_cannot_be_shifted_or_retyped_into_each_other() -> None:
    parts: list[tuple[Part, ...]] = [
        (),
        ("",),
        (b"",),
        ("ab",),
        (b"ab",),
        ("a", "b"),
        (b"a", b"b"),
        (1,),
        ("1",),
        (b"\x01",),
        ((1).to_bytes(32, "big"),),
        (1, 0),
    ]
    assert len({hkdf(b"secret", "label", *ids) for ids in parts}) == len(parts)
    assert hkdf(b"secret", "label", "ab") != hkdf(b"secret", "labela", "b")
    assert hkdf(b"secret", "label") != hkdf(b"secres", "label")


def test_a_longer_output_begins_with_the_shorter() -> None:
    assert hkdf(b"secret", "label", length=100)[:32] == hkdf(b"secret", "label")


def test_a_seed_is_the_first_64_bits() -> None:
    assert seed(b"secret", "batches", 3) == int.from_bytes(hkdf(b"secret", "batches", 3)[:8], "big")
