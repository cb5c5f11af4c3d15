"""What the commands run. The programs are imported when they are first called, so that --help loads none of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fedmarket.cli.watching import OnRound, OnStage

if TYPE_CHECKING:
    from fedmarket.audit.run import Check
    from fedmarket.cli.remote_demo import Venue
    from fedmarket.embedded.demo import DemoResult
    from fedmarket.embedded.preview import Preview
    from fedmarket.embedded.trial import TrialResult
    from fedmarket.embedded.trial_data import Choice, TrialData
    from fedmarket.record.live import Record


class RunDemo(Protocol):
    """Run the demo; tell rounds and stages as they happen."""

    def __call__(self, seed: int, folder: Path, *, on_round: OnRound, on_stage: OnStage) -> "DemoResult":
        """Keep the record in `folder` and return what came of it; raises MarketError."""


class AuditExport(Protocol):
    """Audit a task of an exported record."""

    def __call__(self, folder: Path, task: int, secret: bytes | None, now: int) -> "tuple[Check, ...]":
        """Return a line a check; `secret` is a seat's 32-byte key, `now` in seconds. Raises MarketError."""


class RunTrial(Protocol):
    """Run a task on somebody's own table; tell how it was read, rounds and stages as they happen."""

    def __call__(
        self,
        choice: "Choice",
        budget: int,
        folder: Path,
        *,
        on_data: "Callable[[TrialData], None]",
        on_round: OnRound,
        on_stage: OnStage,
    ) -> "TrialResult":
        """Keep the record in `folder` and return what came of it; raises MarketError."""


class PreviewTask(Protocol):
    """Rehearse a provider's part in a task of a record with a file of its own."""

    def __call__(
        self, folder: Path, task: int, file: Path, secret: bytes | None, weight: int | None, encoding: str | None
    ) -> "Preview":
        """Return everything that would leave; `secret` is the provider's 32-byte key. Raises MarketError."""


class OpenRecord(Protocol):
    """Open a record that is kept in a folder."""

    def __call__(self, folder: Path) -> "Record":
        """Return it, to be read only; raises MarketError."""


class RunRemoteDemo(Protocol):
    """Run the demo on a chain that this process does not own."""

    def __call__(
        self, venue: "Venue", seed: int, folder: Path, *, on_round: OnRound, on_stage: OnStage
    ) -> "DemoResult":
        """Keep the record in `folder` and return what came of it; raises MarketError."""


class AuditOnChain(Protocol):
    """Audit a task of an exported record and compare it with its chain."""

    def __call__(
        self, folder: Path, task: int, secret: bytes | None, now: int, rpc: str, deployment: Path | None
    ) -> "tuple[Check, ...]":
        """Return a line a check; `deployment` is the file that says where the market is. Raises MarketError."""


def _run_demo(seed: int, folder: Path, *, on_round: OnRound, on_stage: OnStage) -> "DemoResult":
    from fedmarket.embedded.demo import run_demo

    return run_demo(seed, folder, on_round=on_round, on_stage=on_stage)


def _audit_export(folder: Path, task: int, secret: bytes | None, now: int) -> "tuple[Check, ...]":
    from fedmarket.audit.run import audit_export

    return audit_export(folder, task, secret, now)


def _run_trial(
    choice: "Choice",
    budget: int,
    folder: Path,
    *,
    on_data: "Callable[[TrialData], None]",
    on_round: OnRound,
    on_stage: OnStage,
) -> "TrialResult":
    from fedmarket.embedded.trial import run_trial

    return run_trial(choice, budget, folder, on_data=on_data, on_round=on_round, on_stage=on_stage)


def _preview_task(
    folder: Path, task: int, file: Path, secret: bytes | None, weight: int | None, encoding: str | None
) -> "Preview":
    from fedmarket.embedded.preview import preview
    from fedmarket.embedded.record_folder import open_record
    from fedmarket.learning.data_file import read_table
    from fedmarket.record.facts import agreed_terms

    record = open_record(folder)
    table = read_table(file, agreed_terms(record, task).data, encoding)
    return preview(record, task, table, secret, weight)


def _open_record(folder: Path) -> "Record":
    from fedmarket.embedded.record_folder import open_record

    return open_record(folder)


def _run_remote_demo(venue: "Venue", seed: int, folder: Path, *, on_round: OnRound, on_stage: OnStage) -> "DemoResult":
    from fedmarket.cli.remote_demo import run_remote_demo

    return run_remote_demo(venue, seed, folder, on_round=on_round, on_stage=on_stage)


def _audit_on_chain(
    folder: Path, task: int, secret: bytes | None, now: int, rpc: str, deployment: Path | None
) -> "tuple[Check, ...]":
    from fedmarket.cli.remote_audit import audit_on_chain

    return audit_on_chain(folder, task, secret, now, rpc, deployment)


@dataclass(frozen=True)
class Programs:
    """The programs behind the commands."""

    run_demo: RunDemo
    audit_export: AuditExport
    run_trial: RunTrial = _run_trial
    preview_task: PreviewTask = _preview_task
    open_record: OpenRecord = _open_record
    run_remote_demo: RunRemoteDemo = _run_remote_demo
    audit_on_chain: AuditOnChain = _audit_on_chain


PROGRAMS = Programs(_run_demo, _audit_export)
