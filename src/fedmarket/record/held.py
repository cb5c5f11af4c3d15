"""Whose documents a store holds: an export lists every task of its market, and the store beside it often has one's."""

from collections.abc import Iterator, Sequence

from fedmarket.domain.canonical import blob_id
from fedmarket.domain.errors import UsageError
from fedmarket.domain.reference.state import Event
from fedmarket.store.blobs import Store

OPENED, COMMITTED = "TaskOpened", "RoundCommitted"


def require_documents(events: Sequence[Event], number: int, store: Store) -> None:
    """Raise UsageError (record.other_task) where `store` has no document of task `number`, but some of others.

    A document is the terms or a round's manifest. A store without any is not excused: somebody took them away.
    """
    if _holds(events, number, store):
        return
    others = [event.fields["task"] for event in events if event.name == OPENED and event.fields["task"] != number]
    held = [other for other in others if _holds(events, other, store)]
    if held:
        raise UsageError("record.other_task", task=number, held=", ".join(map(str, held)))


def _holds(events: Sequence[Event], number: int, store: Store) -> bool:
    return any(store.has(blob_id(name)) for name in _documents(events, number))


def _documents(events: Sequence[Event], number: int) -> Iterator[bytes]:
    """Yield the hashes of a task's documents, as its events name them."""
    for event in events:
        if event.fields.get("task") == number:
            if event.name == OPENED:
                yield event.fields["terms_hash"]
            if event.name == COMMITTED:
                yield event.fields["manifest"]
