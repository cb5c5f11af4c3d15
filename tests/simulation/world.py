"""A small market whose every agent forgets everything between two steps, and may crash at any side effect."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import numpy as np

from fedmarket.agents.actor import Action, Actor, Agent
from fedmarket.agents.aggregator import AggregatorAgent
from fedmarket.agents.claims import collect_for, sweep_if_due
from fedmarket.agents.evaluator import EvaluatorAgent
from fedmarket.agents.keeper import keep
from fedmarket.agents.provider import ProviderAgent, Trainer, trainer_on
from fedmarket.agents.requester import RequesterAgent
from fedmarket.chain.port import Head, Receipt
from fedmarket.domain.derive import hkdf
from fedmarket.domain.errors import MarketError
from fedmarket.domain.reference.state import Event
from fedmarket.domain.terms import Admission, Seat, Terms
from fedmarket.embedded.market import EmbeddedChain
from fedmarket.embedded.plan import TOKEN, Options, Seats, allow_list, anybody, make_terms
from fedmarket.learning.table import Table, schema_from_arrays, table_from_arrays
from fedmarket.record.live import Documents, Record
from fedmarket.store.blobs import Store
from fedmarket.store.memory import MemoryStore

PROVIDERS, EVALUATORS = 3, 3
OPTIONS = Options(rounds=2, steps=5, target="0.5", performance=781, participation=101, patience_rounds=2)


class Crash(Exception):
    """The process dies here."""


@dataclass
class Chaos:
    """Decides from a seed where processes die: before or after a side effect."""

    random: Random
    chance: float
    crashes: int = 0

    @contextmanager
    def around(self) -> Iterator[None]:
        self._maybe()
        yield
        self._maybe()

    def _maybe(self) -> None:
        if self.random.random() < self.chance:
            self.crashes += 1
            raise Crash


@dataclass
class CrashingStore:
    """A store whose every write may be the last thing its writer does."""

    inner: Store
    chaos: Chaos
    name: str = "crashing"

    def put(self, data: bytes) -> str:
        with self.chaos.around():
            return self.inner.put(data)

    def put_entry(self, prefix: str, data: bytes) -> str:
        with self.chaos.around():
            return self.inner.put_entry(prefix, data)

    def get(self, blob_id: str, max_bytes: int | None = None) -> bytes:
        return self.inner.get(blob_id, max_bytes)

    def has(self, blob_id: str) -> bool:
        return self.inner.has(blob_id)

    def entries(self, prefix: str, limit: int = 64) -> list[str]:
        return self.inner.entries(prefix, limit)


@dataclass
class CrashingChain:
    """A chain whose every call may be the last thing its caller does."""

    inner: EmbeddedChain
    chaos: Chaos

    @property
    def chain_id(self) -> int:
        return self.inner.chain_id

    @property
    def market(self) -> str:
        return self.inner.market

    @property
    def sink(self) -> str:
        return self.inner.sink

    @property
    def reorganisations(self) -> int:
        return self.inner.reorganisations

    def head(self) -> Head:
        return self.inner.head()

    def events(self, after_block: int) -> list[Event]:
        return self.inner.events(after_block)

    def call(self, secret: bytes, verb: str, *args: Any, pays: int = 0) -> Receipt:
        with self.chaos.around():
            return self.inner.call(secret, verb, *args, pays=pays)

    def balance(self, account: str) -> int:
        return self.inner.balance(account)


class Stranger:
    """Holds no part in any task; calls only what anyone may call."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor

    def step(self) -> list[Action]:
        self._actor.record.refresh()
        done: list[Action] = []
        for view in list(self._actor.record.tasks.values()):
            done += keep(self._actor, view)
            if view.final:
                for account in list(view.state.parts):
                    done += collect_for(self._actor, view, account)
                done += sweep_if_due(self._actor, view)
        return done


def unchanged(terms: Terms) -> Terms:
    return terms


