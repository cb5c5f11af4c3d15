"""Runs the checks in order: PASS, FAIL, PRIVATE (no key for it) or BLOCKED (names the check it waits for)."""

from dataclasses import dataclass
from pathlib import Path

from fedmarket.audit.checks import ANYONE, CHECKS, EVALUATOR, Row
from fedmarket.audit.evidence import Evidence
from fedmarket.domain.errors import MarketError

PASS, FAIL, PRIVATE, BLOCKED = "PASS", "FAIL", "PRIVATE", "BLOCKED"


@dataclass(frozen=True)
class Check:
    """One line of an audit; `fault` is the refusal behind a FAIL, `detail` one sentence."""

    name: str
    status: str
    detail: str
    fault: MarketError | None = None


def audit_export(folder: Path, task: int, secret: bytes | None = None) -> tuple[Check, ...]:
    """Audit one task of the record exported to `folder`; `secret` is the 32-byte key of a seat, if there is one.

    Raises UsageError where the folder holds no export.
    """
    return audit(Evidence.open(folder, task, secret))


def audit(evidence: Evidence) -> tuple[Check, ...]:
    """Run every check once."""
    done: dict[str, Check] = {}
    for row in CHECKS:
        done[row.name] = _run(row, evidence, done)
    return tuple(done.values())


def _run(row: Row, evidence: Evidence, done: dict[str, Check]) -> Check:
    blocking = next((name for name in row.after if done[name].status in (FAIL, BLOCKED)), None)
    if blocking:
        return Check(row.name, BLOCKED, f"waits for {_root(blocking, done)}")
    if not _has_key(row, evidence):
        return Check(row.name, PRIVATE, f"needs the key of {_holder(row)}")
    try:
        return Check(row.name, PASS, row.run(evidence))
    except MarketError as fault:
        return Check(row.name, FAIL, fault.sentence(), fault)


def _root(name: str, done: dict[str, Check]) -> str:
    """Return the failed check behind a blocked one."""
    return name if done[name].status == FAIL else done[name].detail.removeprefix("waits for ")


def _has_key(row: Row, evidence: Evidence) -> bool:
    if row.needs == ANYONE:
        return True
    return (evidence.evaluator if row.needs == EVALUATOR else evidence.identity) is not None


def _holder(row: Row) -> str:
    return "an evaluator" if row.needs == EVALUATOR else "the aggregator, a standby or an evaluator"
