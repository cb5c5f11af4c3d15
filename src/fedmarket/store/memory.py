"""A store in this process's memory, for simulations."""

from fedmarket.domain.canonical import id_hash, sha256_id
from fedmarket.domain.errors import StoreError
from fedmarket.store.blobs import ENTRY_LIMIT, checked_prefix, checked_size, verified


class MemoryStore:
    """A `Store` that is gone with the process."""

    def __init__(self, name: str = "memory") -> None:
        """Start empty; `name` is what errors call it."""
        self.name = name
        self._blobs: dict[str, bytes] = {}
        self._slots: dict[tuple[str, ...], set[str]] = {}

    def put(self, data: bytes) -> str:
        """Keep `data` and return its id."""
        blob_id = sha256_id(data)
        self._blobs[blob_id] = bytes(data)
        return blob_id

    def get(self, blob_id: str, max_bytes: int | None = None) -> bytes:
        """Return the bytes with this id, checked against it; raises as `Store.get` says."""
        if not self.has(blob_id):
            raise StoreError("store.missing", blob_id=blob_id, store=self.name)
        data = self._blobs[blob_id]
        checked_size(blob_id, len(data), max_bytes, self.name)
        return verified(blob_id, data, self.name)

    def has(self, blob_id: str) -> bool:
        """Tell whether a blob of this id is there; raises DocumentError where the id is misspelt."""
        id_hash(blob_id)
        return blob_id in self._blobs

    def put_entry(self, prefix: str, data: bytes) -> str:
        """Keep `data` as an entry of the slot and return its id; raises as `Store.put_entry` says."""
        parts = checked_prefix(prefix)
        blob_id = self.put(data)
        self._slots.setdefault(parts, set()).add(blob_id)
        return blob_id

    def entries(self, prefix: str, limit: int = ENTRY_LIMIT) -> list[str]:
        """Return the ids of all entries of a slot, sorted; raises as `Store.entries` says."""
        found = self._slots.get(checked_prefix(prefix), set())
        if len(found) > limit:
            raise StoreError("store.flooded", prefix=prefix, store=self.name, limit=limit)
        return sorted(found)
