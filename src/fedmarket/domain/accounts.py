"""Accounts: addresses as EIP-55 writes them, and recoverable secp256k1 signatures."""

from coincurve import PrivateKey, PublicKey
from eth_hash.auto import keccak

from fedmarket.domain.errors import RefusedError, UsageError

CURVE_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""Order of secp256k1 (SEC 2, section 2.4.1)."""


class AccountError(UsageError):
    """An address, a key or a field to sign is not one."""


class SignatureError(RefusedError):
    """A signature is malformed or names no signer."""


def checksum(address: str) -> str:
    """Return `address` with EIP-55 capitals.

    Takes "0x" and 40 hex digits, in one case throughout or with correct EIP-55 capitals. Raises AccountError
    for another length or alphabet, for wrong capitals, and for the zero address.
    """
    digits = address[2:]
    if address[:2] != "0x" or len(digits) != 40 or digits.strip("0123456789abcdefABCDEF"):
        raise AccountError("account.bad_address", address=address[:80])
    written = _capitals(digits.lower())
    if digits not in (digits.lower(), digits.upper()) and "0x" + digits != written:
        raise AccountError("account.bad_checksum", address=address)
    if not int(digits, 16):
        raise AccountError("account.zero_address")
    return written


def address_of(secret: bytes) -> str:
    """Return the EIP-55 address of a 32-byte secret key; raises AccountError where it is not one."""
    return _address(_private_key(secret).public_key)


def sign(digest: bytes, secret: bytes) -> bytes:
    """Sign a 32-byte digest: 65 bytes r, s, v with s in the lower half and v 27 or 28 (RFC 6979 nonces)."""
    if len(digest) != 32:
        raise AccountError("account.bad_digest", length=len(digest))
    signature = _private_key(secret).sign_recoverable(digest, hasher=None)
    return signature[:64] + bytes([27 + signature[64]])


def recover(digest: bytes, signature: bytes) -> str:
    """Return the EIP-55 address that signed a 32-byte digest.

    Only one spelling of a signature is taken, so that nobody can make a second one out of it: 65 bytes, v 27
    or 28, s in the lower half (EIP-2). Raises SignatureError for any other, or where it names no curve point.
    """
    if len(digest) != 32:
        raise AccountError("account.bad_digest", length=len(digest))
    if len(signature) != 65:
        raise SignatureError("account.signature_length", length=len(signature))
    if signature[64] not in (27, 28):
        raise SignatureError("account.signature_v", v=signature[64])
    if int.from_bytes(signature[32:64], "big") > CURVE_ORDER // 2:
        raise SignatureError("account.signature_high_s")
    try:
        key = PublicKey.from_signature_and_message(signature[:64] + bytes([signature[64] - 27]), digest, hasher=None)
    except ValueError as error:
        raise SignatureError("account.signature_of_nobody") from error
    return _address(key)


def _private_key(secret: bytes) -> PrivateKey:
    if len(secret) != 32 or not 0 < int.from_bytes(secret, "big") < CURVE_ORDER:
        raise AccountError("account.bad_secret")
    return PrivateKey(secret)


def _address(key: PublicKey) -> str:
    return _capitals(keccak(key.format(compressed=False)[1:])[12:].hex())


def _capitals(digits: str) -> str:
    mask = keccak(digits.encode()).hex()
    return "0x" + "".join(d.upper() if m >= "8" else d for d, m in zip(digits, mask, strict=False))
