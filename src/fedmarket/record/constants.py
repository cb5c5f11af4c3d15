"""The constants that a task's data are standardised by: of the terms, or from what providers say of their columns.

Each provider seals a summary of its columns to the seats and joins with its hash. The active aggregator combines those
of all who joined into constants, signs a notice of them before round 1, and names both in every manifest; who holds a
seat's key computes them again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fedmarket.domain import codec
from fedmarket.domain.accounts import recover, sign
from fedmarket.domain.canonical import digest
from fedmarket.domain.constants import CONSTANTS_BYTES, SUMMARY_BYTES, Constants, Summary, combine
from fedmarket.domain.errors import MarketError, RefusedError
from fedmarket.domain.manifest import NOTHING, Manifest
from fedmarket.domain.manifest_rules import RoundFault
from fedmarket.domain.terms import DataSchema, Terms
from fedmarket.domain.typed_data import NoticeMessage
from fedmarket.learning.bundle import pack_bundle, unpack_bundle
from fedmarket.learning.columns import column_sums
from fedmarket.learning.table import Table
from fedmarket.record.facts import model_readers, round_readers
from fedmarket.record.live import Record
from fedmarket.record.relay import open_shared
from fedmarket.record.sealed import AGE_OVERHEAD, open_sealed, put_sealed
from fedmarket.record.slots import constants_slot, own_entries, summary_slot
from fedmarket.store.age import AgeIdentity, decrypt, encrypt

SCHEMA = "fedmarket/notice/1"
NOTICE_BYTES = 2048


@dataclass(frozen=True)
class Notice:
    """An aggregator's signed word on a task's constants: hashes of plaintexts, ids of ciphertexts."""

    constants: bytes
    constants_blob: str
    summaries: bytes
    summaries_blob: str
    signature: bytes = b""

    @property
    def encoded(self) -> bytes:
        """The canonical bytes."""
        return codec.encode(self, SCHEMA)


NO_NOTICE = Notice(NOTHING, "", NOTHING, "")


def federated(terms: Terms) -> bool:
    """Return whether the task's constants come from its providers."""
    return bool(terms.data.bounds)


def notice_of(record: Record, number: int) -> Notice | None:
    """Return what is in force: that of the first committed round that names constants, else the active aggregator's.

    None where the terms' own constants hold, or before there is a notice. Of several that an aggregator signed the one
    with the lowest hash counts.
    """
    if not federated(record.terms(number)):
        return None
    first = constants_round(record, number)
    if first is not None:
        line = record.manifest(number, first)
        return Notice(line.constants, line.constants_blob, line.summaries, line.summaries_blob)
    return min(_signed_notices(record, number), key=lambda notice: notice.constants, default=None)


def constants_round(record: Record, number: int) -> int | None:
    """Return the first committed round whose manifest names constants, or None."""
    for line in record.task(number).rounds:
        manifest = record.readable_manifest(number, line.number)
        if manifest is not None and manifest.constants != NOTHING:
            return line.number
    return None


def _signed_notices(record: Record, number: int) -> Iterator[Notice]:
    aggregator = record.task(number).active_aggregator
    for blob in own_entries(record, constants_slot(record, number)):
        try:
            notice = codec.decode(record.store.get(blob, NOTICE_BYTES), Notice, SCHEMA)
            signer = recover(notice_digest(record, number, notice), notice.signature)
        except MarketError:
            continue
        if signer == aggregator and notice.constants != NOTHING:
            yield notice


def notice_digest(record: Record, number: int, notice: Notice) -> bytes:
    """Return the 32 bytes that the active aggregator signs for a notice."""
    view = record.task(number)
    place = (number, view.state.attempt, view.terms.terms_hash)
    return NoticeMessage(*place, notice.constants, notice.summaries).digest(record.domain)


def constants_hash(record: Record, number: int) -> bytes:
    """Return what updates must name as their constants: zero where the terms' own hold or nobody has given notice."""
    notice = notice_of(record, number)
    return notice.constants if notice else NOTHING


def data_schema(record: Record, number: int, identity: AgeIdentity) -> DataSchema:
    """Return the terms' schema with the constants in force, as far as there are any.

    Raises StoreError or AgeError where they are missing or not for this identity.
    """
    terms, notice = record.terms(number), notice_of(record, number)
    if notice is None:
        return terms.data
    first = constants_round(record, number)
    if first is not None:
        data = open_shared(record, number, record.manifest(number, first), "constants", identity)
    else:
        data = open_sealed(record.store, notice.constants_blob, identity, notice.constants, CONSTANTS_BYTES)
    return Constants.read(data).applied_to(terms.data)


