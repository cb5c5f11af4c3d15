"""A task of an exported record in the clear: plaintexts named by their hash, for whoever checks it with other code."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

from fedmarket.audit.evidence import Evidence
from fedmarket.domain.ask import KINDS
from fedmarket.domain.canonical import digest
from fedmarket.domain.errors import SystemFault, UsageError
from fedmarket.domain.manifest import NOTHING
from fedmarket.record.export import FILE
from fedmarket.record.relay import open_shared
from fedmarket.record.sealed import open_sealed
from fedmarket.store.age import DECRYPT_LIMIT

PLAIN = "plain"


def write_opened(folder: Path, number: int, secret: bytes, out: Path) -> int:
    """Write a task's documents, opened with a seat's key, to a new folder `out`; returns how many.

    `out`/events.json is the export's own, `out`/plain/<sha256 hex> holds terms, manifests, and of every round that
    was settled on its bundle, sum and model; the validation set too where the key is an evaluator's. Their owner alone
    can read them. Raises UsageError (opened.needs_seat, opened.in_use, record.unwritable), StoreError or AgeError where
    one of them cannot be opened.
    """
    evidence = Evidence.open(folder, number, secret)
    evidence.record.refresh()
    if evidence.identity is None:
        raise UsageError("opened.needs_seat", task=number)
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise UsageError("opened.in_use", path=out)
        (out / PLAIN).mkdir(mode=0o700, parents=True, exist_ok=True)
        out.chmod(0o700)
        copyfile(folder / FILE, out / FILE)
        return sum(_write(out / PLAIN / digest(data).hex(), data) for data in _documents(evidence))
    except OSError as error:
        raise UsageError("record.unwritable", path=out, detail=SystemFault.of(error)) from error


def _documents(evidence: Evidence) -> Iterator[bytes]:
    record, number, terms = evidence.record, evidence.number, evidence.terms
    assert evidence.identity is not None
    yield terms.encoded
    if evidence.evaluator is not None:
        sealed = terms.validation
        yield open_sealed(record.store, sealed.blob, evidence.evaluator, sealed.commitment, DECRYPT_LIMIT)
    for round_number in evidence.rounds():
        manifest = record.manifest(number, round_number)
        yield manifest.encoded
        for kind in (kind for kind in KINDS if getattr(manifest, kind) != NOTHING):
            yield open_shared(record, number, manifest, kind, evidence.identity)


def _write(path: Path, data: bytes) -> bool:
    """Write a file for its owner alone; False where the same bytes are there already, as of a round without a step."""
    if path.exists():
        return False
    path.touch(mode=0o600)
    path.write_bytes(data)
    return True
