"""The smallest changes that somebody could make to a record, and what the audit says to each.

The original is never touched: a copy is changed, audited and thrown away. What a forger could easily write anew to hide
the change - a digest, a ciphertext, an id in the events - is written anew, so that the check that answers is the one
that no forger can get round without other people's keys, or the chain.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from fedmarket.audit.checks import ANYONE, SEAT
from fedmarket.audit.forgery import Byte, Forgery, Line, difference, other_digit
from fedmarket.audit.run import FAIL, Check, audit_export
from fedmarket.domain.canonical import blob_id
from fedmarket.domain.errors import RefusedError, SystemFault, UsageError, sentence
from fedmarket.domain.manifest import Manifest
from fedmarket.learning.bundle import COUNT, LENGTH, unpack_bundle
from fedmarket.learning.tensors import NUMPY_DTYPES
from fedmarket.learning.update import SIGNATURE_BYTES
from fedmarket.record.export import FILE
from fedmarket.record.models import recipe_of

T = TypeVar("T")
ANY = "any"
BY_RULE = {
    "Joined": "bond",
    "SeatTaken": "seat",
    "RoundCommitted": "round",
    "TaskSettled": "paid",
    "SeatClaimed": "fee",
    "Refunded": "amount",
}
"""Fields that the contract's rules fix, by event."""
EXPONENT, LEAST = (3, 1), (0, 1)
"""Byte of a little-endian float32, and bit to flip: a factor of four, or the last place."""


class NothingToTamper(UsageError):
    """The record holds nothing of the kind."""


@dataclass(frozen=True)
class Change:
    """What was changed: a byte of `file`, or of a document in a ciphertext that `file` names in words.

    `place` and `hidden` are sentences of the catalogue ("tampered.place_<kind>", "tampered.hidden_<how>").
    """

    kind: str
    file: str
    byte: Byte
    hidden: str
    params: Mapping[str, object]

    def sentence(self, lang: str = "en") -> str:
        """Say in `lang` what was changed where, and what was written anew to hide it."""
        place = sentence(f"tampered.place_{self.kind}", lang, **self.params)
        file = self.file if "/" in self.file or "." in self.file else self._opened(lang)
        byte = {"offset": self.byte.offset, "old": f"0x{self.byte.old:02x}", "new": f"0x{self.byte.new:02x}"}
        changed = sentence("tampered.changed", lang, file=file, place=place, **byte)
        return changed + sentence(f"tampered.hidden_{self.hidden}", lang)

    def _opened(self, lang: str) -> str:
        return sentence(f"tampered.opened_{self.file}", lang, **self.params)


def tamper(
    folder: Path, number: int, secret: bytes | None, what: str, seed: int, now: int = 0
) -> tuple[Change, tuple[Check, ...]]:
    """Change the smallest thing of the kind `what` in a copy of an export, and audit the copy.

    `what` is one of `KINDS` or "any"; `seed` chooses among equals, `now` is the time of the audit. Raises UsageError
    where the kind is unknown (tamper.unknown), needs a seat's key to be noticed (tamper.needs_seat), is not in this
    record (tamper.nothing), or where the record fails its audit as it is (tamper.already_fails).
    """
    if what != ANY and what not in KINDS:
        raise UsageError("tamper.unknown", what=what[:40], known=", ".join((*KINDS, ANY)))
    broken = next((check for check in audit_export(folder, number, secret, now) if check.status == FAIL), None)
    if broken is not None:
        raise UsageError("tamper.already_fails", check=broken.name)
    with TemporaryDirectory(prefix="fedmarket-tamper-") as place:
        forgery = _copied(folder, Path(place), number, secret)
        change = _change(forgery, what, Random(seed))
        checks = audit_export(forgery.folder, number, secret, now)
    if not any(check.status == FAIL for check in checks):
        raise RefusedError("tamper.unnoticed", change=change.sentence())
    return change, checks


def _copied(folder: Path, place: Path, number: int, secret: bytes | None) -> Forgery:
    try:
        return Forgery(folder, place, number, secret)
    except OSError as error:
        raise UsageError("tamper.unreadable", path=folder, detail=SystemFault.of(error)) from error


def _change(forgery: Forgery, what: str, random: Random) -> Change:
    if what != ANY:
        return _one(forgery, what, random)
    names = [name for name, (needs, _) in KINDS.items() if needs == ANYONE or forgery.evidence.identity is not None]
    random.shuffle(names)
    for name in names:
        try:
            return _one(forgery, name, random)
        except NothingToTamper:
            continue
    raise NothingToTamper("tamper.nothing", what=what, task=forgery.evidence.number)


def _one(forgery: Forgery, kind: str, random: Random) -> Change:
    needs, run = KINDS[kind]
    if needs == SEAT and forgery.evidence.identity is None:
        raise UsageError("tamper.needs_seat", what=kind, task=forgery.evidence.number)
    return run(forgery, random)


def _pick(forgery: Forgery, kind: str, found: list[T], random: Random) -> T:
    if not found:
        raise NothingToTamper("tamper.nothing", what=kind, task=forgery.evidence.number)
    return random.choice(found)


def _terms(forgery: Forgery, random: Random) -> Change:
    path = forgery.blob_path(blob_id(forgery.evidence.view.terms.terms_hash))
    return Change("terms", path, _flip_somewhere(forgery, path, random), "nothing", {})


