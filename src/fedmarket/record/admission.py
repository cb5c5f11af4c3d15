"""Candidates for a round: what providers put into their slots, through the gate, copies sorted out."""

from contextlib import suppress
from dataclasses import dataclass, field

from fedmarket.domain.errors import MarketError, UpdateError
from fedmarket.domain.manifest import Exclusion
from fedmarket.learning.gate import Admitted, GateContext, Standing, admit, first_of_copies
from fedmarket.learning.update import payload_limit
from fedmarket.record.facts import signing_domain
from fedmarket.record.live import Record
from fedmarket.record.models import recipe_of
from fedmarket.record.slots import update_slot
from fedmarket.record.task import Announcement
from fedmarket.store.age import AgeIdentity, decrypt

AGE_OVERHEAD = 1 << 20


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
        domain=signing_domain(record),
        task=number,
        round=round_number,
        attempt=attempt,
        terms=view.terms.terms_hash,
        base_model=view.model_after(round_number - 1),
        spec=spec,
        clip_quanta=terms.clip_quanta,
        max_bytes=payload_limit(spec.of("I32")),
        provider=provider,
    )


def collect(record: Record, number: int, identity: AgeIdentity) -> Candidates:
    """Read all slots of the round that is open now, and gate what is in them."""
    view = record.task(number)
    round_number, attempt = len(view.rounds) + 1, view.state.attempt
    found = Candidates()
    for provider in view.providers:
        context = gate_for(record, number, round_number, attempt, provider.account)
        _admit_first(record, number, context, identity, found)
    _drop_copies(record, number, round_number, found)
    return found


def _admit_first(record: Record, number: int, context: GateContext, identity: AgeIdentity, found: Candidates) -> None:
    announced = announcement_of(record, number, context.round, context.attempt, context.provider)
    for payload in _payloads(record, number, context, identity, announced):
        try:
            update = admit(payload, context)
        except UpdateError as refusal:
            found.refusals.setdefault(context.provider, refusal)
            continue
        found.admitted[context.provider], found.payloads[context.provider] = update, payload
        found.refusals.pop(context.provider, None)
        return


def announcement_of(record: Record, number: int, round_number: int, attempt: int, provider: str) -> Announcement | None:
    """Return a provider's first announcement for one attempt at a round, or None."""
    lines = record.task(number).announcements
    wanted = (provider, round_number, attempt)
    return next((line for line in lines if (line.provider, line.round, line.attempt) == wanted), None)


def _payloads(
    record: Record, number: int, context: GateContext, identity: AgeIdentity, announced: Announcement | None
) -> list[bytes]:
    """Return what opens with our key: an announced payload first, then the slot's entries; rubbish is ignored."""
    blobs = [f"sha256:{announced.blob.hex()}"] if announced else []
    slot = update_slot(record, number, context.round, context.attempt, context.provider)
    with suppress(MarketError):
        blobs += record.store.entries(slot)
    opened = (_open(record, blob, identity, context.max_bytes) for blob in blobs)
    return [payload for payload in opened if payload is not None]


def _open(record: Record, blob: str, identity: AgeIdentity, max_bytes: int) -> bytes | None:
    try:
        data = record.store.get(blob, max_bytes=max_bytes + AGE_OVERHEAD)
        return decrypt(data, identity, max_bytes=max_bytes + 1)
    except MarketError:
        return None


def _drop_copies(record: Record, number: int, round_number: int, found: Candidates) -> None:
    view = record.task(number)
    attempt = view.state.attempt
    announced = [line.provider for line in view.announcements if (line.round, line.attempt) == (round_number, attempt)]
    standings = [
        Standing(
            update=found.admitted[provider.account],
            joined=(place, 0),
            announced=(announced.index(provider.account), 0) if provider.account in announced else None,
        )
        for place, provider in enumerate(view.providers)
        if provider.account in found.admitted
    ]
    for account, refusal in first_of_copies(standings).items():
        del found.admitted[account], found.payloads[account]
        found.refusals[account] = refusal
