"""Candidates for a round: what providers put into their slots, through the gate, copies sorted out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fedmarket.domain.accounts import recover
from fedmarket.domain.canonical import blob_id
from fedmarket.domain.errors import MarketError, UpdateError
from fedmarket.domain.manifest import Exclusion
from fedmarket.learning.gate import Admitted, GateContext, Standing, admit, first_of_copies
from fedmarket.learning.update import Header, parse, payload_limit
from fedmarket.record.constants import constants_hash
from fedmarket.record.live import Record
from fedmarket.record.models import recipe_of
from fedmarket.record.sealed import AGE_OVERHEAD
from fedmarket.record.slots import entries, note_slot, update_slot
from fedmarket.record.task import Announcement
from fedmarket.store.age import AgeIdentity, decrypt

UPDATE_OVERHEAD = 1 << 14
"""More than age adds to an update but for its chunks: a line for each of a dozen readers."""
FEW, READ_AT_MOST = 64, 1 << 30
"""A slot with more entries than its owner could need is read in an order that only the reader knows, and no more of it
than a gigabyte, or so many updates of the greatest size: rubbish that hides an update must be many times that."""


@dataclass
class Candidates:
    """A round's accepted updates with their payloads, in join order, and who was refused for what."""

    admitted: dict[str, Admitted] = field(default_factory=dict)
    payloads: dict[str, bytes] = field(default_factory=dict)
    refusals: dict[str, UpdateError] = field(default_factory=dict)

    @property
    def exclusions(self) -> tuple[Exclusion, ...]:
        """The refusals as the manifest records them, by account."""
        return tuple(Exclusion(account, self.refusals[account].reason) for account in sorted(self.refusals))


def gate_for(record: Record, number: int, round_number: int, attempt: int, provider: str) -> GateContext:
    """Return what the record says of one provider's slot."""
    terms, view = record.terms(number), record.task(number)
    spec = recipe_of(terms).spec
    return GateContext(
        domain=record.domain,
        task=number,
        round=round_number,
        attempt=attempt,
        terms=view.terms.terms_hash,
        base_model=view.model_after(round_number - 1),
        spec=spec,
        clip_quanta=terms.clip_quanta,
        max_bytes=payload_limit(spec.of("I32")),
        provider=provider,
        constants=constants_hash(record, number),
    )


def header_for(context: GateContext) -> Header:
    """Return the one header that a payload in this slot may have."""
    return Header(
        chain_id=context.domain.chain_id,
        contract=context.domain.contract,
        task=context.task,
        round=context.round,
        attempt=context.attempt,
        provider=context.provider,
        terms=context.terms,
        base_model=context.base_model,
        constants=context.constants,
    )


def collect(record: Record, number: int, identity: AgeIdentity) -> Candidates:
    """Read all slots of the round that is open now, and gate what is in them."""
    view = record.task(number)
    round_number, attempt = len(view.rounds) + 1, view.state.attempt
    found = Candidates()
    for provider in view.providers:
        context = gate_for(record, number, round_number, attempt, provider.account)
        _admit_one(record, context, identity, found)
    for account, refusal in copies(record, number, round_number, attempt, found.admitted).items():
        del found.admitted[account], found.payloads[account]
        found.refusals[account] = refusal
    return found


def _admit_one(record: Record, context: GateContext, identity: AgeIdentity, found: Candidates) -> None:
    """Take the announced update of a provider, else any valid one; what others wrote into its slot is not named."""
    line = announcement_of(record, context.task, context.round, context.attempt, context.provider)
    for payload in opened_payloads(record, context, identity):
        try:
            update = admit(payload, context)
        except UpdateError as refusal:
            header = _signed_header(payload, context)
            if header == header_for(context) or (header and context.provider not in found.refusals):
                found.refusals[context.provider] = refusal
            continue
        announced = line is not None and update.update_id == line.update
        if announced or context.provider not in found.admitted:
            found.admitted[context.provider], found.payloads[context.provider] = update, payload
        if announced:
            break
    if context.provider in found.admitted:
        found.refusals.pop(context.provider, None)