def _manifest(forgery: Forgery, random: Random) -> Change:
    number = _pick(forgery, "manifest", list(forgery.evidence.rounds()), random)
    path = forgery.manifest_path(number)
    return Change("manifest", path, _flip_somewhere(forgery, path, random), "nothing", {"round": number})


def _flip_somewhere(forgery: Forgery, path: str, random: Random) -> Byte:
    return forgery.flip(path, random.randrange((forgery.folder / path).stat().st_size))


def _event(forgery: Forgery, random: Random) -> Change:
    line = _pick(forgery, "event", [line for line in forgery.lines if line["name"] in BY_RULE], random)
    field = BY_RULE[line["name"]]
    byte = forgery.change_event(line, field, other_digit(line["fields"][field], random.choice))
    where = {"event": line["name"], "block": line["block"], "field": field}
    return Change("event", FILE, byte, "digest", where)


def _score(forgery: Forgery, random: Random) -> Change:
    line = _pick(forgery, "score", _lines(forgery, "ScoresRevealed"), random)
    table = line["fields"]["table"]
    byte = forgery.change_event(line, "table", table[:-1] + f"{int(table[-1], 16) ^ 1:x}")
    return Change("score", FILE, byte, "digest", {"evaluator": line["fields"]["evaluator"]})


def _payment(forgery: Forgery, random: Random) -> Change:
    line = _pick(forgery, "payment", _lines(forgery, "Claimed"), random)
    byte = forgery.change_event(line, "owed", other_digit(line["fields"]["owed"], random.choice))
    return Change("payment", FILE, byte, "digest", {"account": line["fields"]["account"]})


def _lines(forgery: Forgery, name: str) -> list[Line]:
    return [line for line in forgery.lines if line["name"] == name]


def _signature(forgery: Forgery, random: Random) -> Change:
    manifest, place = _any_update(forgery, "signature", random)
    entry = manifest.updates[place]
    signature = bytearray(entry.signature)
    signature[random.randrange(64)] ^= 1
    entries = list(manifest.updates)
    entries[place] = replace(entry, signature=bytes(signature))
    forged = replace(manifest, updates=tuple(entries))
    forgery.replace_manifest(forged)
    where = {"provider": entry.provider, "round": manifest.round}
    return Change("signature", "manifest", difference(manifest.encoded, forged.encoded), "manifest", where)


def _update(forgery: Forgery, random: Random) -> Change:
    manifest, place = _any_update(forgery, "update", random)
    payloads = unpack_bundle(forgery.opened(manifest, "bundle"))
    end = COUNT.size + sum(LENGTH.size + len(payload) for payload in payloads[: place + 1])
    offset = end - SIGNATURE_BYTES - _coordinate(forgery, "I32", random)
    where = {"provider": manifest.updates[place].provider, "round": manifest.round}
    return Change("update", "bundle", forgery.change_sealed(manifest, "bundle", offset), "sealed", where)


def _any_update(forgery: Forgery, kind: str, random: Random) -> tuple[Manifest, int]:
    manifests = [forgery.manifest(number) for number in forgery.evidence.rounds()]
    found = [(manifest, place) for manifest in manifests for place in range(len(manifest.updates))]
    return _pick(forgery, kind, found, random)


def _aggregate(forgery: Forgery, random: Random) -> Change:
    manifest = forgery.manifest(_pick(forgery, "aggregate", list(forgery.evidence.rounds()), random))
    offset = len(forgery.opened(manifest, "aggregate")) - _coordinate(forgery, "I64", random)
    byte = forgery.change_sealed(manifest, "aggregate", offset)
    return Change("aggregate", "aggregate", byte, "sealed", {"round": manifest.round})


def _coordinate(forgery: Forgery, dtype: str, random: Random) -> int:
    """Return how far before the end of some tensors one of their coordinates begins, in bytes."""
    size = NUMPY_DTYPES[dtype].itemsize  # type: ignore[index]
    return size * random.randint(1, recipe_of(forgery.evidence.terms).spec.parameters)


def _model(forgery: Forgery, random: Random) -> Change:
    """Change the last model: an earlier one is the base that everybody signed for in the round after it."""
    rounds = list(forgery.evidence.rounds())[-1:]
    manifest = forgery.manifest(_pick(forgery, "model", rounds, random))
    data = forgery.opened(manifest, "model")
    offset = len(data) - _coordinate(forgery, "F32", random)
    at, bit = LEAST
    if forgery.evidence.terms.strategy.parameters:
        # Such steps are compared to within two quanta, so that the last place of a coordinate is nobody's fault.
        parameters = recipe_of(forgery.evidence.terms).spec.parameters
        begin = len(data) - 4 * parameters
        offset = begin + 4 * int(np.abs(np.frombuffer(data, "<f4", parameters, begin)).argmax())
        at, bit = EXPONENT
    byte = forgery.change_sealed(manifest, "model", offset + at, bit)
    return Change("model", "model", byte, "sealed", {"round": manifest.round})


KINDS: Mapping[str, tuple[str, Callable[[Forgery, Random], Change]]] = {
    "terms": (ANYONE, _terms),
    "event": (ANYONE, _event),
    "manifest": (ANYONE, _manifest),
    "update": (SEAT, _update),
    "model": (SEAT, _model),
    "aggregate": (SEAT, _aggregate),
    "score": (ANYONE, _score),
    "payment": (ANYONE, _payment),
    "signature": (ANYONE, _signature),
}
