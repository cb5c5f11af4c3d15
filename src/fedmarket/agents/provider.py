"""The provider's agent: joins, trains on data that never leaves it, signs and sends updates, and claims."""

from collections.abc import Callable

from fedmarket.agents.actor import Action, Actor
from fedmarket.agents.claims import collect_for
from fedmarket.agents.keeper import keep
from fedmarket.domain.derive import seed
from fedmarket.domain.errors import MarketError
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.terms import Terms
from fedmarket.learning.fixed_point import quantise
from fedmarket.learning.recipe import Recipe, train_locally
from fedmarket.learning.table import Table
from fedmarket.learning.tensors import Tensors, difference
from fedmarket.learning.update import Header, make_payload
from fedmarket.record.admission import announcement_of, gate_for
from fedmarket.record.facts import agreed_terms, signing_domain, update_readers
from fedmarket.record.models import initial_model, open_model, recipe_of
from fedmarket.record.slots import update_slot
from fedmarket.record.task import TaskView
from fedmarket.store.age import decrypt, encrypt

NO_LISTING = bytes(32)
Trainer = Callable[[Recipe, Tensors, Terms, int], Tensors]


def trainer_on(table: Table) -> Trainer:
    """Return the honest local training on one's own `table`: (recipe, model, terms, seed) -> trained model."""

    def train(recipe: Recipe, model: Tensors, terms: Terms, seed: int) -> Tensors:
        return train_locally(recipe, model, table, terms.training, seed)

    return train


class ProviderAgent:
    """Takes part in one task with one trainer; `listing` is the 32-byte hash of its dataset's listing."""

    def __init__(self, actor: Actor, task: int, trainer: Trainer, listing: bytes = NO_LISTING) -> None:
        self.actor = actor
        self._task = task
        self._trainer = trainer
        self._listing = listing

    def step(self) -> list[Action]:
        """Do the next thing that is the provider's: join, send this round's update, or claim."""
        record = self.actor.record
        record.refresh()
        if self._task not in record.tasks:
            return []
        view = record.task(self._task)
        done: list[Action] = []
        if view.status is Status.OPEN:
            done = self._join(view)
        elif view.status is Status.TRAINING:
            done = self._send(view)
        elif view.final:
            done = collect_for(self.actor, view, self.actor.account)
        return done or keep(self.actor, view)

    def _join(self, view: TaskView) -> list[Action]:
        me = self.actor.account
        if view.due(me) or self.actor.record.now() > view.state.join_deadline:
            return []
        terms = agreed_terms(self.actor.record, self._task)
        initial_model(terms)
        line = next((line for line in terms.admission.listed if line.account == me), None)
        if line is None:
            return []
        proof = terms.admission.tree.proof((line.account, line.weight, line.price))
        arguments = (self._listing, line.weight, line.price, proof, self.actor.age.public)
        return self.actor.call(self._task, "join", *arguments, pays=view.terms.bond_of(line.weight))

    def _send(self, view: TaskView) -> list[Action]:
        if view.provider(self.actor.account) is None or self.actor.record.now() > view.state.round_deadline:
            return []
        deaf = self._aggregator_is_deaf(view)
        if deaf and self.actor.record.now() <= view.state.submit_deadline:
            return self._announce(view)
        if self._sent(view, len(view.rounds) + 1, view.state.attempt):
            return []
        _, encrypted = self._make_update(view, announced=False)
        slot = update_slot(self.actor.record, self._task, len(view.rounds) + 1, view.state.attempt, self.actor.account)
        self.actor.record.store.put_entry(slot, encrypted)
        return [Action(self.actor.account, "send_update", self._task)]

    def _make_update(self, view: TaskView, *, announced: bool) -> tuple[bytes, bytes]:
        """Train, clip, quantise, sign and encrypt; returns (update id, ciphertext)."""
        record, actor = self.actor.record, self.actor
        terms, round_number = record.terms(self._task), len(view.rounds) + 1
        recipe, base_model = recipe_of(terms), view.latest_model
        base = open_model(record, self._task, round_number - 1, actor.age)
        trained = self._trainer(recipe, base, terms, seed(actor.secret, "train", self._task, round_number, base_model))
        update = quantise(difference(trained, base), terms.clip_quanta)
        domain = signing_domain(record)
        header = Header(
            chain_id=domain.chain_id,
            contract=domain.contract,
            task=self._task,
            round=round_number,
            attempt=view.state.attempt,
            provider=actor.account,
            terms=view.terms.terms_hash,
            base_model=base_model,
        )
        payload, update_id = make_payload(header, update, actor.secret)
        return update_id, encrypt(payload, update_readers(view, actor.account, announced))

    def _sent(self, view: TaskView, round_number: int, attempt: int) -> bool:
        """Return whether one of our own payloads lies in our slot already."""
        record, me = self.actor.record, self.actor.account
        limit = gate_for(record, self._task, round_number, attempt, me).max_bytes
        for blob in record.store.entries(update_slot(record, self._task, round_number, attempt, me)):
            try:
                decrypt(record.store.get(blob), self.actor.age, max_bytes=limit)
            except MarketError:
                continue
            return True
        return False

    def _aggregator_is_deaf(self, view: TaskView) -> bool:
        """Return whether the last round passed over an update of ours without a word."""
        if not view.rounds:
            return False
        last, me = view.rounds[-1], self.actor.account
        manifest = self.actor.record.readable_manifest(self._task, last.number)
        if manifest is None:
            return True
        named = {entry.provider for entry in manifest.updates} | {line.provider for line in manifest.exclusions}
        return me not in named and self._sent(view, last.number, last.attempt)

    def _announce(self, view: TaskView) -> list[Action]:
        me, round_number = self.actor.account, len(view.rounds) + 1
        if announcement_of(self.actor.record, self._task, round_number, view.state.attempt, me):
            return []
        update_id, encrypted = self._make_update(view, announced=True)
        blob = self.actor.record.store.put(encrypted)
        return self.actor.call(self._task, "announce", round_number, update_id, bytes.fromhex(blob[7:]))
