"""What a store is: blobs named by the hash of their bytes, and slots that hold candidates.

A slot is a prefix such as "<task>/<round>/<attempt>/<provider>" with a set of blob ids, its entries. Any
writer of the store may add an entry to any slot, and may choose its bytes until the id sorts wherever it
likes, so neither order nor number tells the owner's entry from another's: only the signature inside does.
What each side may rely on:

- The reader sees every entry or an error, never a part: `entries` does not cut its answer at the limit but
  refuses (store.flooded). It reads at most `limit` blobs a slot, and with `max_bytes` none larger than its
  owner could need.
- The owner of a flooded slot sees the same error, so it knows, and announces its update on chain: an
  announcement names the blob itself and needs no slot.
- Nobody is protected from the cost of that announcement, nor from someone who may delete files under the
  store: give strangers a store that checks who writes, not a shared folder.
"""

import re
from typing import Protocol

from fedmarket.domain.canonical import sha256_id
from fedmarket.domain.errors import StoreError, UsageError

ENTRY_LIMIT = 64
"""Entries that a reader looks at in one slot: a writer that restarts adds a few, a flood adds many."""

# A part stays shorter than the 64 hex digits of an entry, so no slot's folder can take an entry's name.
_PART = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,63}")
_MAX_PARTS = 8


class Store(Protocol):
    """Write-once blobs under "sha256:<64 hex>", and slots of candidates."""

    @property
    def name(self) -> str:
        """What to call this store in a sentence."""
        ...

    def put(self, data: bytes) -> str:
        """Keep `data` and return its id; putting it again changes nothing and repairs a damaged copy.

        Raises StoreError (store.unwritable) where it could not be kept for good.
        """
        ...

    def get(self, blob_id: str, max_bytes: int | None = None) -> bytes:
        """Return the bytes with this id, checked against it.

        Give `max_bytes` for every blob that a stranger may have written. Raises StoreError (store.missing,
        store.corrupt, store.too_large, store.unreadable), DocumentError where the id is misspelt.
        """
        ...

    def has(self, blob_id: str) -> bool:
        """Tell whether a blob of this id is there, without reading it; raises like `get`."""
        ...

    def put_entry(self, prefix: str, data: bytes) -> str:
        """Keep `data` as an entry of the slot `prefix` and return its id; the same entry twice is one entry.

        Raises UsageError (store.bad_prefix), and StoreError as `put` does.
        """
        ...

    def entries(self, prefix: str, limit: int = ENTRY_LIMIT) -> list[str]:
        """Return the ids of all entries of a slot, sorted, without rubbish and without those whose blob is
        gone.

        The answer is complete: more than `limit` entries raise StoreError (store.flooded). Raises UsageError
        (store.bad_prefix), StoreError (store.unreadable).
        """
        ...


def checked_prefix(prefix: str) -> tuple[str, ...]:
    """Return the parts of a prefix; raises UsageError (store.bad_prefix) where it could leave the slots."""
    parts = tuple(prefix.split("/"))
    if len(parts) > _MAX_PARTS or not all(_PART.fullmatch(part) for part in parts):
        raise UsageError("store.bad_prefix", prefix=ascii(prefix[:80])[1:-1])
    return parts


def checked_size(blob_id: str, size: int, max_bytes: int | None, store: str) -> None:
    """Raise StoreError (store.too_large) where a blob of `size` bytes is more than a reader wants to read."""
    if max_bytes is not None and size > max_bytes:
        raise StoreError("store.too_large", blob_id=blob_id, store=store, size=size, max_bytes=max_bytes)


def verified(blob_id: str, data: bytes, store: str) -> bytes:
    """Return `data` if it hashes to `blob_id`; raises StoreError (store.corrupt)."""
    if sha256_id(data) != blob_id:
        raise StoreError("store.corrupt", blob_id=blob_id, store=store)
    return data
