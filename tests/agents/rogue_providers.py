"""Providers that send something else than an honest update."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fedmarket.agents.actor import Action, Actor
from fedmarket.agents.provider import ProviderAgent, Ready, trainer_on
from fedmarket.chain.simulated import SimulatedChain
from fedmarket.domain.derive import hkdf
from fedmarket.domain.terms import Terms
from fedmarket.learning.gate import GateContext
from fedmarket.learning.recipe import Recipe
from fedmarket.learning.tensors import Tensors
from fedmarket.learning.update import Header, make_payload
from fedmarket.record.admission import gate_for, header_for
from fedmarket.record.facts import seat_keys, update_readers
from fedmarket.record.models import recipe_of
from fedmarket.record.slots import update_slot
from fedmarket.record.task import TaskView
from fedmarket.store.age import decrypt, encrypt
from tests.simulation.world import World

TABLES = World(SimulatedChain()).tables
"""What the providers of every small world train on."""
Forge = Callable[["Crafty", GateContext], bytes]


def return_unchanged(recipe: Recipe, model: Tensors, terms: Terms, seed: int) -> Tensors:
    return model


def diverge(recipe: Recipe, model: Tensors, terms: Terms, seed: int) -> Tensors:
    return {name: np.full_like(values, np.inf) for name, values in model.items()}


class FreeRider(ProviderAgent):
    """Returns the model as it is."""

    def __init__(self, actor: Actor) -> None:
        super().__init__(actor, 1, return_unchanged)


class NeverSends(ProviderAgent):
    """Joins, sends nothing, and claims what its aggregator's rounds say of it."""

    def __init__(self, actor: Actor) -> None:
        super().__init__(actor, 1, return_unchanged)

    def _send(self, view: TaskView) -> list[Action]:
        return []


class AnnouncesAnother(ProviderAgent):
    """Sends an update of its own data in round 1, and announces one of other data as well."""

    def __init__(self, actor: Actor) -> None:
        super().__init__(actor, 1, trainer_on(TABLES[0]))

    def _send(self, view: TaskView) -> list[Action]:
        done = super()._send(view)
        if done or view.rounds or self.actor.record.now() > view.state.submit_deadline:
            return done
        self._trainer = trainer_on(TABLES[1])
        return self._announce(view)


class HidesFromTheAggregator(ProviderAgent):
    """Announces every round, and encrypts to the evaluators only."""

    def __init__(self, actor: Actor) -> None:
        super().__init__(actor, 1, trainer_on(TABLES[0]))

    def _send(self, view: TaskView) -> list[Action]:
        return self._announce(view) if self.actor.record.now() <= view.state.submit_deadline else []

    def _make_update(
        self, view: TaskView, context: GateContext, ready: Ready, *, announced: bool
    ) -> tuple[bytes, bytes]:
        update_id, sealed = super()._make_update(view, context, ready, announced=announced)
        return update_id, encrypt(decrypt(sealed, self.actor.age), self._readers(view))

    def _readers(self, view: TaskView) -> list[bytes]:
        return seat_keys(view, view.terms.evaluators)


class HidesFromMost(HidesFromTheAggregator):
    """Announces what only one of the evaluators can read."""

    def _readers(self, view: TaskView) -> list[bytes]:
        return seat_keys(view, view.terms.evaluators[:1])


class AnnouncesNothing(HidesFromTheAggregator):
    """Announces what only itself can read."""

    def _readers(self, view: TaskView) -> list[bytes]:
        return [self.actor.age.public]


class Crafty(ProviderAgent):
    """Puts payloads of its own making into its slot, once a round; `sent` outlives the agent as a disk would."""

    def __init__(self, actor: Actor, forge: Forge, sent: set[tuple[int, int]]) -> None:
        super().__init__(actor, 1, return_unchanged)
        self._forge, self._done = forge, sent

    def _send(self, view: TaskView) -> list[Action]:
        place = (len(view.rounds) + 1, view.state.attempt)
        if place in self._done or view.provider(self.actor.account) is None:
            return []
        self._done.add(place)
        record, context = self.actor.record, gate_for(self.actor.record, 1, *place, self.actor.account)
        payload = self._forge(self, context)
        slot = update_slot(record, 1, *place, self.actor.account)
        record.store.put_entry(slot, encrypt(payload, update_readers(view, self.actor.account, announced=False)))
        return [Action(self.actor.account, "send_update", 1)]

    def payload(self, header: Header, quanta: int = 1000, secret: bytes | None = None) -> bytes:
        """Return a signed payload whose every coordinate is `quanta`."""
        spec = recipe_of(self.actor.record.terms(1)).spec.of("I32")
        update = {name: np.full(shape, quanta, np.int32) for name, shape in spec.shapes.items()}
        return make_payload(header, update, secret or self.actor.secret)[0]


def with_header(**wrong: object) -> Forge:
    """Return a forge of well-made, signed updates with other fields in their header."""
    return lambda agent, context: agent.payload(replace(header_for(context), **wrong))  # type: ignore[arg-type]


def of_last_round(agent: Crafty, context: GateContext) -> bytes:
    earlier = gate_for(agent.actor.record, 1, max(1, context.round - 1), context.attempt, context.provider)
    return agent.payload(header_for(earlier))


def signed_by_another(agent: Crafty, context: GateContext) -> bytes:
    return agent.payload(header_for(context), secret=hkdf(b"simulation", "stranger"))


def over_norm(agent: Crafty, context: GateContext) -> bytes:
    return agent.payload(header_for(context), quanta=context.clip_quanta)


def wrong_shape(agent: Crafty, context: GateContext) -> bytes:
    update = {"bias": np.ones(3, np.int32), "weight": np.ones((3, 2), np.int32)}
    return make_payload(header_for(context), update, agent.actor.secret)[0]


def cut_short(agent: Crafty, context: GateContext) -> bytes:
    return agent.payload(header_for(context))[:-1]
