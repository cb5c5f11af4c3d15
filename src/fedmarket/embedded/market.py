"""A market in one process: open a task on one's own arrays with one's own providers, run it, see who is owed what."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike

from fedmarket.agents.actor import Action, Actor, Agent
from fedmarket.agents.aggregator import AggregatorAgent
from fedmarket.agents.evaluator import EvaluatorAgent
from fedmarket.agents.provider import NO_LISTING, ProviderAgent, Trainer, trainer_on
from fedmarket.agents.requester import RequesterAgent
from fedmarket.chain.port import Chain
from fedmarket.chain.tester import TesterChain
from fedmarket.domain.derive import hkdf
from fedmarket.domain.errors import UsageError
from fedmarket.domain.outcome import Outcome
from fedmarket.domain.terms import Admission, DataSchema, Seat, Terms
from fedmarket.embedded.driver import drive
from fedmarket.embedded.plan import (
    OPEN_OPTIONS,
    TOKEN,
    Options,
    Seats,
    allow_list,
    anybody,
    check_whole,
    choose,
    guess_schema,
    make_terms,
    ppb,
    validation_arrays,
    within_budget,
)
from fedmarket.embedded.report import RoundLine, TaskReport
from fedmarket.embedded.seat_names import is_seat_name
from fedmarket.embedded.telling import Telling, round_line, tell
from fedmarket.learning.metrics import measure
from fedmarket.learning.server_step import build_server_step
from fedmarket.learning.table import Table, plain_decimal, table_from_arrays
from fedmarket.learning.tensors import Tensors
from fedmarket.record.evaluation import Scores, by_constants_in_force, evaluate, open_validation
from fedmarket.record.export import STORE, Export, write_export
from fedmarket.record.facts import outcome
from fedmarket.record.live import Record
from fedmarket.record.models import open_model, recipe_of
from fedmarket.store.blobs import Store
from fedmarket.store.folder import FolderStore
from fedmarket.store.memory import MemoryStore

Stage = Callable[[str, dict[str, object]], None]
PURSE = 100 * TOKEN
ADMISSIONS = ("list", "open")


class EmbeddedChain(Chain, Protocol):
    """A chain that this process owns: it gives accounts tokens and gas, and moves time."""

    def mint(self, account: str, amount: int) -> None:
        """Give an account tokens in base units."""

    def fund(self, account: str) -> None:
        """Give an account coins to pay its gas with."""

    def advance_to(self, timestamp: int) -> None:
        """Mine a block at `timestamp` (seconds)."""


@dataclass(frozen=True, eq=False)
class Party:
    """A provider-to-be: its name, key, weight, and how it trains; `table` where it has data.

    `listing` is the hash of its dataset's listing, 32 zero bytes where it has none.
    """

    name: str
    secret: bytes
    weight: int
    trainer: Trainer
    table: Table | None
    listing: bytes = NO_LISTING


class Market:
    """Chain, store and record of one process. `seed` fixes every key, so that a run can be repeated."""

    def __init__(
        self,
        seed: int = 0,
        *,
        chain: EmbeddedChain | None = None,
        folder: Path | None = None,
        store: Store | None = None,
        clock: Callable[[], int] | None = None,
    ) -> None:
        """Start an in-process EVM chain unless `chain` is given; blobs go to `folder`/store, or stay in memory.

        `clock` gives the least time of the chain's next block (seconds) where that is later than its latest one's: on
        a chain whose blocks follow the clock, an idle one falls behind.
        """
        self.seed = seed
        self.folder = folder
        self.chain = chain or TesterChain.start()
        self.store = store or (FolderStore(folder / STORE) if folder else MemoryStore())
        self.record = Record(self.chain, self.store, clock)

    def secret(self, role: str) -> bytes:
        """Return the key of a role in this process, derived from the seed."""
        return hkdf(self.seed.to_bytes(32, "big"), "account", role)

    def actor(self, role: str) -> Actor:
        """Return a role's account at work on this market."""
        return Actor(self.secret(role), self.record)

    def task(
        self,
        validation: tuple[ArrayLike, ArrayLike],
        *,
        budget: int = 1000,
        target_skill: str | None = "0.90",
        schema: DataSchema | None = None,
        bounds: Sequence[tuple[float, float]] = (),
        evaluators: int = 3,
        standbys: int = 1,
        admission: Literal["list", "open"] = "list",
        **options: Any,
    ) -> "TaskPlan":
        """Plan a task: `validation` are the requester's raw features (n, d) and labels (n,), `budget` whole tokens.

        With "open" admission anybody may join by a bond for each unit of its weight, and the defaults are those of
        `OPEN_OPTIONS`. `options` are those of `fedmarket.embedded.plan.Options`. Without a `schema`, columns are
        standardised by the validation set's own means and deviations, and `plan.guess_schema` tells whether the target
        has classes or is a number. With `bounds`, lowest and highest value of each feature, its constants come from
        what providers say of their columns before round 1 instead. Raises UsageError where the budget does not cover
        the fees, and where an option or the validation set
        cannot be.
        """
        if admission not in ADMISSIONS:
            raise UsageError("embedded.bad_admission", choice=str(admission)[:40], known=", ".join(ADMISSIONS))
        for name, count in (("budget", budget), ("evaluators", evaluators), ("standbys", standbys)):
            check_whole(name, count)
        if target_skill is not None:
            ppb(target_skill)
        features, labels = validation_arrays(validation)
        defaults = OPEN_OPTIONS if admission == "open" else Options()
        chosen = replace(choose(defaults, options), target=target_skill)
        try:
            chosen = within_budget(chosen, budget, evaluators)
        except ValueError as error:
            raise UsageError("embedded.budget_too_small", detail=str(error)) from error
        names = [f"feature_{i}" for i in range(features.shape[1])]
        schema = schema or guess_schema(features, labels, names, chosen.recipe)
        if bounds:
            schema = replace(schema, bounds=tuple((plain_decimal(low), plain_decimal(high)) for low, high in bounds))
        return TaskPlan(self, (features, labels), schema, chosen, evaluators, standbys, admission)

    def export(self, folder: Path) -> Path:
        """Write the events beside the store, so that an audit can read them without this chain."""
        self.record.refresh()
        events = tuple(self.record.fold.events)
        return write_export(folder, Export(self.chain.chain_id, self.chain.market, self.chain.sink, events))