def opened_payloads(record: Record, context: GateContext, identity: AgeIdentity) -> Iterator[bytes]:
    """Yield what our key opens: an announced payload, what lies in the slot, and what evaluators hand on.

    Anybody may have written any of it, but for the signature inside.
    """
    blobs = entries(record, update_slot(record, context.task, context.round, context.attempt, context.provider))
    line = announcement_of(record, context.task, context.round, context.attempt, context.provider)
    if line is not None:
        blobs = [blob_id(line.blob), *blobs, *_handed_on(record, context.task, line)]
    read, most = 0, max(READ_AT_MOST, FEW * context.max_bytes)
    for blob in blobs if len(blobs) <= FEW else sorted(blobs, key=identity.rank):
        data = _get(record, blob, context.max_bytes + context.max_bytes // 1024 + UPDATE_OVERHEAD)
        payload = _decrypted(data, identity, context.max_bytes + 1)
        if payload is not None:
            yield payload
        read += len(data)
        if read > most:
            return


def sent_payload(record: Record, context: GateContext, identity: AgeIdentity) -> bytes | None:
    """Return a payload that the slot's owner signed for this very round and attempt and our key opens, or None."""
    expected = header_for(context)
    opened = opened_payloads(record, context, identity)
    return next((payload for payload in opened if _signed_header(payload, context) == expected), None)


def _handed_on(record: Record, number: int, line: Announcement) -> Iterator[str]:
    for account in record.task(number).terms.evaluators:
        yield from entries(record, note_slot(record, number, line.round, account, line.provider))


def _signed_header(payload: bytes, context: GateContext) -> Header | None:
    """Return the header of a payload that the slot's owner signed, whatever it was meant for; None for rubbish."""
    try:
        parsed = parse(payload)
        signer = recover(parsed.header.digest(parsed.update_id), parsed.signature)
    except MarketError:
        return None
    return parsed.header if signer == context.provider else None


def _get(record: Record, blob: str, max_bytes: int) -> bytes:
    try:
        return record.store.get(blob, max_bytes)
    except MarketError:
        return b""


def _decrypted(data: bytes, identity: AgeIdentity, max_bytes: int) -> bytes | None:
    try:
        return decrypt(data, identity, max_bytes)
    except MarketError:
        return None


def first_announcements(record: Record, number: int, round_number: int, attempt: int) -> list[Announcement]:
    """Return each provider's first announcement for one attempt at a round, in the order of the chain."""
    first: dict[str, Announcement] = {}
    for line in record.task(number).announcements:
        if (line.round, line.attempt) == (round_number, attempt):
            first.setdefault(line.provider, line)
    return list(first.values())


def announcement_of(record: Record, number: int, round_number: int, attempt: int, provider: str) -> Announcement | None:
    """Return a provider's first announcement for one attempt at a round, or None."""
    lines = first_announcements(record, number, round_number, attempt)
    return next((line for line in lines if line.provider == provider), None)


def open_announced(
    record: Record, number: int, line: Announcement, identity: AgeIdentity
) -> tuple[bytes, Admitted] | None:
    """Return the announced payload and its update, or None where it is missing, not for our key, or not valid."""
    context = gate_for(record, number, line.round, line.attempt, line.provider)
    data = _get(record, blob_id(line.blob), context.max_bytes + AGE_OVERHEAD)
    payload = _decrypted(data, identity, context.max_bytes + 1)
    if payload is None:
        return None
    try:
        update = admit(payload, context)
    except UpdateError:
        return None
    return (payload, update) if update.update_id == line.update else None


def copies(
    record: Record, number: int, round_number: int, attempt: int, admitted: Mapping[str, Admitted]
) -> dict[str, UpdateError]:
    """Return the refusal of every provider whose update is that of one that announced, else joined, before it."""
    announced = [line.provider for line in first_announcements(record, number, round_number, attempt)]
    standings = [
        Standing(
            update=admitted[provider.account],
            joined=(place, 0),
            announced=(announced.index(provider.account), 0) if provider.account in announced else None,
        )
        for place, provider in enumerate(record.task(number).providers)
        if provider.account in admitted
    ]
    return first_of_copies(standings)
