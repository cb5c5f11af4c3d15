"""Encryption to named keys: age files (c2sp.org/age) with X25519 recipients, in binary form.

pyrage does the cryptography and accepts more than the format allows, so every header is checked here first.
The one foreign stanza that passes is the last one if it is marked "-grease": pyrage itself writes one into
every file, with random content that readers must ignore. Passphrases, armor and every other kind of key are
refused.
"""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO

import bech32
import pyrage  # type: ignore[import-untyped]

from fedmarket.domain.derive import hkdf
from fedmarket.domain.errors import RefusedError

MAX_RECIPIENTS = 1024
"""Recipients of one file: each costs a reader about 0.2 ms before it knows whether the file is for it."""

HEADER_LIMIT = 1 << 18
"""Bytes that hold the header of any file that we write: 1,024 recipients of about 100 bytes, and the grease."""

DECRYPT_LIMIT = 1 << 30
"""Bytes that `decrypt` returns at most unless told otherwise."""

_FIELD_PRIME = 2**255 - 19
_A24 = 121665  # (A - 2) / 4 of Curve25519, RFC 7748 section 4.1

# 32 bytes in canonical base64 without padding: the last digit's two spare bits are zero.
_B64_32 = rb"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]"
_HEADER = re.compile(
    rb"age-encryption\.org/v1\n"
    rb"(?:-> X25519 %(b)s\n%(b)s\n){1,%(n)d}"
    rb"(?:-> [!-~]{1,16}-grease(?: [!-~]{1,16}){0,8}\n(?:[A-Za-z0-9+/]{64}\n){0,4}[A-Za-z0-9+/]{0,63}\n)?"
    rb"--- %(b)s\n" % {b"b": _B64_32, b"n": MAX_RECIPIENTS}
)
_NONCE, _CHUNK, _TAG = 16, 64 * 1024, 16


class AgeError(RefusedError):
    """Something that cannot be encrypted to, or cannot be decrypted; the id's last part is the reason."""


@dataclass(frozen=True)
class AgeIdentity:
    """An account's age key; `public` is the 32 bytes that others encrypt to."""

    public: bytes
    _key: pyrage.x25519.Identity = field(repr=False, compare=False)
    _order: bytes = field(repr=False, compare=False)

    @classmethod
    def from_secret(cls, account_secret: bytes) -> "AgeIdentity":
        """Derive the key from the account's own secret: HKDF with the label "age" is the X25519 secret."""
        key = pyrage.x25519.Identity.from_str(_bech32("age-secret-key-", hkdf(account_secret, "age")).upper())
        _, digits = bech32.bech32_decode(str(key.to_public()))
        public = bytes(bech32.convertbits(digits or [], 5, 8, pad=False) or [])
        return cls(public, key, hkdf(account_secret, "order"))

    def decrypt_io(self, sealed: BinaryIO, out: BinaryIO) -> None:
        """Decrypt from one open file to another, once its header was checked.

        Raises AgeError (age.malformed, age.not_for_us).
        """
        try:
            # pyrage.decrypt reads headers in quadratic time: 1,000 recipients take 12 s there and 0.3 s here.
            pyrage.decrypt_io(sealed, out, [self._key])
        except (pyrage.DecryptError, OSError) as error:
            if "No matching keys" in str(error):
                raise AgeError("age.not_for_us") from error
            raise AgeError("age.malformed", detail=str(error)[:80]) from error

    def rank(self, name: str) -> bytes:
        """Return where `name` stands in an order that only this identity knows, so that nobody can push in front."""
        return hmac.digest(self._order, name.encode(), "sha256")


def encrypt(data: bytes, recipients: Sequence[bytes]) -> bytes:
    """Return `data` encrypted to each of `recipients`: 32-byte public keys, in any order.

    Two calls give different bytes. Raises AgeError (age.no_recipients, age.too_many_recipients,
    age.bad_recipient).
    """
    out = BytesIO()
    # A quarter faster than pyrage.encrypt, which copies more.
    pyrage.encrypt_io(BytesIO(data), out, recipients_of(recipients))
    return out.getvalue()


def recipients_of(keys: Sequence[bytes]) -> list[pyrage.x25519.Recipient]:
    """Return 32-byte public keys, each once and in order, as pyrage takes them; raises AgeError as `encrypt` does."""
    each = sorted(set(keys))
    if not each:
        raise AgeError("age.no_recipients")
    if len(each) > MAX_RECIPIENTS:
        raise AgeError("age.too_many_recipients", count=len(each), limit=MAX_RECIPIENTS)
    return [pyrage.x25519.Recipient.from_str(_bech32("age", checked_recipient(key))) for key in each]


def decrypt(data: bytes, identity: AgeIdentity, max_bytes: int = DECRYPT_LIMIT) -> bytes:
    """Return what was encrypted to `identity`, at most `max_bytes` of it.

    Raises AgeError: age.malformed (the header is not one we write, or anything was altered or cut off),
    age.too_large (known before anything is decrypted), age.not_for_us.
    """
    size = plain_size_of(data, len(data))
    if size > max_bytes:
        raise AgeError("age.too_large", size=size, max_bytes=max_bytes)
    out = BytesIO()
    identity.decrypt_io(BytesIO(data), out)
    return out.getvalue()


def plain_size_of(beginning: bytes, length: int) -> int:
    """Return the bytes of plaintext in an age file of `length` bytes that begins like this.

    Raises AgeError (age.malformed) where the beginning is not a header that we write.
    """
    header = _HEADER.match(beginning)
    if header is None:
        raise AgeError("age.malformed", detail="its header is not a strict list of X25519 recipients")
    return _plain_size(length - header.end())


def checked_recipient(key: bytes) -> bytes:
    """Return `key` if one can encrypt to it, as must be known before a key is announced or accepted.

    Raises AgeError (age.bad_recipient) unless it is 32 bytes, a canonical coordinate (RFC 7748, section 5:
    below 2^255 - 19) and not a point of small order: everybody knows the secret shared with such a point, and
    pyrage panics on it.
    """
    u = int.from_bytes(key, "little")
    if len(key) != 32 or u >= _FIELD_PRIME or _small_order(u):
        raise AgeError("age.bad_recipient", key=key[:40].hex() or "an empty key")
    return key


def _small_order(u: int) -> bool:
    """Whether 8 times the point with this coordinate is infinity: three doublings of RFC 7748, section 5."""
    x, z = u, 1
    for _ in range(3):
        plus, minus = (x + z) ** 2 % _FIELD_PRIME, (x - z) ** 2 % _FIELD_PRIME
        difference = plus - minus
        x, z = plus * minus % _FIELD_PRIME, difference * (plus + _A24 * difference) % _FIELD_PRIME
    return z == 0


def _plain_size(payload: int) -> int:
    """Bytes of plaintext in a payload: a nonce, then 64 KiB chunks with a tag each (c2sp.org/age)."""
    body = payload - _NONCE
    chunks = max(1, -(-body // (_CHUNK + _TAG)))
    return body - _TAG * chunks


def _bech32(prefix: str, raw: bytes) -> str:
    return bech32.bech32_encode(prefix, bech32.convertbits(raw, 8, 5) or [])
