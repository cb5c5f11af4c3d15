"""What the commands run. The programs are imported when they are first called, so that --help loads none of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from fedmarket.embedded.report import RoundLine

if TYPE_CHECKING:
    from fedmarket.audit.run import Check
    from fedmarket.cli.remote_demo import Venue
    from fedmarket.embedded.demo import DemoResult

OnRound = Callable[[RoundLine], None]
OnStage = Callable[[str, dict[str, object]], None]


class RunDemo(Protocol):
    """Run the demo; tell rounds and stages as they happen."""

    def __call__(self, seed: int, folder: Path, *, on_round: OnRound, on_stage: OnStage) -> "DemoResult":
        """Keep the record in `folder` and return what came of it; raises MarketError."""


class AuditExport(Protocol):
    """Audit a task of an exported record."""

    def __call__(self, folder: Path, task: int, secret: bytes | None, now: int) -> "tuple[Check, ...]":
        """Return a line a check; `secret` is a seat's 32-byte key, `now` in seconds. Raises MarketError."""


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
    run_remote_demo: RunRemoteDemo = _run_remote_demo
    audit_on_chain: AuditOnChain = _audit_on_chain


PROGRAMS = Programs(_run_demo, _audit_export)
