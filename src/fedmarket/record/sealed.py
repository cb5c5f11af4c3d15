"""Blobs that only their readers can open: encrypted with age, named by their plaintext's hash."""

from collections.abc import Iterable

from fedmarket.domain.canonical import digest
from fedmarket.domain.errors import StoreError
from fedmarket.store.age import AgeIdentity, decrypt, encrypt
from fedmarket.store.blobs import Store


def put_sealed(store: Store, data: bytes, readers: Iterable[bytes]) -> str:
    """Encrypt `data` to the readers' X25519 keys, store it, and return the ciphertext's id."""
    return store.put(encrypt(data, sorted(set(readers))))


def open_sealed(store: Store, blob: str, identity: AgeIdentity, expected: bytes) -> bytes:
    """Return a blob's plaintext, whose sha256 must be `expected`.

    Raises StoreError where the blob is missing or its plaintext is another; age's errors where it is not for us.
    """
    data = decrypt(store.get(blob), identity)
    if digest(data) != expected:
        raise StoreError("record.wrong_plaintext", blob=blob)
    return data
