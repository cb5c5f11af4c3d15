"""The provider's agent: joins, trains on data that never leaves it, signs and sends updates, and claims."""

from collections.abc import Callable
from dataclasses import replace

from fedmarket.agents.actor import Action, Actor
from fedmarket.agents.asking import model_or_ask, schema_or_ask
from fedmarket.agents.claims import collect_for
from fedmarket.agents.keeper import keep
from fedmarket.domain.canonical import id_hash
from fedmarket.domain.constants import LEAST_ROWS
from fedmarket.domain.derive import seed
from fedmarket.domain.errors import UpdateError
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.manifest import NOTHING
from fedmarket.domain.terms import Admission, DataSchema, Terms
from fedmarket.learning.columns import standardised_by
from fedmarket.learning.fixed_point import quantise_change
from fedmarket.learning.gate import GateContext, admit
from fedmarket.learning.recipe import Recipe, train_locally
from fedmarket.learning.server_step import client_config
from fedmarket.learning.table import Table
from fedmarket.learning.tensors import Tensors
from fedmarket.learning.update import make_payload
from fedmarket.record.admission import announcement_of, gate_for, header_for, sent_payload
from fedmarket.record.constants import federated, put_summary
from fedmarket.record.facts import agreed_terms, update_readers
from fedmarket.record.models import initial_model, recipe_of
from fedmarket.record.slots import entries, flooded, update_slot
from fedmarket.record.task import TaskView
from fedmarket.store.age import encrypt

NO_LISTING = bytes(32)
Trainer = Callable[[Recipe, Tensors, Terms, int], Tensors]
Ready = tuple[Tensors, Terms]


def trainer_on(table: Table, schema: DataSchema | None = None) -> Trainer:
    """Return the honest local training on one's own `table`: (recipe, model, terms, seed) -> trained model.

    `schema` holds the constants that `table` is standardised by; those of the terms that it is asked to train under may
    be others, where they come from the providers.
    """

    def train(recipe: Recipe, model: Tensors, terms: Terms, seed: int) -> Tensors:
        rows = standardised_by(table, schema, terms.data) if schema else table
        proximal = client_config(terms.strategy).get("proximal-mu", 0.0)
        return train_locally(recipe, model, rows, terms.training, seed, proximal)

    return train


