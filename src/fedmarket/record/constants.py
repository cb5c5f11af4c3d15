"""The constants that a task's data are standardised by: of the terms, or from what providers say of their columns.

Each provider seals a summary of its columns to the seats and joins with its hash. The active aggregator combines those
of all who joined into constants, signs a notice of them before round 1, and names both in every manifest; who holds a
seat's key computes them again.
"""

from collections.abc import Iterator
from dataclasses import replace

from fedmarket.domain.accounts import address_of, recover, sign
from fedmarket.domain.canonical import digest
from fedmarket.domain.constants import (
    CONSTANTS_BYTES,
    NOTICE_BYTES,
    SALT_BYTES,
    SUMMARY_BYTES,
    Constants,
    Notice,
    Summary,
    combine,
)
from fedmarket.domain.derive import hkdf
from fedmarket.domain.errors import MarketError, RefusedError, StoreError
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
from fedmarket.record.slots import OWN_LIMIT, constants_slot, flooded, own_entries, summary_slot
from fedmarket.store.age import AgeIdentity, decrypt, encrypt


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
    if notices_flooded(record, number):
        return
    view, known = record.task(number), record.documents.notices
    for blob in own_entries(record, _notices(record, number)):
        key = (record.domain, number, view.state.attempt, blob)
        try:
            if key not in known:
                known[key] = _signed_notice(record, number, record.store.get(blob, NOTICE_BYTES))
        except StoreError:
            continue
        notice = known[key]
        if notice is not None:
            yield notice


def _notices(record: Record, number: int) -> str:
    view = record.task(number)
    return constants_slot(record, number, view.state.attempt, view.active_aggregator)


def notices_flooded(record: Record, number: int) -> bool:
    """Return whether nobody can find the active aggregator's notice: it then names the constants in its manifest."""
    return flooded(record, _notices(record, number), OWN_LIMIT)


def _signed_notice(record: Record, number: int, data: bytes) -> Notice | None:
    """Return what the active aggregator signed, None for rubbish; a flood is read often and looked into once."""
    try:
        notice = Notice.read(data)
        signer = recover(notice_digest(record, number, notice), notice.signature)
    except MarketError:
        return None
    return notice if signer == record.task(number).active_aggregator and notice.constants != NOTHING else None


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


def give_notice(record: Record, number: int, secret: bytes, identity: AgeIdentity) -> None:
    """Make a notice, sign it with the active aggregator's `secret` and put it where all look. Raises StoreError."""
    notice = make_notice(record, number, identity)
    signed = replace(notice, signature=sign(notice_digest(record, number, notice), secret))
    record.store.put_entry(_notices(record, number), signed.encoded)


def make_notice(record: Record, number: int, identity: AgeIdentity) -> Notice:
    """Combine the summaries that providers joined with and that we can read, and store what came of it for all."""
    view, terms = record.task(number), record.terms(number)
    summaries = collected_summaries(record, number, identity)
    constants, bundle = combined(record, number, summaries).encoded, pack_bundle(list(summaries.values()))
    readers = model_readers(view, terms, 0)
    return Notice(
        constants=digest(constants),
        constants_blob=put_sealed(record.store, constants, readers),
        summaries=digest(bundle),
        summaries_blob=put_sealed(record.store, bundle, round_readers(view)),
    )


def put_summary(record: Record, number: int, secret: bytes, table: Table) -> bytes:
    """Seal a summary of one's own table to the task's seats and return its hash, to be joined with.

    Raises RefusedError (too_few_rows) where it would say too much of each row.
    """
    terms = record.terms(number)
    sums, squares = column_sums(table, terms.data)
    account, place = address_of(secret), (record.domain.chain_id, record.domain.contract, number)
    salt = hkdf(secret, "summary", *place, length=SALT_BYTES)
    summary = Summary(*place, account, len(table), sums, squares, salt)
    seats = [seat.age_key for seat in (*terms.aggregators, *terms.evaluators)]
    record.store.put_entry(summary_slot(record, number, account), encrypt(summary.encoded, seats))
    return digest(summary.encoded)