@dataclass
class World:
    """One task among small synthetic providers.

    `dead` roles take no further step, `cast` gives roles to other agents than the honest ones, `rewrite` lets the
    requester change its terms before it opens. With `bounds`, constants come from the providers. With `open_weights`,
    units of bond by provider, anybody may join. `refusals` collects what was refused to whom.
    """

    chain: EmbeddedChain
    options: Options = OPTIONS
    store: Store = field(default_factory=MemoryStore)
    chaos: Chaos = field(default_factory=lambda: Chaos(Random(0), 0.0))
    dead: set[str] = field(default_factory=set)
    cast: Mapping[str, Callable[[Actor], Agent]] = field(default_factory=dict)
    rewrite: Callable[[Terms], Terms] = unchanged
    open_weights: tuple[int, ...] = ()
    bounds: tuple[tuple[str, str], ...] = ()
    rows: int = 32
    evaluators: int = EVALUATORS
    refusals: dict[str, list[MarketError]] = field(default_factory=dict)
    documents: Documents = field(default_factory=Documents)
    _keys: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        random = np.random.default_rng(7)
        centre = np.array([[1.0, 0.5, 0.0], [-1.0, 0.0, 0.5]])
        labels = np.arange(60 + self.rows * PROVIDERS) % 2
        features = centre[labels] + random.normal(size=(len(labels), 3))
        self.schema = replace(schema_from_arrays(features[:60], labels[:60], ["a", "b", "c"]), bounds=self.bounds)
        parts = [slice(60 + self.rows * i, 60 + self.rows * (i + 1)) for i in range(PROVIDERS)]
        self.raw = [features[part] for part in parts]
        self.tables = [table_from_arrays(features[part], labels[part], self.schema) for part in parts]
        terms, self.validation = self._make_terms((features[:60], labels[:60]))
        self.terms = self.rewrite(terms)
        for role in self.roles:
            amount = self.terms.chain_terms().escrow if role == "requester" else self.purse
            self.chain.fund(self.account(role))
            self.chain.mint(self.account(role), amount)

    @property
    def purse(self) -> int:
        """What everybody but the requester has at first; under open admission bonds are dear."""
        return 2000 * TOKEN if self.open_weights else 100 * TOKEN

    @property
    def roles(self) -> list[str]:
        numbered = [f"provider {i}" for i in range(PROVIDERS)] + [f"evaluator {i}" for i in range(self.evaluators)]
        return ["requester", "aggregator", "standby", *numbered, "stranger"]

    def secret(self, role: str) -> bytes:
        return hkdf(b"simulation", role)

    def account(self, role: str) -> str:
        return self.actor(role, self.record()).account

    def actor(self, role: str, record: Record) -> Actor:
        """A role's account at work on a record; what its key alone gives is computed once, as it never changes."""
        if role not in self._keys:
            actor = Actor(self.secret(role), record)
            self._keys[role] = {"secret": actor.secret, "account": actor.account, "age": actor.age}
        actor = Actor(self._keys[role]["secret"], record)
        vars(actor).update(self._keys[role])
        return actor

    def record(self) -> Record:
        return Record(self.chain, self.store, documents=self.documents)

    def _make_terms(self, validation: tuple[Any, Any]) -> tuple[Terms, Table]:
        def seat(role: str) -> Seat:
            actor = self.actor(role, self.record())
            return Seat(actor.account, actor.age.public)

        evaluators = tuple(seat(f"evaluator {i}") for i in range(self.evaluators))
        seats = Seats(seat("requester"), (seat("aggregator"), seat("standby")), evaluators)
        secret = self.secret("requester")
        return make_terms(self.store, secret, self.schema, validation, self._admission(), seats, self.options)

    def _admission(self) -> Admission:
        if self.open_weights:
            return anybody(PROVIDERS, min_weight=sum(self.open_weights), max_weight=2 * sum(self.open_weights))
        listed = [(self.account(f"provider {i}"), 10 + i) for i in range(PROVIDERS)]
        return allow_list(listed, self.options.min_providers or PROVIDERS - 1)

    def agent(self, role: str, actor: Actor) -> Agent:
        """Build a role's agent from nothing but its key and its private data."""
        if role in self.cast:
            return self.cast[role](actor)
        if role == "requester":
            return RequesterAgent(actor, self.terms, self.validation)
        if role == "stranger":
            return Stranger(actor)
        if role.startswith("provider"):
            return self.provider(actor, int(role.split()[1]))
        return EvaluatorAgent(actor, 1) if role.startswith("evaluator") else AggregatorAgent(actor, 1)

    def provider(self, actor: Actor, number: int, trainer: Trainer | None = None) -> ProviderAgent:
        """Build the agent of a provider that answers with `trainer`, by default the honest one on its own data."""
        weight = self.open_weights[number] if self.open_weights else None
        table = self.tables[number]
        return ProviderAgent(actor, 1, trainer or trainer_on(table, self.schema), weight=weight, table=table)

    def step(self, role: str) -> bool:
        """Let a role take one step in a new process; returns whether it did anything, or died trying."""
        if role in self.dead:
            return False
        chain, store = CrashingChain(self.chain, self.chaos), CrashingStore(self.store, self.chaos)
        actor = self.actor(role, Record(chain, store, documents=self.documents))
        try:
            return bool(self.agent(role, actor).step())
        except Crash:
            return True
        finally:
            self.refusals.setdefault(role, []).extend(actor.refusals)

    def settle(self, order: Random, watch: Callable[["World"], None] = lambda world: None) -> Record:
        """Interleave all roles until nothing more can happen, time moving only when everybody is idle."""
        idle: set[str] = set()
        while True:
            # Who had nothing to do has nothing to do until somebody does something.
            role = order.choice([role for role in self.roles if role not in idle])
            idle = set() if self.step(role) else idle | {role}
            watch(self)
            if len(idle) == len(self.roles):
                if not self._pass_time():
                    return self._refreshed()
                idle = set()

    def _pass_time(self) -> bool:
        record = self._refreshed()
        now = record.now()
        later = [time for view in record.tasks.values() for time in view.deadlines() if time >= now]
        if later:
            self.chain.advance_to(min(later) + 1)
        return bool(later)

    def _refreshed(self) -> Record:
        record = self.record()
        record.refresh()
        return record