@dataclass
class TaskPlan:
    """A task before it is opened; `provider` adds one, `run` plays it to the end."""

    market: Market
    validation: tuple[ArrayLike, ArrayLike]
    schema: DataSchema
    options: Options
    evaluators: int
    standbys: int
    admission: Literal["list", "open"] = "list"
    parties: list[Party] = field(default_factory=list)

    def provider(
        self,
        name: str,
        features: ArrayLike,
        labels: ArrayLike,
        *,
        weight: int | None = None,
        listing: bytes = NO_LISTING,
    ) -> None:
        """Add a provider with its own raw features (n, d) and labels (n,); it weighs as many rows as it has.

        With the hash (32 bytes) of its dataset's `listing`, the task counts for that dataset's track record.
        """
        table = table_from_arrays(features, np.asarray(labels), self.schema)
        self._add(name, weight or len(table), trainer_on(table, self.schema), table, listing)

    def untrained_provider(self, name: str, trainer: Trainer, weight: int) -> None:
        """Add a provider that answers with `trainer` whatever it is asked: a free rider, an attacker."""
        self._add(name, weight, trainer, None)

    def _add(self, name: str, weight: int, trainer: Trainer, table: Table | None, listing: bytes = NO_LISTING) -> None:
        if any(party.name == name for party in self.parties):
            raise UsageError("embedded.provider_twice", name=name)
        if is_seat_name(name):
            raise UsageError("embedded.seat_name", name=name[:40])
        secret = self.market.secret(f"provider {name}")
        self.parties.append(Party(name, secret, weight, trainer, table, listing))

    def run(
        self, on_round: Callable[[RoundLine], None] = lambda line: None, on_stage: Stage = lambda name, facts: None
    ) -> "TaskRun":
        """Open the task, play every role until it is final and everything is claimed, and return what came of it."""
        if not self.parties:
            raise UsageError("embedded.no_providers")
        # Every seat is played by this process, so what its strategy needs must be installed here.
        build_server_step(self.options.strategy)
        return TaskRun(self, on_round, on_stage)


