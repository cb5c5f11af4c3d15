"""Where a writer puts what others look for: one prefix in the store for each task, round, attempt and account."""

from fedmarket.domain.ask import Ask
from fedmarket.domain.errors import StoreError
from fedmarket.record.live import Record

OWN_LIMIT = 1 << 20
CANDIDATES = 1 << 14
"""Entries of a slot that readers look at: to hide one, a flood must be larger, and its owner then announces."""


def update_slot(record: Record, task: int, round_number: int, attempt: int, account: str) -> str:
    """Return the prefix of a provider's encrypted updates for one attempt at one round."""
    return f"{_home(record, task)}/{round_number}/{attempt}/{account}"


def note_slot(record: Record, task: int, round_number: int, account: str, provider: str) -> str:
    """Return the prefix of an evaluator's notes on the updates that a provider announced in a round."""
    return f"{_home(record, task)}/{round_number}/notes/{account}/{provider}"


def score_slot(record: Record, task: int, account: str) -> str:
    """Return the prefix of an evaluator's score table, encrypted to itself before it commits."""
    return f"{_home(record, task)}/scores/{account}"


def statement_slot(record: Record, task: int, account: str, provider: str) -> str:
    """Return the prefix of an evaluator's statements for a provider, encrypted to that provider and to itself."""
    return f"{_home(record, task)}/statements/{account}/{provider}"


def summary_slot(record: Record, task: int, account: str) -> str:
    """Return the prefix of a provider's summary of its columns, encrypted to the seats before it joins."""
    return f"{_home(record, task)}/summaries/{account}"


def constants_slot(record: Record, task: int, attempt: int, account: str) -> str:
    """Return the prefix of an aggregator's signed notices of the task's constants."""
    return f"{_home(record, task)}/constants/{attempt}/{account}"


def ask_slot(record: Record, task: int, key: bytes) -> str:
    """Return the prefix of what the holder of an age key may read and cannot open."""
    return f"{_home(record, task)}/asks/{key.hex()[:40]}"


def relay_slot(record: Record, task: int, ask: Ask, account: str) -> str:
    """Return the prefix of what an evaluator hands on as the answer to an ask."""
    return f"{_home(record, task)}/{ask.round}/{ask.kind}/{ask.key.hex()[:40]}/{account}"


def entries(record: Record, slot: str, limit: int = CANDIDATES) -> list[str]:
    """Return the ids in a slot, none where it is flooded: who reads it then looks elsewhere. Raises StoreError."""
    return _listed(record, slot, limit) or []


def own_entries(record: Record, slot: str) -> list[str]:
    """Return all ids in one's own slot, a flooded one too: only what one's own secret proves is believed there.

    Raises StoreError where it cannot be read.
    """
    return record.store.entries(slot, OWN_LIMIT)


def flooded(record: Record, slot: str, limit: int = CANDIDATES) -> bool:
    """Return whether a slot holds more entries than anybody looks at. Raises StoreError where it cannot be read."""
    return _listed(record, slot, limit) is None


def _listed(record: Record, slot: str, limit: int) -> list[str] | None:
    try:
        return record.store.entries(slot, limit)
    except StoreError as error:
        if error.error_id == "store.flooded":
            return None
        raise


def _home(record: Record, task: int) -> str:
    return f"{record.chain.chain_id}/{record.chain.market}/{task}"
