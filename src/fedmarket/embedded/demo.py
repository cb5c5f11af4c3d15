"""The demo: five hospitals and a free rider, one paid federated task on real biopsies, told from its own record."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np

from fedmarket.audit.run import Check, audit_export
from fedmarket.audit.statements import Told, open_statements
from fedmarket.domain.chain_terms import Windows
from fedmarket.domain.derive import seed as derived_seed
from fedmarket.domain.terms import Terms
from fedmarket.embedded.demo_world import FREE_RIDER, NOISY_SITE, TARGET, DemoWorld, Patients
from fedmarket.embedded.market import EmbeddedChain, Market, Stage, TaskPlan, TaskRun
from fedmarket.embedded.plan import WINDOWS
from fedmarket.embedded.references import Raw, compare
from fedmarket.embedded.report import Comparison, RoundLine, TaskReport
from fedmarket.embedded.run_folder import MODEL, prepare
from fedmarket.learning.recipe import Recipe
from fedmarket.learning.table import schema_from_arrays
from fedmarket.learning.tensors import Tensors, encode

# Below the honest first-round norm, for steadier rounds and pay. Who echoes the last public step would earn a little
# by it: it suits hospitals that are known by name, while the default of 1.0 suits strangers.
CLIP = "0.5"
MARKER = "demo.seed"


@dataclass(frozen=True)
class DemoResult:
    """What the demo shows. `keys` are the secrets of its accounts by name: worth nothing outside it.

    `statements` are the providers', by name, as each reads its own from the record.
    """

    report: TaskReport
    comparison: Comparison
    checks: tuple[Check, ...]
    free_rider: str
    noisy: str
    keys: dict[str, bytes]
    folder: Path
    model_path: Path
    seconds: float
    statements: Mapping[str, Told] = field(default_factory=dict)


def run_demo(
    seed: int,
    folder: Path,
    *,
    on_round: Callable[[RoundLine], None] = lambda line: None,
    on_stage: Stage = lambda name, facts: None,
    chain: EmbeddedChain | None = None,
    clock: Callable[[], int] | None = None,
    windows: Windows = WINDOWS,
) -> DemoResult:
    """Play the demo's task from `seed` (>= 0) and keep its record in `folder`.

    `chain`, `clock` and `windows` are for a chain that this process does not own. On a market that has had tasks, the
    seed gives other models than on a fresh one: the order of training follows from the task's number too.
    Raises UsageError where `folder` holds something that is not an earlier demo's.
    """
    begun = perf_counter()
    make_room(folder, seed)
    on_stage("chain", {})
    world = DemoWorld.make(seed)
    market = Market(seed, chain=chain, folder=folder, clock=clock)
    run = _plan(market, world, windows).run(on_round, on_stage)
    market.export(folder)
    model = run.model()
    (folder / MODEL).write_bytes(encode(model))
    on_stage("comparing", {})
    comparison = _compare(run, world, model)
    on_stage("auditing", {})
    checks = audit_export(folder, run.number, run.evaluators[0].secret)
    statements = open_statements(folder, run.number)
    told = {actor.account: statements.read(actor.secret) for actor in run.providers}
    by_name = {name: account for account, name in run.names.items()}
    return DemoResult(
        report=run.report,
        comparison=comparison,
        checks=checks,
        free_rider=by_name[FREE_RIDER],
        noisy=by_name[NOISY_SITE],
        keys=run.keys,
        folder=folder,
        model_path=folder / MODEL,
        seconds=perf_counter() - begun,
        statements={run.names[account]: each for account, each in told.items()},
    )


def make_room(folder: Path, seed: int) -> None:
    """Make room for a record: an earlier demo's is replaced, anything else is refused with a UsageError."""
    prepare(folder, MARKER, str(seed))


def _plan(market: Market, world: DemoWorld, windows: Windows) -> TaskPlan:
    # Terms that were opened before would be taken for that task.
    market.record.refresh()
    nonce = str(1 + len(market.record.tasks))
    held = _raw(world.validation)
    schema = schema_from_arrays(held.features, held.labels, world.feature_names, TARGET)
    plan = market.task((held.features, held.labels), schema=schema, clip=CLIP, windows=windows, nonce=nonce)
    for site in world.sites:
        plan.provider(site.name, site.features, _raw(site).labels)
    plan.untrained_provider(FREE_RIDER, _return_unchanged, world.free_rider_weight)
    return plan


def _return_unchanged(recipe: Recipe, model: Tensors, terms: Terms, seed: int) -> Tensors:
    return model


def _compare(run: TaskRun, world: DemoWorld, model: Tensors) -> Comparison:
    accounts = {name: account for account, name in run.names.items()}
    alone = {accounts[site.name]: _raw(site) for site in world.sites}
    references_seed = derived_seed(run.requester.secret, "references")
    return compare(run.terms, model, alone, _raw(world.test), references_seed)


def _raw(patients: Patients) -> Raw:
    return Raw(patients.features, np.array(patients.labels))
