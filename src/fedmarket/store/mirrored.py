"""Several stores as one: what was put at `required` of them is found while enough of them answer."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from fedmarket.domain.canonical import sha256_id
from fedmarket.domain.errors import StoreError, UsageError
from fedmarket.store.blobs import ENTRY_LIMIT, Store

Answer = TypeVar("Answer")


class MirroredStore:
    """A `Store` that writes to all of `stores` and is content when `required` of them took it."""

    def __init__(self, stores: Sequence[Store], required: int) -> None:
        """Mirror `stores`; raises UsageError (store.bad_required) unless 1 <= required <= their number."""
        if not 1 <= required <= len(stores):
            raise UsageError("store.bad_required", required=required, count=len(stores))
        self._stores = tuple(stores)
        self._required = required

    @property
    def name(self) -> str:
        """The names of all mirrored stores."""
        return ", ".join(store.name for store in self._stores)

    def put(self, data: bytes) -> str:
        """Keep `data` in all stores that take it; store.too_few_copies names the others."""
        self._write(lambda store: store.put(data))
        return sha256_id(data)

    def get(self, blob_id: str, max_bytes: int | None = None) -> bytes:
        """Return the bytes from the first store that has them whole.

        Where none has, raises the first StoreError that tells more than store.missing.
        """
        failures: list[StoreError] = []
        for store in self._stores:
            try:
                return store.get(blob_id, max_bytes)
            except StoreError as error:
                failures.append(error)
        raise min(failures, key=lambda error: error.error_id == "store.missing")

    def has(self, blob_id: str) -> bool:
        """Tell whether any has it; raises StoreError (store.too_few_answers) where a no would be a guess."""
        return any(self._ask(lambda store: store.has(blob_id)))

    def put_entry(self, prefix: str, data: bytes) -> str:
        """Keep `data` as an entry of the slot `prefix` in every store that takes it; raises as `put` does."""
        self._write(lambda store: store.put_entry(prefix, data))
        return sha256_id(data)

    def entries(self, prefix: str, limit: int = ENTRY_LIMIT) -> list[str]:
        """Return the sorted ids of the entries in all stores that answer, `limit` in each.

        A store that is flooded counts as one that does not answer, so that one bad store hides nothing of the
        others. Raises StoreError (store.too_few_answers) where an entry put at `required` stores might be
        overlooked.
        """
        answers = self._ask(lambda store: store.entries(prefix, limit))
        return sorted({entry for answer in answers for entry in answer})

    def _write(self, put: Callable[[Store], str]) -> None:
        failures: list[StoreError] = []
        refused: list[str] = []
        for store in self._stores:
            try:
                put(store)
            except StoreError as error:
                failures.append(error)
                refused.append(store.name)
        taken = len(self._stores) - len(refused)
        if taken < self._required:
            params = {"taken": taken, "required": self._required, "stores": ", ".join(refused)}
            raise StoreError("store.too_few_copies", **params) from failures[0]

    def _ask(self, ask: Callable[[Store], Answer]) -> Iterator[Answer]:
        """Yield the answers; a write reached `required` stores, so only fewer than that may stay silent."""
        silent: list[str] = []
        for store in self._stores:
            try:
                yield ask(store)
            except StoreError:
                silent.append(store.name)
        if len(silent) >= self._required:
            raise StoreError("store.too_few_answers", stores=", ".join(silent))
