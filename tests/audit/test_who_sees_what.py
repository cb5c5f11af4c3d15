"""Without a key the public part is checked; a seat's key opens more, an evaluator's everything."""

from pathlib import Path

import pytest

from fedmarket.audit.checks import ANYONE, CHECKS, EVALUATOR, SEAT
from fedmarket.audit.run import PASS, PRIVATE, audit_export
from fedmarket.domain.errors import LANGUAGES, RefusedError, UsageError
from tests.audit.exported import exported, statuses
from tests.simulation.world import World

OPENED_BY = {
    None: {ANYONE},
    "aggregator": {ANYONE, SEAT},
    "standby": {ANYONE, SEAT},
    "evaluator 1": {ANYONE, SEAT, EVALUATOR},
}


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    folder = tmp_path_factory.mktemp("record")
    return folder, exported(folder)


@pytest.mark.parametrize("role", OPENED_BY)
def test_a_key_opens_what_its_role_may_read(record: tuple[Path, World], role: str | None) -> None:
    folder, world = record
    checks = audit_export(folder, 1, world.secret(role) if role else None)
    expected = {row.name: PASS if row.needs in OPENED_BY[role] else PRIVATE for row in CHECKS}
    assert statuses(checks) == expected


@pytest.mark.parametrize("role", ["stranger", "provider 0", "requester"])
def test_a_key_that_holds_no_seat_is_refused_by_its_account(record: tuple[Path, World], role: str) -> None:
    folder, world = record
    with pytest.raises(RefusedError, match=f"{world.account(role)}, whose key was given, holds no seat in task 1"):
        audit_export(folder, 1, world.secret(role))


def test_a_private_line_says_whose_key_it_needs(record: tuple[Path, World]) -> None:
    said = {check.name: check.detail for check in audit_export(record[0], 1) if check.status == PRIVATE}
    assert "aggregator, a standby or an evaluator" in said["updates"]
    assert "key of an evaluator" in said["contributions"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_line_is_a_sentence_in_every_language(record: tuple[Path, World], lang: str) -> None:
    folder, world = record
    for secret in (None, world.secret("evaluator 0")):
        assert all(check.said.sentence(lang) for check in audit_export(folder, 1, secret))


def test_an_unknown_task_is_no_finding_but_bad_input(record: tuple[Path, World]) -> None:
    with pytest.raises(UsageError, match="There is no task 9 here; known: 1"):
        audit_export(record[0], 9)


def test_a_folder_without_an_export_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no exported record"):
        audit_export(tmp_path, 1)


def test_checks_come_after_what_they_wait_for() -> None:
    names = [row.name for row in CHECKS]
    for place, row in enumerate(CHECKS):
        assert set(row.after) <= set(names[:place])


def test_who_may_run_a_check_may_run_what_it_waits_for() -> None:
    """So that a check never waits for one that nobody with its key can run."""
    order = [ANYONE, SEAT, EVALUATOR]
    needs = {row.name: order.index(row.needs) for row in CHECKS}
    for row in CHECKS:
        assert all(needs[name] <= needs[row.name] for name in row.after)
