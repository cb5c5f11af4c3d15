"""A task played to its end by a given cast, and what came of it for each role."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from fedmarket.agents.actor import Actor, Agent
from fedmarket.chain.simulated import SimulatedChain
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.manifest import Manifest
from fedmarket.domain.outcome import Outcome
from fedmarket.domain.reference.state import Task
from fedmarket.embedded.plan import TOKEN
from fedmarket.record.facts import outcome
from fedmarket.record.live import Record
from fedmarket.record.replay import Replay
from fedmarket.record.task import TaskView
from tests.simulation.world import OPTIONS, World

Watch = Callable[[World], None]
Cast = Mapping[str, Callable[[Actor], Agent]]
AGGREGATOR_BOND = EVALUATOR_BOND = 50 * TOKEN
AGGREGATOR_FEE, EVALUATOR_FEE = 5 * TOKEN, 20 * TOKEN
PROVIDER_BOND = 10 * TOKEN


@dataclass
class Story:
    """A finished task: the world it was played in, and its record."""

    world: World
    record: Record

    @property
    def view(self) -> TaskView:
        return self.record.task(1)

    @property
    def outcome(self) -> Outcome:
        found = outcome(self.record, 1)
        assert found is not None
        return found

    def manifest(self, round_number: int) -> Manifest:
        return self.record.manifest(1, round_number)

    def gain(self, role: str) -> int:
        """What a role has more than it began with, in base units."""
        begun = self.world.terms.chain_terms().escrow if role == "requester" else self.world.purse
        return self.world.chain.balance(self.world.account(role)) - begun

    def delivered(self, round_number: int) -> dict[str, str]:
        """Return by role what became of the providers' updates in a round: "in" or the reason for the refusal."""
        manifest = self.manifest(round_number)
        told = {entry.provider: "in" for entry in manifest.updates}
        told |= {line.provider: line.reason for line in manifest.exclusions}
        roles = {self.world.account(role): role for role in self.world.roles}
        return {roles[account]: word for account, word in told.items()}

    def fault(self) -> str | None:
        """The id of what an evaluator finds wrong with the first round that does not verify."""
        replay = Replay(self.record, 1, self.world.actor("evaluator 0", self.record).age)
        for _ in replay.rounds():
            pass
        return replay.fault.error_id if replay.fault else None

    def refused(self, role: str) -> set[str]:
        """The ids of what was refused to a role on the way."""
        return {refusal.error_id for refusal in self.world.refusals.get(role, [])}

    @property
    def held(self) -> int:
        """What the market still holds, forfeits on their way to the sink left out."""
        assert isinstance(self.world.chain, SimulatedChain)
        return self.world.chain.ledger.total_held() - self.world.chain.ledger.forfeits


def world(cast: Cast | None = None, *, options: Mapping[str, Any] | None = None, **fields: Any) -> World:
    """Return a small market on the reference chain, whose roles are played by `cast` where it names them."""
    chosen = replace(fields.pop("base", OPTIONS), **(options or {}))
    return World(SimulatedChain(genesis_time=1000), options=chosen, cast=cast or {}, **fields)


def play(
    cast: Cast | None = None,
    *,
    options: Mapping[str, Any] | None = None,
    watch: Watch = lambda world: None,
    **fields: Any,
) -> Story:
    """Play a task to its end and check that nothing is stuck."""
    return finish(world(cast, options=options, **fields), watch)


def finish(stage: World, watch: Watch = lambda world: None) -> Story:
    """Play what is left of a task to its end and check that nothing is stuck."""
    story = Story(stage, stage.settle(Random(0), watch))
    assert story.held == 0, "units are stuck"
    return story


def state_of(stage: World) -> Task | None:
    """Return the contract's state of the task, None before it is opened."""
    assert isinstance(stage.chain, SimulatedChain)
    return stage.chain.ledger.tasks.get(1)


def die_after_round(number: int, *roles: str) -> Watch:
    """Return a watcher in whose world `roles` take no further step once training has come to round `number`."""

    def watch(stage: World) -> None:
        state = state_of(stage)
        if state and state.status is not Status.OPEN and state.round >= number:
            stage.dead |= set(roles)

    return watch


def silent_in_scoring(*roles: str) -> Watch:
    """Return a watcher in whose world `roles` take no further step once training is over."""

    def watch(stage: World) -> None:
        state = state_of(stage)
        if state and state.status is Status.SCORING:
            stage.dead |= set(roles)

    return watch
