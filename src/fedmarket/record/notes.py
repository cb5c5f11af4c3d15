"""Evaluators' signed notes: which announced updates they could read while the submission window was open.

The window matters: whoever commits the round commits after it, and so could have read what they read.
"""

from collections.abc import Callable

from fedmarket.domain.accounts import recover
from fedmarket.domain.errors import MarketError
from fedmarket.domain.typed_data import NoteMessage
from fedmarket.record.live import Record
from fedmarket.record.slots import entries, note_slot
from fedmarket.record.task import Announcement

NOTE_BYTES = 65
NOTE_LIMIT = 1 << 16
"""Notes are small and prove themselves, so that a flood of a slot must be large to hide one."""
Noted = Callable[[Announcement], bool]


def note_digest(record: Record, number: int, line: Announcement) -> bytes:
    """Return the 32 bytes that an evaluator signs to note an announcement."""
    message = NoteMessage(number, line.round, line.attempt, line.provider, line.update, line.blob)
    return message.digest(record.domain)


def noted_by_most(record: Record, number: int) -> Noted:
    """Return the judgement of more than half of the evaluators' seats: whether they noted an announcement."""
    seats = record.task(number).terms.evaluators
    return lambda line: 2 * sum(_noted_by(record, number, account, line) for account in seats) > len(seats)


def _noted_by(record: Record, number: int, account: str, line: Announcement) -> bool:
    slot, digest = note_slot(record, number, line.round, account, line.provider), note_digest(record, number, line)
    return any(_signed(record, blob, digest, account) for blob in entries(record, slot, NOTE_LIMIT))


def _signed(record: Record, blob: str, digest: bytes, account: str) -> bool:
    try:
        return recover(digest, record.store.get(blob, NOTE_BYTES)) == account
    except MarketError:
        return False