def collected_summaries(record: Record, number: int, identity: AgeIdentity) -> dict[str, bytes]:
    """Return the summaries, as bytes by account in join order, that providers joined with and that we can read."""
    found = {}
    for provider in record.task(number).providers:
        for blob in own_entries(record, summary_slot(record, number, provider.account)):
            try:
                data = decrypt(record.store.get(blob, SUMMARY_BYTES + AGE_OVERHEAD), identity, SUMMARY_BYTES)
                _summary(record, number, provider.account, data)
            except MarketError:
                continue
            found[provider.account] = data
    return found


def combined(record: Record, number: int, summaries: dict[str, bytes]) -> Constants:
    """Return the constants that follow from summaries (bytes by account). Raises where one is not as it should be."""
    terms, view = record.terms(number), record.task(number)
    read = [_summary(record, number, account, data) for account, data in summaries.items()]
    weights = None if terms.admission.open else {line.account: line.weight for line in view.providers}
    schema = combine(terms.data, read, weights)
    stated = tuple((account, digest(data)) for account, data in summaries.items())
    return Constants(record.domain.chain_id, record.domain.contract, number, stated, schema.means, schema.scales)


def _summary(record: Record, number: int, account: str, data: bytes) -> Summary:
    """Read one provider's summary; raises unless it is the one that it joined with, for this very task."""
    provider, place = record.task(number).provider(account), (record.domain.chain_id, record.domain.contract, number)
    summary = Summary.read(data, len(record.terms(number).data.features))
    named = (summary.chain_id, summary.contract, summary.task, summary.provider)
    if provider is None or provider.listing != digest(data) or named != (*place, account):
        raise RefusedError("constants.not_the_providers", provider=account)
    return summary


def check_constants(record: Record, number: int, identity: AgeIdentity, manifest: Manifest) -> None:
    """Raise RoundFault unless the manifest's constants are those in force and follow from providers' summaries."""
    if manifest.constants != constants_hash(record, number):
        raise RoundFault("round.wrong_constants", round=manifest.round)
    if manifest.constants == NOTHING:
        if federated(record.terms(number)) and manifest.updates:
            raise RoundFault("round.wrong_constants", round=manifest.round)
        return
    stated = Constants.read(open_shared(record, number, manifest, "constants", identity))
    summaries = unpack_bundle(open_shared(record, number, manifest, "summaries", identity))
    accounts = [account for account, _ in stated.summaries]
    if len(set(accounts)) != len(accounts) or len(accounts) != len(summaries):
        raise RoundFault("round.wrong_constants", round=manifest.round)
    if combined(record, number, dict(zip(accounts, summaries, strict=True))) != stated:
        raise RoundFault("round.wrong_constants", round=manifest.round)


def give_notice(record: Record, number: int, actor_secret: bytes, identity: AgeIdentity) -> None:
    """Combine the summaries that providers joined with, store the constants for all parties, and sign a notice.

    To be called by the active aggregator while there is none. Raises StoreError.
    """
    view, terms = record.task(number), record.terms(number)
    summaries = collected_summaries(record, number, identity)
    constants, bundle = combined(record, number, summaries).encoded, pack_bundle(list(summaries.values()))
    readers = model_readers(view, terms, 0)
    notice = Notice(
        constants=digest(constants),
        constants_blob=put_sealed(record.store, constants, readers),
        summaries=digest(bundle),
        summaries_blob=put_sealed(record.store, bundle, round_readers(view)),
    )
    signed = replace(notice, signature=sign(notice_digest(record, number, notice), actor_secret))
    record.store.put_entry(constants_slot(record, number), signed.encoded)


def put_summary(record: Record, number: int, account: str, table: Table) -> bytes:
    """Seal a summary of one's own table to the task's seats and return its hash, to be joined with.

    Raises RefusedError (too_few_rows) where it would say too much of each row.
    """
    terms = record.terms(number)
    sums, squares = column_sums(table, terms.data)
    summary = Summary(record.domain.chain_id, record.domain.contract, number, account, len(table), sums, squares)
    seats = [seat.age_key for seat in (*terms.aggregators, *terms.evaluators)]
    record.store.put_entry(summary_slot(record, number, account), encrypt(summary.encoded, seats))
    return digest(summary.encoded)
