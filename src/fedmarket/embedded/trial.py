"""A trial: one's own table divided among sites, and one paid task played on it in this process, to its audit."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from fedmarket.audit.run import Check, audit_export
from fedmarket.domain.derive import seed as derived_seed
from fedmarket.embedded.market import EmbeddedChain, Market, Stage, TaskPlan, TaskRun
from fedmarket.embedded.plan import Options
from fedmarket.embedded.references import compare
from fedmarket.embedded.report import Comparison, RoundLine, TaskReport
from fedmarket.embedded.run_folder import MODEL, prepare
from fedmarket.embedded.trial_data import Choice, TrialData, check_choice, make_trial_data
from fedmarket.embedded.trial_options import trial_options
from fedmarket.learning.table import table_from_arrays
from fedmarket.learning.tensors import Tensors, encode

MARKER = "try.seed"


@dataclass(frozen=True, eq=False)
class TrialResult:
    """What a trial shows. `keys` are the secrets of its accounts by name: worth nothing outside it."""

    choice: Choice
    data: TrialData
    options: Options
    report: TaskReport
    comparison: Comparison
    checks: tuple[Check, ...]
    keys: dict[str, bytes]
    folder: Path
    model_path: Path
    seconds: float


def run_trial(
    choice: Choice,
    budget: int,
    folder: Path,
    *,
    on_data: Callable[[TrialData], None] = lambda data: None,
    on_round: Callable[[RoundLine], None] = lambda line: None,
    on_stage: Stage = lambda name, facts: None,
    chain: EmbeddedChain | None = None,
) -> TrialResult:
    """Play a task on one's own table for `budget` whole tokens and keep its record in `folder`.

    `on_data` is told how the file was read before anything runs. Raises DataError where the file cannot be used, and
    UsageError where `folder` holds something that is not an earlier trial's.
    """
    begun = perf_counter()
    check_choice(choice)
    on_stage("reading", {})
    data = make_trial_data(choice)
    prepare(folder, MARKER, str(choice.seed))
    on_data(data)
    on_stage("chain", {})
    market = Market(choice.seed, chain=chain, folder=folder)
    plan = _plan(market, data, budget)
    run = plan.run(on_round, on_stage)
    market.export(folder)
    model = run.model()
    (folder / MODEL).write_bytes(encode(model))
    on_stage("comparing", {})
    comparison = _compare(run, data, model)
    on_stage("auditing", {})
    checks = audit_export(folder, run.number, run.evaluators[0].secret)
    return TrialResult(
        choice=choice,
        data=data,
        options=plan.options,
        report=run.report,
        comparison=comparison,
        checks=checks,
        keys=run.keys,
        folder=folder,
        model_path=folder / MODEL,
        seconds=perf_counter() - begun,
    )


def _plan(market: Market, data: TrialData, budget: int) -> TaskPlan:
    """Plan the task of which the requester holds the validation set, and add every site."""
    validation = (data.validation.features, data.validation.labels)
    table = table_from_arrays(*validation, data.schema)
    options = trial_options(table, data.schema, [len(site.raw.labels) for site in data.sites], budget)
    chosen = {name: value for name, value in vars(options).items() if name not in ("target", "performance")}
    plan = market.task(validation, budget=budget, target_skill=None, schema=data.schema, **chosen)
    for site in data.sites:
        plan.provider(site.name, site.raw.features, site.raw.labels)
    return plan


def _compare(run: TaskRun, data: TrialData, model: Tensors) -> Comparison:
    accounts = {name: account for account, name in run.names.items()}
    alone = {accounts[site.name]: site.raw for site in data.sites}
    return compare(run.terms, model, alone, data.test, derived_seed(run.requester.secret, "references"))
