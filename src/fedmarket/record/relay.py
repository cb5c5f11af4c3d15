"""Blobs handed on: who may read a blob and cannot open it asks, and whoever opens it seals it again for them.

An aggregator can encrypt unequally, so that honest evaluators see different rounds, or a provider no model to train on.
Ids hash plaintexts, so nobody can be handed anything false, and an ask costs whoever answers one encryption at most.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from fedmarket.domain.ask import KINDS, Ask
from fedmarket.domain.canonical import digest, sha256_id
from fedmarket.domain.derive import hkdf
from fedmarket.domain.errors import MarketError
from fedmarket.domain.manifest import NOTHING, Manifest
from fedmarket.domain.manifest_rules import check_manifest
from fedmarket.record.facts import committed_round, model_readers, round_readers
from fedmarket.record.live import Record
from fedmarket.record.sealed import AGE_OVERHEAD, open_sealed
from fedmarket.record.sizes import largest
from fedmarket.record.slots import ask_slot, entries, own_entries, relay_slot
from fedmarket.store.age import AgeIdentity, decrypt, encrypt


def open_shared(record: Record, number: int, manifest: Manifest, kind: str, identity: AgeIdentity) -> bytes:
    """Return the plaintext of one kind of a round's blobs, as it is stored or as somebody handed it on.

    Raises as `open_sealed` where neither opens.
    """
    providers = len(record.task(number).providers)
    limit, expected = largest(record.terms(number), manifest, kind, providers), getattr(manifest, kind)
    try:
        return open_sealed(record.store, getattr(manifest, f"{kind}_blob"), identity, expected, limit)
    except MarketError:
        ask = Ask(manifest.round, kind, identity.public)
        for data in _handed(record, number, ask, identity, limit):
            if digest(data) == expected:
                return data
        raise


def _handed(record: Record, number: int, ask: Ask, identity: AgeIdentity, limit: int) -> Iterator[bytes]:
    for account in record.task(number).terms.evaluators:
        for blob in entries(record, relay_slot(record, number, ask, account)):
            try:
                yield decrypt(record.store.get(blob, limit + AGE_OVERHEAD), identity, limit)
            except MarketError:
                continue


def unopened(
    record: Record, number: int, rounds: Iterable[int], identity: AgeIdentity, kinds: Iterable[str] = KINDS
) -> list[Ask]:
    """Return what there is to ask for: the blobs of committed `rounds` that do not open to `identity`.

    A round whose manifest nobody can read, or that is not that round's, names nothing to ask for.
    """
    found = []
    for round_number in rounds:
        manifest = _sound_manifest(record, number, round_number)
        for kind in kinds if manifest else ():
            if manifest is None or getattr(manifest, kind) == NOTHING:
                continue
            try:
                open_shared(record, number, manifest, kind, identity)
            except MarketError:
                found.append(Ask(round_number, kind, identity.public))
    return found


def _sound_manifest(record: Record, number: int, round_number: int) -> Manifest | None:
    try:
        manifest = record.manifest(number, round_number)
        check_manifest(manifest, committed_round(record, number, round_number))
    except MarketError:
        return None
    return manifest


def ask_for(record: Record, number: int, wanted: Iterable[Ask]) -> list[Ask]:
    """Put asks on record and return those that were not there. Raises StoreError."""
    new = []
    for ask in wanted:
        slot = ask_slot(record, number, ask.key)
        if sha256_id(ask.encoded) not in own_entries(record, slot):
            record.store.put_entry(slot, ask.encoded)
            new.append(ask)
    return new


def asked(record: Record, number: int) -> Iterator[Ask]:
    """Yield what parties of a task ask for and may read. Raises StoreError.

    An ask says nothing but what it is for, so there are few that count, and no others are ever read.
    """
    for key, allowed in _allowed(record, number).items():
        entries = own_entries(record, ask_slot(record, number, key))
        if entries:
            known = set(entries)
            yield from (ask for ask in allowed if sha256_id(ask.encoded) in known)


def waiting(record: Record, number: int, identity: AgeIdentity) -> bool:
    """Return whether something that we asked for has not been answered by anybody yet. Raises StoreError."""
    seats = record.task(number).terms.evaluators
    known = set(own_entries(record, ask_slot(record, number, identity.public)))
    mine = _allowed(record, number).get(identity.public, []) if known else []
    return any(
        sha256_id(ask.encoded) in known
        and not any(own_entries(record, relay_slot(record, number, ask, account)) for account in seats)
        for ask in mine
    )


def _allowed(record: Record, number: int) -> dict[bytes, list[Ask]]:
    """Return by age key all that a party may ask for: what it may read of the rounds committed so far."""
    view, terms = record.task(number), record.terms(number)
    seats, allowed = round_readers(view), defaultdict[bytes, list[Ask]](list)
    for line in view.rounds:
        readers = dict.fromkeys(("bundle", "aggregate", "summaries"), seats)
        readers |= {"model": model_readers(view, terms, line.number), "constants": model_readers(view, terms, 0)}
        for kind, keys in readers.items():
            for key in keys:
                allowed[key].append(Ask(line.number, kind, key))
    return allowed


def hand_on(record: Record, number: int, account: str, secret: bytes, identity: AgeIdentity) -> list[Ask]:
    """Seal again what others ask for and `identity` can open, each thing once; returns what was handed on.

    The arguments are an evaluator's own: a mark that only its `secret` makes tells what it handed on before.
    """
    return [ask for ask in asked(record, number) if _answer(record, number, ask, account, secret, identity)]


def _answer(record: Record, number: int, ask: Ask, account: str, secret: bytes, identity: AgeIdentity) -> bool:
    slot, mark = relay_slot(record, number, ask, account), _mark(record, number, ask, secret)
    manifest = _sound_manifest(record, number, ask.round)
    try:
        if manifest is None or ask.key == identity.public or sha256_id(mark) in own_entries(record, slot):
            return False
        data = open_shared(record, number, manifest, ask.kind, identity)
    except MarketError:
        return False
    record.store.put_entry(slot, encrypt(data, [ask.key]))
    record.store.put_entry(slot, mark)
    return True


def _mark(record: Record, number: int, ask: Ask, secret: bytes) -> bytes:
    place = (record.chain.chain_id, record.chain.market, number)
    return hkdf(secret, "handed on", *place, ask.round, ask.kind, ask.key)
