"""A made-up task, settled to the unit, and programs that return it instead of running one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from fedmarket.audit.finding import Finding
from fedmarket.audit.run import Check
from fedmarket.chain.simulated import SimulatedChain
from fedmarket.cli.programs import Programs, RunTrial
from fedmarket.cli.watching import OnRound, OnStage
from fedmarket.domain.errors import MarketError, RefusedError, StoreError, UsageError
from fedmarket.embedded.demo import DemoResult
from fedmarket.embedded.demo_world import FREE_RIDER, NOISY_SITE
from fedmarket.embedded.report import Comparison, ProviderLine, Quality, RoundLine, TaskReport
from fedmarket.embedded.trial import TrialResult, run_trial

TOKEN = 10**18
ROUNDS = 12
REQUESTER, AGGREGATOR, STANDBY, EVALUATOR = (f"0x{digit * 40}" for digit in "1234")
GENERAL, SCREENING, NOISY, RIDER = (f"0x{digit * 40}" for digit in "5678")
MODEL_ID = "sha256:" + "ab" * 32
HONEST = ProviderLine(
    account=GENERAL,
    name="General hospital",
    weight=39,
    score_ppb=183_000_000,
    stderr_ppb=20_000_000,
    pay=164_499_999_999_999_999_999,
    participation=10 * TOKEN,
    owed=174_499_999_999_999_999_999,
    debit=0,
    bond=10 * TOKEN,
    forfeited=0,
    delivered=ROUNDS,
    rounds=ROUNDS,
    refused={},
)
STRONG = replace(
    HONEST,
    account=SCREENING,
    name="Screening centre",
    weight=70,
    score_ppb=817_000_000,
    stderr_ppb=50_000_000,
    pay=735_500_000_000_000_000_001,
    participation=20 * TOKEN,
    owed=755_500_000_000_000_000_001,
)
CLAMPED = replace(
    HONEST,
    account=NOISY,
    name=NOISY_SITE,
    score_ppb=-40_000_000,
    stderr_ppb=10_000_000,
    pay=0,
    participation=5 * TOKEN,
    owed=5 * TOKEN,
)
FREE = replace(
    HONEST,
    account=RIDER,
    name=FREE_RIDER,
    weight=25,
    score_ppb=0,
    stderr_ppb=0,
    pay=0,
    participation=0,
    owed=0,
    forfeited=10 * TOKEN,
    delivered=0,
    refused={"unchanged": ROUNDS},
)
PROVIDERS = (STRONG, HONEST, CLAMPED, FREE)


def quality(accuracy: float, auc: float, loss: float) -> Quality:
    return Quality({"accuracy": accuracy, "auc": auc}, loss)


def round_line(number: int) -> RoundLine:
    skill = 860_000_000 - 800_000_000 // number**2
    return RoundLine(
        number=number,
        loss=0.66 * (1 - skill / 1e9),
        skill_ppb=skill,
        skill_stderr_ppb=30_000_000,
        figures={"accuracy": 0.95, "auc": 0.99},
        updates=3,
        refused=((RIDER, "unchanged"),),
        gas=56_200 + number,
        seconds=0.25,
    )


REPORT = TaskReport(
    task=1,
    chain_id=131_277_322_940_537,
    market="0x" + "9" * 40,
    requester=REQUESTER,
    aggregator=AGGREGATOR,
    model_id=MODEL_ID,
    escrow=1000 * TOKEN,
    budget=900 * TOKEN,
    owed={line.account: line.owed for line in PROVIDERS},
    refund=5 * TOKEN,
    fees={AGGREGATOR: 40 * TOKEN, EVALUATOR: 20 * TOKEN},
    released=900 * TOKEN,
    forfeited=10 * TOKEN,
    skill_initial_ppb=-100_000_000,
    skill_final_ppb=860_000_000,
    skill_target_ppb=900_000_000,
    best_round=ROUNDS,
    initial_loss=0.726,
    rounds=tuple(map(round_line, range(1, ROUNDS + 1))),
    providers=PROVIDERS,
    names={
        REQUESTER: "requester",
        AGGREGATOR: "aggregator",
        STANDBY: "standby 1",
        EVALUATOR: "evaluator 1",
        **{line.account: line.name for line in PROVIDERS},
    },
    balances={
        REQUESTER: (1000 * TOKEN, 5 * TOKEN),
        SCREENING: (100 * TOKEN, 100 * TOKEN + STRONG.owed),
        RIDER: (100 * TOKEN, 90 * TOKEN),
    },
    gas={"commit_round": (56_201, 56_202), "open_task": (567_000,)},
)
COMPARISON = Comparison(
    federated=quality(0.967, 0.992, 0.107),
    pooled=quality(0.960, 0.988, 0.144),
    alone={
        SCREENING: quality(0.914, 0.986, 0.208),
        GENERAL: quality(0.971, 0.990, 0.099),
        NOISY: quality(0.784, 0.850, 0.545),
    },
)
PASSED = Check("events", "PASS", Finding("events", count=46))
FAILED = Check("claims", "FAIL", RefusedError("audit.other_payment", account=GENERAL))
PRIVATE = Check("updates", "PRIVATE", Finding("private_seat"))
BLOCKED = Check("models", "BLOCKED", Finding("blocked", name="claims"), "claims")
KEYS = {"evaluator 1": b"\x11" * 32, NOISY_SITE: b"\x22" * 32}


def demo_result(folder: Path) -> DemoResult:
    return DemoResult(
        report=REPORT,
        comparison=COMPARISON,
        checks=(PASSED,),
        free_rider=RIDER,
        noisy=NOISY,
        keys=KEYS,
        folder=folder,
        model_path=folder / "model.safetensors",
        seconds=14.2,
    )


def simulated_trial(*arguments: Any, **told: Any) -> TrialResult:
    """A trial as it is, but for its chain: the reference contract instead of an EVM."""
    return run_trial(*arguments, **told, chain=SimulatedChain(genesis_time=1000))


class Played:
    """Programs that tell a made-up story, and remember what they were asked."""

    def __init__(
        self,
        *,
        report: TaskReport = REPORT,
        comparison: Comparison = COMPARISON,
        checks: tuple[Check, ...] = (PASSED,),
        fault: BaseException | None = None,
        run_trial: RunTrial = simulated_trial,
    ) -> None:
        self.run_trial = run_trial
        self.report, self.comparison, self.checks, self.fault = report, comparison, checks, fault
        self.seed: int | None = None
        self.folder: Path | None = None
        self.audited: tuple[Path, int, bytes | None] | None = None

    @property
    def programs(self) -> Programs:
        return Programs(self._run_demo, self._audit_export, self.run_trial)

    def _run_demo(self, seed: int, folder: Path, *, on_round: OnRound, on_stage: OnStage) -> DemoResult:
        self.seed, self.folder = seed, folder
        if self.fault:
            raise self.fault
        folder.mkdir(exist_ok=True)
        on_stage("chain", {})
        on_stage("opened", {"task": 1})
        for line in self.report.rounds:
            on_round(line)
        on_stage("a stage that the catalogue does not know", {})
        result = demo_result(folder)
        return replace(result, report=self.report, comparison=self.comparison, checks=self.checks)

    def _audit_export(self, folder: Path, task: int, secret: bytes | None, now: int) -> tuple[Check, ...]:
        self.audited = (folder, task, secret)
        if self.fault:
            raise self.fault
        return self.checks


def refusal(exit_code: int) -> MarketError:
    """A refusal of each family, by the code that a program ends with."""
    return {
        2: UsageError("record.unknown_task", task=7, known="1"),
        3: RefusedError("record.terms_differ", task=1),
        4: StoreError("store.unreadable", path="/gone", detail="no such device"),
    }[exit_code]
