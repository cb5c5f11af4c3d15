"""Blobs handed on: who may read a blob and cannot open it asks, and whoever opens it seals it again for them.

An aggregator can encrypt unequally, so that honest evaluators see different rounds, or a provider no model to train on.
Ids hash plaintexts, so nobody can be handed anything false, and an ask costs whoever answers one encryption at most.
"""

from collections.abc import Iterable, Iterator

from fedmarket.domain.ask import ASK_BYTES, KINDS, Ask
from fedmarket.domain.canonical import digest, sha256_id
from fedmarket.domain.derive import hkdf
from fedmarket.domain.errors import MarketError
from fedmarket.domain.manifest import NOTHING, Manifest
from fedmarket.record.facts import model_readers, round_readers
from fedmarket.record.live import Record
from fedmarket.record.sealed import AGE_OVERHEAD, open_sealed
from fedmarket.record.sizes import largest
from fedmarket.record.slots import ask_slot, own_entries, relay_slot
from fedmarket.store.age import AgeIdentity, decrypt, encrypt


def open_shared(record: Record, number: int, manifest: Manifest, kind: str, identity: AgeIdentity) -> bytes:
    """Return the plaintext of one kind of a round's blobs, as it is stored or as somebody handed it on.

    Raises as `open_sealed` where neither opens.
    """
    limit, expected = largest(record.terms(number), manifest, kind), getattr(manifest, kind)
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
        for blob in own_entries(record, relay_slot(record, number, ask, account)):
            try:
                yield decrypt(record.store.get(blob, limit + AGE_OVERHEAD), identity, limit)
            except MarketError:
                continue


def unopened(
    record: Record, number: int, rounds: Iterable[int], identity: AgeIdentity, kinds: Iterable[str] = KINDS
) -> list[Ask]:
    """Return what there is to ask for: the blobs of committed `rounds` that do not open to `identity`.

    A round whose manifest nobody can read names nothing to ask for.
    """
    found = []
    for round_number in rounds:
        manifest = record.readable_manifest(number, round_number)
        for kind in kinds if manifest else ():
            assert manifest is not None
            if getattr(manifest, kind) == NOTHING:
                continue
            try:
                open_shared(record, number, manifest, kind, identity)
            except MarketError:
                found.append(Ask(round_number, kind, identity.public))
    return found


def ask_for(record: Record, number: int, wanted: Iterable[Ask]) -> list[Ask]:
    """Put asks on record and return those that were not there. Raises StoreError."""
    slot = ask_slot(record, number)
    known = set(own_entries(record, slot))
    new = [ask for ask in wanted if sha256_id(ask.encoded) not in known]
    for ask in new:
        record.store.put_entry(slot, ask.encoded)
    return new


def asked(record: Record, number: int) -> Iterator[Ask]:
    """Yield what parties of a task ask for and may read; whoever wrote it, it says nothing else. Raises StoreError."""
    entries = own_entries(record, ask_slot(record, number))
    readers = _readers(record, number) if entries else {}
    for blob in entries:
        ask = _read(record, blob)
        if ask and ask.key in readers.get((ask.round, ask.kind), ()):
            yield ask


def _readers(record: Record, number: int) -> dict[tuple[int, str], frozenset[bytes]]:
    view, terms = record.task(number), record.terms(number)
    seats = frozenset(round_readers(view))
    readers: dict[tuple[int, str], frozenset[bytes]] = {}
    for line in view.rounds:
        readers |= dict.fromkeys([(line.number, kind) for kind in ("bundle", "aggregate", "summaries")], seats)
        readers[line.number, "model"] = frozenset(model_readers(view, terms, line.number))
        readers[line.number, "constants"] = frozenset(model_readers(view, terms, 0))
    return readers


def _read(record: Record, blob: str) -> Ask | None:
    known = record.documents.asks
    if blob not in known:
        try:
            known[blob] = Ask.read(record.store.get(blob, ASK_BYTES))
        except MarketError:
            return None
    return known[blob]


def hand_on(record: Record, number: int, account: str, secret: bytes, identity: AgeIdentity) -> list[Ask]:
    """Seal again what others ask for and `identity` can open, each thing once; returns what was handed on.

    The arguments are an evaluator's own: a mark that only its `secret` makes tells what it handed on before.
    """
    done = []
    for ask in asked(record, number):
        slot, mark = relay_slot(record, number, ask, account), _mark(record, number, ask, secret)
        manifest = record.readable_manifest(number, ask.round)
        if manifest is None or ask.key == identity.public or sha256_id(mark) in own_entries(record, slot):
            continue
        try:
            data = open_shared(record, number, manifest, ask.kind, identity)
        except MarketError:
            continue
        record.store.put_entry(slot, encrypt(data, [ask.key]))
        record.store.put_entry(slot, mark)
        done.append(ask)
    return done


def _mark(record: Record, number: int, ask: Ask, secret: bytes) -> bytes:
    place = (record.chain.chain_id, record.chain.market, number)
    return hkdf(secret, "handed on", *place, ask.round, ask.kind, ask.key)
