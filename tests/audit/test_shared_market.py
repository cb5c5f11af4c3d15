"""Two tasks of one market, each with its blobs in a folder of its own; the events of both are in either export."""

from pathlib import Path

import pytest

from fedmarket.audit.run import FAIL, PASS, PRIVATE, audit_export
from fedmarket.chain.simulated import SimulatedChain
from fedmarket.domain.errors import LANGUAGES, UsageError
from fedmarket.embedded.market import Market
from fedmarket.record.export import STORE
from tests.embedded.test_market import plan


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second task's record."""
    chain = SimulatedChain(genesis_time=1000)
    plan(Market(0, chain=chain)).run()
    folder = tmp_path_factory.mktemp("second")
    second = Market(1, chain=chain, folder=folder)
    plan(second).run()
    second.export(folder)
    return folder


def test_somebody_elses_task_is_not_said_to_fail(folder: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        audit_export(folder, 1)
    assert (refusal.value.error_id, refusal.value.exit_code) == ("record.other_task", 2)
    for language in LANGUAGES:
        said = refusal.value.sentence(language)
        assert "1" in said and "2" in said and "--task" in said


def test_the_folders_own_task_passes(folder: Path) -> None:
    assert {check.status for check in audit_export(folder, 2)} == {PASS, PRIVATE}


def test_a_task_that_lost_some_of_its_documents_still_fails(folder: Path) -> None:
    blobs = [
        path for path in (folder / STORE).rglob("*") if path.is_file() and b'"fedmarket/terms/' in path.read_bytes()
    ]
    (terms,) = blobs
    kept = terms.read_bytes()
    terms.unlink()
    try:
        checks = {check.name: check.status for check in audit_export(folder, 2)}
    finally:
        terms.write_bytes(kept)
    assert checks["terms"] == FAIL
