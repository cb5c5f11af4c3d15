"""A flip of any one bit of any byte of a record is found, wherever it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

from fedmarket.audit.run import FAIL, audit_export
from fedmarket.domain.canonical import blob_id, sha256_id
from fedmarket.record.export import FILE, STORE
from tests.audit.exported import exported, require_clean
from tests.audit.spoiling import Exhibit
from tests.simulation.world import World

EVENT_FLIPS, BLOB_FLIPS = 100, 100


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    folder = tmp_path_factory.mktemp("record")
    return folder, exported(folder)


@contextmanager
def flipped(path: Path, random: Random) -> Iterator[str]:
    """Flip one bit of one byte of a file for a while; tells where."""
    data = path.read_bytes()
    place, bit = random.randrange(len(data)), random.randrange(8)
    path.chmod(0o644)
    path.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])
    try:
        yield f"bit {bit} of byte {place} of {path.name}"
    finally:
        path.write_bytes(data)


def referenced(folder: Path) -> list[Path]:
    """Return the files of the blobs that the record names: terms, validation, manifests, models, sums, bundles."""
    exhibit = Exhibit(folder)
    opened = next(event.fields for event in exhibit.events if event.name == "TaskOpened")
    blobs = [blob_id(opened["terms_hash"]), exhibit.terms.validation.blob]
    for number in (1, 2):
        manifest = exhibit.manifest(number)
        blobs += [sha256_id(manifest.encoded), manifest.model_blob, manifest.aggregate_blob, manifest.bundle_blob]
    return [exhibit.path(blob) for blob in blobs]


def candidates(folder: Path) -> set[str]:
    """Return the names of the entries of all slots: updates on their way, notes, and tables before their commit."""
    return {path.name for path in (folder / STORE / "slots").rglob("*") if path.is_file()}


def test_every_blob_is_named_by_the_record_or_a_candidate_in_a_slot(record: tuple[Path, World]) -> None:
    """What nothing refers to any more may rot: of it only the bundle, or the reveal on chain, counted."""
    blobs = {path for path in (record[0] / STORE / "sha256").rglob("*") if path.is_file()}
    named = set(referenced(record[0]))
    assert {path.parent.name + path.name for path in blobs - named} == candidates(record[0])


def test_a_flipped_bit_in_any_named_blob_fails_the_audit(record: tuple[Path, World]) -> None:
    folder, world = record
    random, files = Random(1), referenced(folder)
    for number in range(BLOB_FLIPS):
        with flipped(files[number % len(files)], random) as where:
            checks = audit_export(folder, 1, world.secret("evaluator 0"))
            assert any(check.status == FAIL for check in checks), where
    require_clean(folder, world.secret("evaluator 0"))


def test_a_flipped_bit_in_the_events_fails_the_first_check(record: tuple[Path, World]) -> None:
    folder, world = record
    random = Random(2)
    for _ in range(EVENT_FLIPS):
        with flipped(folder / FILE, random) as where:
            checks = audit_export(folder, 1, world.secret("evaluator 0"))
            assert (checks[0].name, checks[0].status) == ("events", FAIL), where
    require_clean(folder, world.secret("evaluator 0"))


def test_a_rotten_candidate_changes_nothing(record: tuple[Path, World]) -> None:
    folder, world = record
    random, named = Random(3), set(referenced(folder))
    others = sorted(path for path in (folder / STORE / "sha256").rglob("*") if path.is_file() and path not in named)
    for path in others[:5]:
        with flipped(path, random):
            require_clean(folder, world.secret("evaluator 0"))
