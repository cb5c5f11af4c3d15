"""Runs the checks in order: PASS, FAIL, PRIVATE (no key for it) or BLOCKED (names the check it waits for)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fedmarket.audit.checks import ANYONE, CHECKS, EVALUATOR, Row
from fedmarket.audit.evidence import Evidence
from fedmarket.audit.finding import Finding
from fedmarket.domain.errors import MarketError, UsageError

PASS, FAIL, PRIVATE, BLOCKED = "PASS", "FAIL", "PRIVATE", "BLOCKED"
LACKING = ("strategy.flower_missing",)
"""Refusals that are about this process and not about the record: no check can answer while they stand."""
MISSING = "store.missing"
RETENTION = "retention"
DAMAGED = ("record.bad_export", "record.altered_export")


@dataclass(frozen=True)
class Check:
    """One line of an audit; `said` is the finding behind a PASS, the refusal behind a FAIL, or why it did not run.

    `waits_for` names the failed check behind a BLOCKED, or "retention" where the terms' time to keep blobs is over.
    """

    name: str
    status: str
    said: Finding | MarketError
    waits_for: str | None = None

    @property
    def detail(self) -> str:
        """One sentence, in English."""
        return self.said.sentence()

    @property
    def fault(self) -> MarketError | None:
        """The refusal behind a FAIL."""
        return self.said if isinstance(self.said, MarketError) else None


def audit_export(folder: Path, task: int, secret: bytes | None = None, now: int = 0) -> tuple[Check, ...]:
    """Audit one task of the record exported to `folder`; `secret` is the 32-byte key of a seat, if there is one.

    `now` is the time of the audit in seconds: a blob that is missing fails it until the terms' retention has ended.

    An export that was damaged fails the first check. Raises UsageError where the folder holds no export, or where it
    does not know the task.
    """
    try:
        evidence = Evidence.open(folder, task, secret, now)
    except UsageError as fault:
        if fault.error_id not in DAMAGED:
            raise
        return _nothing_to_check(fault)
    return audit(evidence)


def _nothing_to_check(fault: UsageError) -> tuple[Check, ...]:
    first, *others = CHECKS
    blocked = (Check(row.name, BLOCKED, Finding("blocked", name=first.name), first.name) for row in others)
    return (Check(first.name, FAIL, fault), *blocked)


def audit(evidence: Evidence) -> tuple[Check, ...]:
    """Run every check once; raises UsageError where a package is missing that a task's terms need for one of them."""
    done: dict[str, Check] = {}
    for row in CHECKS:
        done[row.name] = _run(row, evidence, done)
    return tuple(done.values())


def _run(row: Row, evidence: Evidence, done: dict[str, Check]) -> Check:
    blocking = next((done[name] for name in row.after if done[name].status in (FAIL, BLOCKED)), None)
    if blocking:
        root = blocking.waits_for or blocking.name
        return Check(row.name, BLOCKED, Finding("blocked", name=root), root)
    if not _has_key(row, evidence):
        return Check(row.name, PRIVATE, Finding(f"private_{row.needs}"))
    try:
        return Check(row.name, PASS, row.run(evidence))
    except MarketError as fault:
        if fault.error_id in LACKING:
            raise
        if fault.error_id == MISSING and evidence.retention_ended:
            return Check(row.name, BLOCKED, _expired(fault, evidence), RETENTION)
        return Check(row.name, FAIL, fault)


def _expired(fault: MarketError, evidence: Evidence) -> Finding:
    until = datetime.fromtimestamp(evidence.keeps_until, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Finding("expired", blob=fault.params["blob_id"], until=until)


def _has_key(row: Row, evidence: Evidence) -> bool:
    if row.needs == ANYONE:
        return True
    return (evidence.evaluator if row.needs == EVALUATOR else evidence.identity) is not None
