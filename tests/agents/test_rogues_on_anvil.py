"""Whoever cheats comes to the same end on a real node, contract and clock included, as on the reference chain."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from fedmarket.agents.actor import Actor, Agent
from fedmarket.chain.anvil_node import LocalNode
from fedmarket.chain.simulated import SimulatedChain
from fedmarket.embedded.market import EmbeddedChain
from fedmarket.record.live import Record
from tests.agents import rogue_aggregators as aggregators
from tests.agents import rogue_evaluators as evaluators
from tests.agents import rogue_providers as providers
from tests.agents.story import Story
from tests.agents.test_rogue_providers import FORGERIES, crafty
from tests.chain.anvil_node import needs_anvil
from tests.chain.local_nodes import local_node, own_market
from tests.simulation.world import World

pytestmark = needs_anvil
Role = Callable[[Actor], Agent]


@dataclass(frozen=True)
class Case:
    """Who plays what, and which roles take no further step once so many rounds are committed."""

    cast: dict[str, Role]
    dead: tuple[str, ...] = ()
    after: int = 0


CASES: dict[str, Case] = {
    "everybody is honest": Case({}),
    **{f"an update {name}": Case(dict(crafty(FORGERIES[name][0]))) for name in ("for another chain",)},
    "a free rider": Case({"provider 0": providers.FreeRider}),
    "a provider that hides from the aggregator": Case({"provider 0": providers.HidesFromTheAggregator}),
    **{
        f"an aggregator: {rogue.__name__}": Case({"aggregator": rogue})
        for rogue in (
            aggregators.AddsUpWrongly,
            aggregators.WithholdsBundle,
            aggregators.LeavesOut,
        )
    },
    "an evaluator that moves scores": Case(
        {"evaluator 2": evaluators.bent(evaluators.scores_moved(50 * evaluators.TOLERANCE_PPB))}
    ),
    "an evaluator that cuts rounds": Case({"evaluator 2": evaluators.bent(evaluators.cut_to(0))}),
    "an aggregator that dies before its first round": Case({}, ("aggregator",), 0),
    "an aggregator and a standby that die after a round": Case({}, ("aggregator", "standby"), 1),
    "evaluators that all die after training": Case({}, tuple(f"evaluator {i}" for i in range(3)), 2),
}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNode]:
    with local_node(tmp_path_factory.mktemp("chain")) as node:
        yield node


def played(chain: EmbeddedChain, case: Case) -> Story:
    world = World(chain, cast=case.cast)

    def watch(stage: World) -> None:
        if not case.dead or set(case.dead) <= stage.dead:
            return
        record = Record(stage.chain, stage.store, documents=stage.documents)
        record.refresh()
        view = record.tasks.get(1)
        if view and view.state.opened_at and len(view.rounds) >= case.after:
            stage.dead |= set(case.dead)

    return Story(world, world.settle(Random(0), watch))


def told(story: Story) -> dict[str, Any]:
    """What a task came to: its state and models, what was refused to whom, and everybody's gain."""
    view, roles = story.view, story.world.roles
    return {
        "status": view.status,
        "models": [line.model for line in view.rounds],
        "settled": view.settled and (view.settled.rounds_verified, view.settled.best_round, view.settled.owed),
        "refused": {role: story.refused(role) for role in roles},
        "gains": {role: story.gain(role) for role in roles},
    }


@pytest.mark.parametrize("name", CASES)
def test_it_ends_as_on_the_reference_chain(node: LocalNode, name: str) -> None:
    expected = told(played(SimulatedChain(genesis_time=1000), CASES[name]))
    assert told(played(own_market(node), CASES[name])) == expected
