"""A provider's part in a task, rehearsed: its real agent on a copy of the contract's rules, and nothing leaves.

Whatever the agent would put into the store or on chain, it puts into this process's memory, where it can be looked at.
So what is told of it is what the code that sends it does, and not somebody's list.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

from fedmarket.agents.actor import Actor
from fedmarket.agents.provider import ProviderAgent, trainer_on
from fedmarket.chain.port import Receipt
from fedmarket.chain.simulated import SimulatedChain
from fedmarket.domain import reference
from fedmarket.domain.accounts import address_of
from fedmarket.domain.derive import hkdf
from fedmarket.domain.errors import MarketError, RefusedError
from fedmarket.domain.terms import Terms
from fedmarket.learning.table import Table
from fedmarket.record.constants import give_notice
from fedmarket.record.live import Record
from fedmarket.record.slots import CANDIDATES, update_slot
from fedmarket.record.task import TaskView
from fedmarket.store.age import AgeIdentity
from fedmarket.store.memory import MemoryStore


@dataclass(frozen=True)
class Call:
    """A transaction: the verb, its arguments by name, and the base units that it pays in."""

    verb: str
    arguments: dict[str, Any]
    pays: int


@dataclass(frozen=True)
class Put:
    """Bytes put into the store; `slot` is the prefix under which they can be found, or None."""

    slot: str | None
    data: bytes


class RehearsalChain(SimulatedChain):
    """The reference contract on which anybody can be made to act, and on which one account's calls are noted."""

    def __init__(self, real: Record, watched: bytes) -> None:
        """Begin before the first event of the `real` record; `watched` is the secret whose calls are noted."""
        first = next(iter(real.fold.events))
        super().__init__(genesis_time=first.timestamp, market=real.chain.market, chain_id=real.chain.chain_id)
        self._watched = watched
        self.calls: list[Call] = []

    def call(self, secret: bytes, verb: str, *args: Any, pays: int = 0) -> Receipt:
        """Call a verb as `SimulatedChain` does, noting it where the caller is watched."""
        if secret == self._watched:
            names = list(signature(reference.DISPATCH[verb]).parameters)[2:]
            self.calls.append(Call(verb, dict(zip(names, args, strict=True)), pays))
        return super().call(secret, verb, *args, pays=pays)

    def act(self, account: str, verb: str, *args: Any, pays: int = 0) -> None:
        """Call a verb for an account whose secret nobody here has: on this chain nothing is signed."""
        self.mint(account, pays)
        self._mine()
        self.ledger.permitted = pays
        reference.call(self.ledger, account, verb, *args)


