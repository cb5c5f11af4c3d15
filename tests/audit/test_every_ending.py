"""Whatever a task came to, its honest record passes the audit; a cut that was wrong does not."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fedmarket.audit.run import BLOCKED, FAIL, PASS, PRIVATE, audit_export
from fedmarket.domain.errors import UsageError
from fedmarket.domain.lifecycle import Status
from fedmarket.embedded.plan import HALF_MOMENTUM, OPEN_OPTIONS
from tests.agents import rogue_aggregators as rogues
from tests.agents.rogue_evaluators import TOLERANCE_PPB, Forgetful, bent, cut_to, scores_moved
from tests.agents.rogue_providers import AnnouncesNothing, FreeRider, HidesFromTheAggregator
from tests.agents.story import die_after_round, silent_in_scoring
from tests.agents.strategies import FEDADAGRAD, FEDADAM, FEDPROX, FEDYOGI, TRIMMED
from tests.audit.exported import exported, require_clean, statuses
from tests.audit.spoiling import Exhibit
from tests.learning.flower_absent import hide_flower

THREE = {"rounds": 3, "patience_rounds": 3}
FAR = 100 * TOLERANCE_PPB
ENDINGS: Mapping[str, tuple[Mapping[str, Any], Status]] = {
    "settled": ({}, Status.SETTLED),
    "with a free rider": ({"cast": {"provider 0": FreeRider}}, Status.SETTLED),
    "with one silent evaluator": ({"watch": silent_in_scoring("evaluator 2")}, Status.SETTLED),
    "with one deviating evaluator": ({"cast": {"evaluator 1": bent(scores_moved(FAR))}}, Status.SETTLED),
    "with one evaluator": ({"evaluators": 1}, Status.SETTLED),
    "with server momentum": ({"options": {"strategy": HALF_MOMENTUM}}, Status.SETTLED),
    "with FedAdam": ({"options": {"strategy": FEDADAM}}, Status.SETTLED),
    "with FedYogi": ({"options": {"strategy": FEDYOGI}}, Status.SETTLED),
    "with FedAdagrad": ({"options": {"strategy": FEDADAGRAD}}, Status.SETTLED),
    "with the trimmed mean": ({"options": {"aggregation": TRIMMED}}, Status.SETTLED),
    "with FedProx, stopped": (
        {"options": {**THREE, "strategy": FEDPROX, "patience_rounds": 2, "patience_gain": "0.9"}},
        Status.SETTLED,
    ),
    "taken over with FedAdam on the trimmed mean": (
        {
            "watch": die_after_round(1, "aggregator"),
            "options": {**THREE, "strategy": FEDADAM, "aggregation": TRIMMED},
        },
        Status.SETTLED,
    ),
    "cut after a wrong sum of the trimmed mean": (
        {"cast": {"aggregator": rogues.AddsUpWrongly}, "options": {"aggregation": TRIMMED}},
        Status.SETTLED,
    ),
    "cut after a wrong step of FedAdam": (
        {"cast": {"aggregator": rogues.CommitsAnotherModel}, "options": {"strategy": FEDADAM}},
        Status.SETTLED,
    ),
    "taken over": ({"watch": die_after_round(1, "aggregator"), "options": THREE}, Status.SETTLED),
    "taken over with momentum": (
        {"watch": die_after_round(1, "aggregator"), "options": {**THREE, "strategy": HALF_MOMENTUM}},
        Status.SETTLED,
    ),
    "out of aggregators": ({"watch": die_after_round(1, "aggregator", "standby"), "options": THREE}, Status.SETTLED),
    "stopped": ({"options": {**THREE, "patience_rounds": 2, "patience_gain": "0.9"}}, Status.SETTLED),
    "with updates announced": ({"cast": {"aggregator": rogues.LeavesOutOnce}, "options": THREE}, Status.SETTLED),
    "with an announcement only evaluators can read": ({"cast": {"provider 0": HidesFromTheAggregator}}, Status.SETTLED),
    "with an announcement nobody can read": ({"cast": {"provider 0": AnnouncesNothing}}, Status.SETTLED),
    "open": (
        {"base": replace(OPEN_OPTIONS, rounds=2, steps=5, target="0.6"), "open_weights": (2, 3, 2)},
        Status.SETTLED,
    ),
    "cut after a wrong sum": ({"cast": {"aggregator": rogues.AddsUpWrongly}}, Status.SETTLED),
    "cut after a withheld manifest": ({"cast": {"aggregator": rogues.WithholdsManifest}}, Status.SETTLED),
    "cut where an announced update was left out": (
        {"cast": {"aggregator": rogues.LeavesOut}, "options": THREE},
        Status.SETTLED,
    ),
    "fallen back": ({"watch": silent_in_scoring("evaluator 0", "evaluator 1")}, Status.FALLBACK),
    "fallen back in disagreement": (
        {"cast": {"evaluator 0": bent(scores_moved(FAR)), "evaluator 1": bent(scores_moved(-FAR))}},
        Status.FALLBACK,
    ),
    "fallen back with an announcement": (
        {"cast": {"provider 0": AnnouncesNothing}, "watch": silent_in_scoring("evaluator 0", "evaluator 1")},
        Status.FALLBACK,
    ),
    "cancelled for an empty seat": ({"dead": {"standby"}}, Status.CANCELLED),
    "cancelled for too few providers": ({"dead": {"provider 0", "provider 1"}}, Status.CANCELLED),
    "cancelled without a round": ({"watch": die_after_round(0, "aggregator", "standby")}, Status.CANCELLED),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_honest_record_passes(ending: str, tmp_path: Path) -> None:
    how, status = ENDINGS[ending]
    world = exported(tmp_path, **how)
    record = world.record()
    record.refresh()
    assert record.task(1).status is status
    require_clean(tmp_path, world.secret("evaluator 0"))
    assert FAIL not in statuses(audit_export(tmp_path, 1)).values()


def test_without_flower_an_audit_of_fedadam_says_what_to_install_instead_of_failing_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = exported(tmp_path, options={"strategy": FEDADAM})
    hide_flower(monkeypatch)
    with pytest.raises(UsageError, match=r"pip install 'fedmarket\[flower\]'"):
        audit_export(tmp_path, 1, world.secret("evaluator 0"))
    assert set(statuses(audit_export(tmp_path, 1)).values()) == {PASS, PRIVATE}


def test_a_cut_names_the_fault_of_the_first_round_left_out(tmp_path: Path) -> None:
    world = exported(tmp_path, {"aggregator": rogues.AddsUpWrongly})
    checks = {check.name: check for check in audit_export(tmp_path, 1, world.secret("standby"))}
    assert checks["cut"].status == PASS
    assert "round 2 was rightly refused" in checks["cut"].detail
    assert "not the exact sum" in checks["cut"].detail


@pytest.mark.parametrize("rounds", [0, 1])
def test_cutting_a_round_that_verifies_is_found(rounds: int, tmp_path: Path) -> None:
    liar = bent(cut_to(rounds))
    world = exported(tmp_path, {"evaluator 0": liar, "evaluator 1": liar})
    for role in ("aggregator", "evaluator 2"):
        assert statuses(audit_export(tmp_path, 1, world.secret(role)))["cut"] == FAIL


def test_settling_on_a_round_that_leaves_out_an_announced_update_is_found(tmp_path: Path) -> None:
    """The evaluators noted what was announced, and settled as if they had not."""
    forgetful = {f"evaluator {i}": Forgetful for i in range(3)}
    world = exported(tmp_path, {"aggregator": rogues.LeavesOut, **forgetful}, options=THREE)
    checks = {check.name: check for check in audit_export(tmp_path, 1, world.secret("aggregator"))}
    assert checks["cut"].status == FAIL
    assert checks["cut"].fault is not None
    assert checks["cut"].fault.error_id == "round.announced_left_out"


def test_a_fallback_payment_must_be_that_of_some_round(tmp_path: Path) -> None:
    exported(tmp_path, watch=silent_in_scoring("evaluator 0", "evaluator 1"))
    exhibit = Exhibit(tmp_path)
    exhibit.rewrite(
        lambda event: (
            replace(event, fields={**event.fields, "owed": event.fields["owed"] - 1})
            if event.name == "Claimed"
            else None
            if event.name == "Swept"
            else event
        )
    )
    assert statuses(audit_export(tmp_path, 1))["claims"] == FAIL


def test_a_missing_blob_fails_the_audit_until_the_retention_ends_and_is_said_afterwards(tmp_path: Path) -> None:
    world = exported(tmp_path)
    key, settled = world.secret("evaluator 0"), world.chain.head().timestamp
    exhibit = Exhibit(tmp_path)
    exhibit.remove(exhibit.manifest(1).bundle_blob)
    ended = settled + world.terms.retention
    assert FAIL in statuses(audit_export(tmp_path, 1, key)).values()
    assert FAIL in statuses(audit_export(tmp_path, 1, key, settled)).values()
    late = audit_export(tmp_path, 1, key, ended + 1)
    assert FAIL not in statuses(late).values()
    gone = [check for check in late if check.waits_for == "retention"]
    assert gone and all(check.status == BLOCKED for check in gone)
    assert "is gone, and the terms keep blobs only until" in gone[0].detail