class TaskRun:
    """A task that has been played to its end."""

    def __init__(self, plan: TaskPlan, on_round: Callable[[RoundLine], None], on_stage: Stage) -> None:
        self._plan, self._on_round, self._on_stage = plan, on_round, on_stage
        self.market = plan.market
        self.record = plan.market.record
        self._actions: list[Action] = []
        self._seconds: dict[int, float] = {}
        self._mark = perf_counter()
        self.requester = self.market.actor("requester")
        self.aggregators = [self.market.actor(name) for name in ("aggregator", *_numbered("standby", plan.standbys))]
        self.evaluators = [self.market.actor(name) for name in _numbered("evaluator", plan.evaluators)]
        self.providers = [Actor(party.secret, self.record) for party in plan.parties]
        self.terms, self.validation = self._make_terms()
        self._before = self._fund()
        self.number = self._play()

    @property
    def names(self) -> dict[str, str]:
        """Names for people, by account."""
        seats = [("requester", self.requester), ("aggregator", self.aggregators[0])]
        seats += [(f"standby {i}", actor) for i, actor in enumerate(self.aggregators[1:], 1)]
        seats += [(f"evaluator {i}", actor) for i, actor in enumerate(self.evaluators, 1)]
        parties = zip((party.name for party in self._plan.parties), self.providers, strict=True)
        return {actor.account: name for name, actor in (*seats, *parties)}

    @property
    def keys(self) -> dict[str, bytes]:
        """The secrets of all accounts of this process, by name."""
        actors = (self.requester, *self.aggregators, *self.evaluators, *self.providers)
        return {self.names[actor.account]: actor.secret for actor in actors}

    @property
    def outcome(self) -> Outcome:
        """What the evaluators agreed on; raises UsageError where the task did not settle by agreement."""
        agreed = outcome(self.record, self.number)
        if agreed is None or self.record.task(self.number).settled is None:
            raise UsageError("embedded.not_settled", status=self.record.task(self.number).status.name)
        return agreed

    @property
    def owed(self) -> dict[str, int]:
        """What each provider is owed, in base units by account."""
        return self.outcome.settlement.owed

    @property
    def report(self) -> TaskReport:
        """The whole story of the task."""
        return tell(self.record, self.number, self.outcome, self._evaluated(), self._telling(self._balances()))

    def model(self) -> Tensors:
        """Return the model that the task delivers, opened with the requester's key."""
        best = self.outcome.agreement.table.best_round
        return open_model(self.record, self.number, best, self.requester.age)

    def _make_terms(self) -> tuple[Terms, Table]:
        plan = self._plan
        seats = Seats(
            _seat(self.requester),
            tuple(map(_seat, self.aggregators)),
            tuple(map(_seat, self.evaluators)),
        )
        store, secret = self.market.store, self.requester.secret
        return make_terms(store, secret, plan.schema, plan.validation, self._admission(), seats, plan.options)

    def _admission(self) -> Admission:
        listed = [(actor.account, p.weight) for actor, p in zip(self.providers, self._plan.parties, strict=True)]
        if self._plan.admission == "list":
            return allow_list(listed, self._plan.options.min_providers)
        weight = sum(weight for _, weight in listed)
        return anybody(len(listed), min_weight=weight, max_weight=weight)

    def _fund(self) -> dict[str, int]:
        chain = self.market.chain
        others = (*self.aggregators, *self.evaluators, *self.providers)
        terms = self.terms.chain_terms()
        purses = {self.requester.account: terms.escrow} | {actor.account: PURSE for actor in others}
        for actor, party in zip(self.providers, self._plan.parties, strict=True):
            purses[actor.account] += terms.bond_of(party.weight) if terms.open_admission else 0
        for account, amount in purses.items():
            chain.fund(account)
            chain.mint(account, amount)
        return {account: chain.balance(account) for account in purses}

    def _agents(self, number: int) -> list[Agent]:
        parties = zip(self.providers, self._plan.parties, strict=True)
        return [
            *(AggregatorAgent(actor, number) for actor in self.aggregators),
            *(EvaluatorAgent(actor, number) for actor in self.evaluators),
            *(
                ProviderAgent(
                    actor, number, party.trainer, listing=party.listing, weight=party.weight, table=party.table
                )
                for actor, party in parties
            ),
        ]

    def _play(self) -> int:
        requester = RequesterAgent(self.requester, self.terms, self.validation)
        for action in requester.step():
            self._watch(action)
        number = requester.task
        if number is None:
            raise (self.requester.refusals or [UsageError("embedded.not_opened")])[-1]
        self._on_stage("opened", {"task": number})
        agents: list[Agent] = [requester, *self._agents(number)]
        drive(self.market.chain, self.record, agents, lambda: self.record.task(number).final, self._watch)
        return number

    def _watch(self, action: Action) -> None:
        self._actions.append(action)
        if action.verb == "commit_round":
            assert action.task is not None
            number = len(self.record.task(action.task).rounds)
            self._seconds[number] = perf_counter() - self._mark
            self._on_round(self._line(action.task, number))
        if action.verb in ("start", "commit_scores", "confirm", "claim"):
            self._on_stage(action.verb, {"account": action.account})
        if action.verb in ("start", "commit_round"):
            self._mark = perf_counter()

    def _line(self, task: int, number: int) -> RoundLine:
        """Tell a round while the task runs, as the requester sees it on its own validation set."""
        model = open_model(self.record, task, number, self.requester.age)
        held = by_constants_in_force(self.record, task, self.requester.age, self.validation)
        measured = measure(recipe_of(self.terms), model, held)
        return round_line(self.record, task, number, measured, self._telling({}))

    def _telling(self, balances: dict[str, tuple[int, int]]) -> Telling:
        return Telling(self.names, self._actions, self._seconds, balances)

    def _balances(self) -> dict[str, tuple[int, int]]:
        chain = self.market.chain
        return {account: (before, chain.balance(account)) for account, before in self._before.items()}

    def _evaluated(self) -> Scores:
        identity = self.evaluators[0].age
        return evaluate(self.record, self.number, identity, open_validation(self.record, self.number, identity))


def _seat(actor: Actor) -> Seat:
    return Seat(actor.account, actor.age.public)


def _numbered(name: str, count: int) -> list[str]:
    return [f"{name} {i}" for i in range(1, count + 1)]