class WatchedStore(MemoryStore):
    """A store in memory that notes what is put into it while it is watched."""

    def __init__(self) -> None:
        super().__init__("rehearsal")
        self.puts: list[Put] = []
        self._watching = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note what is put while this lasts."""
        self._watching = True
        yield
        self._watching = False

    def put(self, data: bytes) -> str:
        """Keep `data` and return its id."""
        self._note(None, data)
        return super().put(data)

    def put_entry(self, prefix: str, data: bytes) -> str:
        """Keep `data` as an entry of the slot and return its id."""
        self._note(prefix, data)
        watching, self._watching = self._watching, False
        blob_id = super().put_entry(prefix, data)
        self._watching = watching
        return blob_id

    def _note(self, slot: str | None, data: bytes) -> None:
        if self._watching:
            self.puts.append(Put(slot, data))


@dataclass
class Rehearsal:
    """A provider's agent with its key and table in a task of the `real` record, up to its first update.

    `terms` are the task's, or those of one just like it; `weight` is the units of bond that the provider would lock
    under open admission. Where constants come from the providers, the aggregator must sign them: `aggregator` is the
    secret of one that the terms name for the rehearsal.
    """

    real: Record
    number: int
    terms: Terms
    secret: bytes
    table: Table
    weight: int | None = None
    aggregator: bytes | None = None
    chain: RehearsalChain = field(init=False)
    store: WatchedStore = field(init=False)
    record: Record = field(init=False)

    def __post_init__(self) -> None:
        self.chain = RehearsalChain(self.real, self.secret)
        self.store = WatchedStore()
        self.record = Record(self.chain, self.store)
        self.actor = Actor(self.secret, self.record)
        self._agent = ProviderAgent(
            self.actor,
            self.number,
            trainer_on(self.table, self.terms.data),
            weight=self.weight,
            table=self.table,
        )

    @property
    def view(self) -> TaskView:
        """The task as the rehearsal has it."""
        return self.record.task(self.number)

    def join(self) -> None:
        """Open the task as it was opened, fill its seats, and let the agent join.

        Raises RefusedError not_admitted where the allow-list does not name the account, and what the agent refuses.
        """
        terms = self.terms
        listed = {line.account for line in terms.admission.listed}
        if listed and self.actor.account not in listed:
            raise RefusedError("embedded.not_admitted", account=self.actor.account, count=len(listed))
        self.store.put(terms.encoded)
        self._open()
        for seat in (*terms.aggregators, *terms.evaluators):
            bond = terms.money.aggregator_bond if seat in terms.aggregators else terms.money.evaluator_bond
            self.chain.act(seat.account, "take_seat", self.number, seat.age_key, pays=bond)
        self._step()

    def send(self) -> None:
        """Let enough others join for the task to start, and the agent send its update of round 1."""
        self._fill()
        self.chain.advance_to(self.view.state.join_deadline + 1)
        self.chain.act(self.actor.account, "start", self.number)
        if self.aggregator is not None:
            self.record.refresh()
            give_notice(self.record, self.number, self.aggregator, AgeIdentity.from_secret(self.aggregator))
        self._step()

    def announce(self) -> None:
        """Flood the agent's slot, as a stranger might, and let it put its update on record."""
        state = self.view.state
        slot = update_slot(self.record, self.number, state.round + 1, state.attempt, self.actor.account)
        for place in range(CANDIDATES + 1):
            self.store.put_entry(slot, place.to_bytes(4, "big"))
        self._step()

    def _open(self) -> None:
        """Open this task and those before it, so that its number is the same."""
        for event in self.real.fold.events:
            if event.name == "TaskOpened" and event.fields["task"] <= self.number:
                mine = event.fields["task"] == self.number
                terms = self.terms.chain_terms() if mine else event.fields["terms"]
                self.chain.act(event.fields["requester"], "open_task", terms, pays=terms.escrow)

    def _fill(self) -> None:
        """Let others join: the rest of the allow-list, or as many strangers as it takes."""
        key = AgeIdentity.from_secret(hkdf(self.secret, "rehearsal", "other")).public
        for account, weight, price, proof in _others(self.terms, self.view, self.secret):
            bond = self.view.terms.bond_of(weight)
            self.chain.act(account, "join", self.number, bytes(32), weight, price, proof, key, pays=bond)
            self.record.refresh()

    def _step(self) -> None:
        """Let the agent do its next thing; raises what kept it from doing it."""
        self.chain.mint(self.actor.account, self._bond())
        refusals = len(self.actor.refusals)
        with self.store.watched():
            acted = self._agent.step()
        if not acted:
            raise (self.actor.refusals[refusals:] or [_nothing_done(self.number)])[-1]

    def _bond(self) -> int:
        self.record.refresh()
        return self.view.terms.bond_of(weight_of(self.terms, self.actor.account, self.weight))


def weight_of(terms: Terms, account: str, weight: int | None) -> int:
    """Return the weight with which an account takes part: as listed, or the units of bond it offers."""
    listed = next((line.weight for line in terms.admission.listed if line.account == account), None)
    return listed or weight or terms.admission.min_weight


def _others(terms: Terms, view: TaskView, secret: bytes) -> Iterator[tuple[str, int, int, list[bytes]]]:
    admission, me = terms.admission, address_of(secret)
    if not admission.open:
        for line in admission.listed:
            if line.account != me:
                proof = admission.tree.proof((line.account, line.weight, line.price))
                yield line.account, line.weight, line.price, proof
        return
    missing = admission.min_weight - view.state.total_weight
    count = max(admission.min_providers - 1, int(missing > 0))
    for place in range(count):
        yield address_of(hkdf(secret, "rehearsal", place)), max(1, -(-missing // count)), 0, []


def _nothing_done(number: int) -> MarketError:
    return RefusedError("embedded.nothing_to_send", task=number)
