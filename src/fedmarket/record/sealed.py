"""Blobs that only their readers can open: encrypted with age, named by their plaintext's hash."""

from collections.abc import Iterable

from fedmarket.domain.canonical import digest
from fedmarket.domain.errors import StoreError
from fedmarket.store.age import AgeIdentity, decrypt, encrypt
from fedmarket.store.blobs import Store

AGE_OVERHEAD = 1 << 20
"""More than age adds to anything here: a header line a reader, 16 bytes every 64 KiB."""


def put_sealed(store: Store, data: bytes, readers: Iterable[bytes]) -> str:
    """Encrypt `data` to the readers' X25519 keys, store it, and return the ciphertext's id."""
    return store.put(encrypt(data, sorted(set(readers))))


def open_sealed(store: Store, blob: str, identity: AgeIdentity, expected: bytes, max_bytes: int) -> bytes:
    """Return a blob's plaintext, at most `max_bytes` of it, whose sha256 must be `expected`.

    Raises StoreError where the blob is missing, too large, or its plaintext is another; age's errors where it is not
    for us.
    """
    data = decrypt(store.get(blob, max_bytes + AGE_OVERHEAD), identity, max_bytes)
    if digest(data) != expected:
        raise StoreError("record.wrong_plaintext", blob=blob)
    return data