class ProviderAgent:
    """Takes part in one task with one trainer.

    `listing` is the 32-byte hash of its dataset's listing; `weight` the units of bond that it locks where admission is
    open: without one it joins no such task. `table` is its data, standardised by the terms' own constants: without it,
    it says nothing of its columns where a task's constants come from the providers.
    """

    def __init__(
        self,
        actor: Actor,
        task: int,
        trainer: Trainer,
        *,
        listing: bytes = NO_LISTING,
        weight: int | None = None,
        table: Table | None = None,
    ) -> None:
        self.actor = actor
        self._task = task
        self._trainer = trainer
        self._listing = listing
        self._weight = weight
        self._table = table
        self._sent: tuple[GateContext, str] | None = None

    def step(self) -> list[Action]:
        """Do the next thing that is the provider's: join, send this round's update, or claim."""
        record = self.actor.record
        record.refresh()
        if self._task not in record.tasks:
            return []
        view = record.task(self._task)
        return self.actor.attempt(lambda: self._act(view)) or keep(self.actor, view)

    def _act(self, view: TaskView) -> list[Action]:
        if view.status is Status.OPEN:
            return self._join(view)
        if view.status is Status.TRAINING:
            return self._send(view)
        return collect_for(self.actor, view, self.actor.account) if view.final else []

    def _join(self, view: TaskView) -> list[Action]:
        me = self.actor.account
        if view.due(me) or self.actor.record.now() > view.state.join_deadline:
            return []
        terms = agreed_terms(self.actor.record, self._task)
        initial_model(terms)
        place = self._place(terms.admission)
        if place is None:
            return []
        weight, price, proof = place
        listing = self._summarised() if federated(terms) else self._listing
        arguments = (listing, weight, price, proof, self.actor.age.public)
        return self.actor.call(self._task, "join", *arguments, pays=view.terms.bond_of(weight))

    def _summarised(self) -> bytes:
        """Store what we say of our columns and return its hash; the plain listing where our rows are too few."""
        if self._table is None or len(self._table) < LEAST_ROWS:
            return self._listing
        return put_summary(self.actor.record, self._task, self.actor.secret, self._table)

    def _place(self, admission: Admission) -> tuple[int, int, list[bytes]] | None:
        """Return (weight, price, proof) to join with, or None where this provider is not admitted."""
        if admission.open:
            return (self._weight, 0, []) if self._weight else None
        line = next((line for line in admission.listed if line.account == self.actor.account), None)
        if line is None:
            return None
        return line.weight, line.price, admission.tree.proof((line.account, line.weight, line.price))

    def _send(self, view: TaskView) -> list[Action]:
        record, now = self.actor.record, self.actor.record.now()
        if view.provider(self.actor.account) is None or now > view.state.round_deadline:
            return []
        context = self._context(len(view.rounds) + 1, view.state.attempt)
        if federated(record.terms(self._task)) and context.constants == NOTHING:
            return []
        slot = update_slot(record, self._task, context.round, context.attempt, context.provider)
        if now <= view.state.submit_deadline and (flooded(record, slot) or self._passed_over(view)):
            return self._announce(view)
        if self._is_sent(context, slot):
            return []
        ready = self._ready(context)
        if isinstance(ready, list):
            return ready
        _, encrypted = self._make_update(view, context, ready, announced=False)
        self._sent = (context, record.store.put_entry(slot, encrypted))
        return [Action(self.actor.account, "send_update", self._task)]

    def _is_sent(self, context: GateContext, slot: str) -> bool:
        """Return whether our update lies in its slot; what this process put there itself is not opened again."""
        if self._sent and self._sent[0] == context and self._sent[1] in entries(self.actor.record, slot):
            return True
        return sent_payload(self.actor.record, context, self.actor.age) is not None

    def _context(self, round_number: int, attempt: int) -> GateContext:
        return gate_for(self.actor.record, self._task, round_number, attempt, self.actor.account)

    def _ready(self, context: GateContext) -> Ready | list[Action]:
        """Return the model to start from and the terms to train under, or what was done to come by them."""
        base = model_or_ask(self.actor, self._task, context.round - 1)
        if isinstance(base, list):
            return base
        schema = schema_or_ask(self.actor, self._task)
        if isinstance(schema, list):
            return schema
        return base, replace(self.actor.record.terms(self._task), data=schema)

    def _make_update(
        self, view: TaskView, context: GateContext, ready: Ready, *, announced: bool
    ) -> tuple[bytes, bytes]:
        """Train, clip, quantise, sign and encrypt; returns (update id, ciphertext)."""
        actor, (base, terms) = self.actor, ready
        order = seed(actor.secret, "train", self._task, context.round, context.base_model)
        trained = self._trainer(recipe_of(terms), base, terms, order)
        update = quantise_change(trained, base, terms.clip_quanta)
        payload, update_id = make_payload(header_for(context), update, actor.secret)
        return update_id, encrypt(payload, update_readers(view, actor.account, announced))

    def _passed_over(self, view: TaskView) -> bool:
        """Return whether the last round left out an update of ours that the gate lets pass, whatever it says of it.

        A slot that was flooded in the last round will be in this one, perhaps when it is too late to see it.
        """
        if not view.rounds:
            return False
        record, last, me = self.actor.record, view.rounds[-1], self.actor.account
        if flooded(record, update_slot(record, self._task, last.number, last.attempt, me)):
            return True
        manifest = record.readable_manifest(self._task, last.number)
        if manifest is not None and any(entry.provider == me for entry in manifest.updates):
            return False
        context = self._context(last.number, last.attempt)
        payload = sent_payload(record, context, self.actor.age)
        return payload is not None and _passes(payload, context)

    def _announce(self, view: TaskView) -> list[Action]:
        context = self._context(len(view.rounds) + 1, view.state.attempt)
        if announcement_of(self.actor.record, self._task, context.round, context.attempt, context.provider):
            return []
        ready = self._ready(context)
        if isinstance(ready, list):
            return ready
        update_id, encrypted = self._make_update(view, context, ready, announced=True)
        blob = self.actor.record.store.put(encrypted)
        return self.actor.call(self._task, "announce", context.round, update_id, id_hash(blob))


def _passes(payload: bytes, context: GateContext) -> bool:
    try:
        admit(payload, context)
    except UpdateError:
        return False
    return True
