"""Accounts: one spelling of an address, one spelling of a signature."""

import random

import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address

from fedmarket.domain.accounts import (
    CURVE_ORDER,
    AccountError,
    SignatureError,
    address_of,
    checksum,
    recover,
    sign,
)
from tests.domain.refusals import refused

SECRET = bytes.fromhex("4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318")
ADDRESS = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
DIGEST = bytes(range(32))
EIP_55 = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]
"""The examples of EIP-55."""


@pytest.mark.parametrize(
    ("address", "error_id"),
    [
        ("", "account.bad_address"),
        ("0x", "account.bad_address"),
        (ADDRESS[2:], "account.bad_address"),
        (ADDRESS[:-1], "account.bad_address"),
        (ADDRESS + "0", "account.bad_address"),
        ("0X" + ADDRESS[2:], "account.bad_address"),
        (ADDRESS[:-1] + "g", "account.bad_address"),
        (ADDRESS[:-1] + "٣", "account.bad_address"),
        (ADDRESS[:-1] + " ", "account.bad_address"),
        (ADDRESS.replace("E", "e", 1), "account.bad_checksum"),
        (ADDRESS.replace("3", "4", 1), "account.bad_checksum"),
        ("0x" + "0" * 40, "account.zero_address"),
    ],
)
def test_what_is_not_an_address_is_refused(address: str, error_id: str) -> None:
    with refused(AccountError, error_id):
        checksum(address)


@pytest.mark.parametrize("secret", [b"", SECRET[1:], SECRET + b"\0", bytes(32), CURVE_ORDER.to_bytes(32, "big")])
def test_what_is_not_a_secret_key_is_refused(secret: bytes) -> None:
    with refused(AccountError, "account.bad_secret"):
        address_of(secret)
    with pytest.raises(AccountError):
        sign(DIGEST, secret)


def flipped(signature: bytes) -> bytes:
    """The other spelling of the same signature: n - s with the other parity."""
    s = CURVE_ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


SIGNATURE = sign(DIGEST, SECRET)


@pytest.mark.parametrize(
    ("signature", "error_id"),
    [
        (b"", "account.signature_length"),
        (SIGNATURE[:64], "account.signature_length"),
        (SIGNATURE + b"\0", "account.signature_length"),
        (SIGNATURE[:64] + b"\x00", "account.signature_v"),
        (SIGNATURE[:64] + b"\x01", "account.signature_v"),
        (SIGNATURE[:64] + b"\x1a", "account.signature_v"),
        (SIGNATURE[:64] + b"\x1d", "account.signature_v"),
        (flipped(SIGNATURE), "account.signature_high_s"),
        (bytes(64) + b"\x1b", "account.signature_of_nobody"),
        (SIGNATURE[:32] + bytes(32) + b"\x1b", "account.signature_of_nobody"),
        (bytes(32) + SIGNATURE[32:], "account.signature_of_nobody"),
        (CURVE_ORDER.to_bytes(32, "big") + SIGNATURE[32:], "account.signature_of_nobody"),
        # x = 5 lies on no point of secp256k1
        ((5).to_bytes(32, "big") + SIGNATURE[32:], "account.signature_of_nobody"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_other_spelling_of_a_signature_is_refused(signature: bytes, error_id: str) -> None:
    with refused(SignatureError, error_id):
        recover(DIGEST, signature)


@pytest.mark.parametrize("digest", [b"", DIGEST[1:], DIGEST + b"\0"])
def test_only_digests_of_32_bytes_are_signed_and_recovered(digest: bytes) -> None:
    with pytest.raises(AccountError):
        sign(digest, SECRET)
    with pytest.raises(AccountError):
        recover(digest, SIGNATURE)


@pytest.mark.parametrize("address", EIP_55)
def test_capitals_are_those_of_eip_55(address: str) -> None:
    upper = "0x" + address[2:].upper()
    assert checksum(address) == checksum(address.lower()) == checksum(upper) == address


def test_addresses_and_signatures_equal_those_of_eth_account() -> None:
    rng = random.Random(55)
    for _ in range(50):
        secret, digest = rng.randbytes(32), rng.randbytes(32)
        address, signature = address_of(secret), sign(digest, secret)
        assert address == Account.from_key(secret).address
        assert signature == bytes(Account.unsafe_sign_hash(digest, secret).signature)
        assert recover(digest, signature) == address
        raw = "0x" + rng.randbytes(20).hex()
        assert checksum(raw) == to_checksum_address(raw)


def test_a_signature_over_another_digest_names_another_account() -> None:
    assert address_of(SECRET) == ADDRESS == recover(DIGEST, SIGNATURE)
    assert recover(bytes(32), SIGNATURE) != ADDRESS
