"""What the commands run, as the command line sees it; the real programs are imported when they are first called."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fedmarket.embedded.report import Comparison, RoundLine, TaskReport

OnRound = Callable[[RoundLine], None]
OnStage = Callable[[str, dict[str, object]], None]


class CheckLine(Protocol):
    """One line of an audit: `status` is PASS, FAIL, PRIVATE or BLOCKED; `detail` one sentence."""

    @property
    def name(self) -> str:
        """The check's id."""

    @property
    def status(self) -> str:
        """PASS, FAIL, PRIVATE or BLOCKED."""

    @property
    def detail(self) -> str:
        """What holds, what does not, or what the check waits for."""


class Demo(Protocol):
    """What a demo run came to; `free_rider` and `noisy` are accounts, paths are None where nothing was kept."""

    @property
    def report(self) -> TaskReport:
        """The settled task."""

    @property
    def comparison(self) -> Comparison:
        """The model beside pooled and lone training."""

    @property
    def checks(self) -> Sequence[CheckLine]:
        """The audit."""

    @property
    def free_rider(self) -> str:
        """The account that trains nothing."""

    @property
    def noisy(self) -> str:
        """The account with wrong labels."""

    @property
    def model_path(self) -> Path | None:
        """The model's file."""

    @property
    def figure_path(self) -> Path | None:
        """The picture's file."""

    @property
    def seconds(self) -> float:
        """How long it took."""


class RunDemo(Protocol):
    """Run the demo; tell rounds and stages as they happen."""

    def __call__(self, seed: int, folder: Path | None, *, on_round: OnRound, on_stage: OnStage) -> Demo:
        """Return what came of it; keep the record in `folder` where one is given."""


AuditExport = Callable[[Path, int, bytes | None], Sequence[CheckLine]]


@dataclass(frozen=True)
class Programs:
    """The programs behind the commands."""

    run_demo: RunDemo
    audit_export: AuditExport


def _run_demo(seed: int, folder: Path | None, *, on_round: OnRound, on_stage: OnStage) -> Demo:
    from fedmarket.embedded.demo import run_demo

    return run_demo(seed, folder, on_round=on_round, on_stage=on_stage)


def _audit_export(folder: Path, task: int, secret: bytes | None) -> Sequence[CheckLine]:
    from fedmarket.audit.run import audit_export

    return audit_export(folder, task, secret)


PROGRAMS = Programs(_run_demo, _audit_export)
