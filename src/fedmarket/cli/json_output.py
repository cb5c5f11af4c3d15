"""The demo as one JSON object: amounts and gas as integers, skills and measures as numbers."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fedmarket.cli.render_audit import upshot
from fedmarket.cli.render_rounds import PPB
from fedmarket.embedded.report import ProviderLine, Quality, RoundLine, TaskReport

if TYPE_CHECKING:
    from fedmarket.audit.run import Check
    from fedmarket.audit.tamper import Change
    from fedmarket.embedded.demo import DemoResult
    from fedmarket.embedded.trial import TrialResult


def demo_json(demo: "DemoResult", picture: Path) -> str:
    """Return the object as text; `picture` is the SVG's path.

    Amounts are base units; `owed`, `fees`, `contributions` and `test.alone` are by address;
    sum(owed) + refund + sum(fees) == escrow + debits. Contributions are in units of skill and add up to
    `skill_final` - `skill_initial`, to 1e-9 a provider.
    """
    told = {**story(demo), "free_rider": demo.free_rider, "noisy": demo.noisy, "picture_file": str(picture)}
    return json.dumps(told, indent=2)


def audit_json(
    task: int,
    checks: "Sequence[Check]",
    change: "Change | None" = None,
    opened: tuple[Path, int] | None = None,
) -> str:
    """Return an audit as text: `audit` is "ok" or the first check that failed.

    `tampered` tells of the one `change` of a copy, `opened` of the folder and number of plaintexts written.
    """
    told: dict[str, Any] = {"task": task, "audit": upshot(checks), "checks": _checks(checks)}
    if change is not None:
        told["tampered"] = _change(change)
    if opened is not None:
        told["opened"] = {"folder": str(opened[0]), "files": opened[1]}
    return json.dumps(told, indent=2)


def _change(change: "Change") -> dict[str, Any]:
    byte = asdict(change.byte)
    hidden = {"kind": change.kind, "file": change.file, **byte, "rewritten": change.hidden}
    return {**hidden, "of": dict(change.params), "detail": change.sentence()}


def story(demo: "DemoResult | TrialResult") -> dict[str, Any]:
    """Return a settled task with its comparison and its audit, as values that JSON can hold."""
    report, comparison = demo.report, demo.comparison
    return {
        **_money(report),
        "rounds": [_round(line) for line in report.rounds],
        "skill_initial": report.skill_initial_ppb / PPB,
        "skill_final": report.skill_final_ppb / PPB,
        "skill_target": None if report.skill_target_ppb is None else report.skill_target_ppb / PPB,
        "test": {
            "federated": _quality(comparison.federated),
            "pooled": _quality(comparison.pooled),
            "alone": {account: _quality(quality) for account, quality in comparison.alone.items()},
        },
        "contributions": {line.account: line.score_ppb / PPB for line in report.providers},
        "providers": [_provider(line) for line in report.providers],
        "names": dict(report.names),
        "balances": {account: list(pair) for account, pair in report.balances.items()},
        "gas": {verb: list(used) for verb, used in report.gas.items()},
        "audit": upshot(demo.checks),
        "checks": _checks(demo.checks),
        "task": report.task,
        "chain_id": report.chain_id,
        "market": report.market,
        "requester": report.requester,
        "aggregator": report.aggregator,
        "model_id": report.model_id,
        "model_file": str(demo.model_path),
        "folder": str(demo.folder),
        "best_round": report.best_round,
        "seconds": demo.seconds,
    }


def _money(report: TaskReport) -> dict[str, Any]:
    return {
        "escrow": report.escrow,
        "owed": dict(report.owed),
        "refund": report.refund,
        "fees": dict(report.fees),
        "performance": report.budget,
        "released": report.released,
        "debits": {line.account: line.debit for line in report.providers},
        "forfeited": report.forfeited,
    }


def _round(line: RoundLine) -> dict[str, Any]:
    return {
        "round": line.number,
        "loss": line.loss,
        "skill": line.skill_ppb / PPB,
        "skill_stderr": line.skill_stderr_ppb / PPB,
        **line.figures,
        "updates": line.updates,
        "refused": [{"provider": account, "reason": reason} for account, reason in line.refused],
        "gas": line.gas,
        "seconds": line.seconds,
    }


def _quality(quality: Quality) -> dict[str, float]:
    return {**quality.figures, "loss": quality.loss}


def _provider(line: ProviderLine) -> dict[str, Any]:
    return {
        "account": line.account,
        "name": line.name,
        "weight": line.weight,
        "score_ppb": line.score_ppb,
        "stderr_ppb": line.stderr_ppb,
        "pay": line.pay,
        "participation": line.participation,
        "owed": line.owed,
        "debit": line.debit,
        "bond": line.bond,
        "forfeited": line.forfeited,
        "delivered": line.delivered,
        "rounds": line.rounds,
        "refused": dict(line.refused),
    }


def _checks(checks: "Sequence[Check]") -> list[dict[str, str | None]]:
    return [
        {
            "name": check.name,
            "status": check.status,
            "detail": check.detail,
            "fault": check.fault.error_id if check.fault else None,
            "waits_for": check.waits_for,
        }
        for check in checks
    ]
