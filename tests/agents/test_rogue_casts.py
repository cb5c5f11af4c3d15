"""Whoever cheats together: with two honest evaluators of three, the honest are paid and nothing is stuck."""

from collections.abc import Callable
from random import Random

import pytest

from fedmarket.agents.actor import Actor, Agent
from fedmarket.agents.provider import ProviderAgent
from fedmarket.domain.lifecycle import Status
from tests.agents import rogue_aggregators as aggregators
from tests.agents import rogue_evaluators as evaluators
from tests.agents import rogue_providers as providers
from tests.agents.story import EVALUATOR_FEE, Story, Watch, die_after_round, play
from tests.simulation.world import World

SEEDS, BATCH = 24, 8
Role = Callable[[Actor], Agent] | None
AGGREGATORS: list[Role] = [
    None,
    aggregators.AddsUpWrongly,
    aggregators.CommitsAnotherModel,
    aggregators.WithholdsBundle,
    aggregators.WithholdsManifest,
    aggregators.ForgesSignature,
    aggregators.ForgetsDeliveries,
    aggregators.LeavesOut,
    aggregators.LeavesOutOnce,
    aggregators.CallsItCopied,
]
PROVIDERS: list[Role] = [
    None,
    providers.FreeRider,
    providers.AnnouncesAnother,
    providers.AnnouncesNothing,
    providers.HidesFromTheAggregator,
    providers.HidesFromMost,
    lambda actor: ProviderAgent(actor, 1, providers.diverge),
]
EVALUATORS: list[Role] = [
    None,
    evaluators.Forgetful,
    evaluators.Reticent,
    evaluators.KeylessEvaluator,
    evaluators.bent(evaluators.scores_moved(50 * evaluators.TOLERANCE_PPB)),
    evaluators.bent(evaluators.cut_to(0)),
    evaluators.bent(evaluators.too_few_scores),
]


def cast(random: Random) -> dict[str, Callable[[Actor], Agent]]:
    """Give the aggregator, two providers and one evaluator to whom the seed says; provider 0 stays honest."""
    chosen = {
        "aggregator": random.choice(AGGREGATORS),
        "provider 1": random.choice(PROVIDERS),
        "provider 2": random.choice(PROVIDERS),
        "evaluator 2": random.choice(EVALUATORS),
    }
    return {role: agent for role, agent in chosen.items() if agent is not None}


def accidents(random: Random) -> Watch:
    """Let the aggregator die after some round, sometimes."""
    number = random.randrange(6)
    return die_after_round(number, "aggregator") if number < 3 else nothing


def nothing(world: World) -> None:
    """No accident."""


@pytest.mark.parametrize("batch", range(0, SEEDS, BATCH))
def test_the_honest_are_paid_whoever_cheats(batch: int) -> None:
    for seed in range(batch, batch + BATCH):
        random = Random(seed)
        options = {"rounds": 3, "patience_rounds": 3}
        story = play(cast(random), options=options, watch=accidents(random))
        the_honest_lose_nothing(story, f"seed {seed}")


def the_honest_lose_nothing(story: Story, seed: str) -> None:
    assert story.view.status in (Status.SETTLED, Status.CANCELLED), seed
    assert story.gain("provider 0") >= 0, seed
    assert story.gain("standby") >= 0, seed
    assert story.gain("requester") >= -story.world.terms.chain_terms().escrow, seed
    if story.view.status is Status.SETTLED:
        assert [story.gain(f"evaluator {i}") >= EVALUATOR_FEE for i in (0, 1)] == [True, True], seed
        assert story.view.settled == story.outcome.vote, seed
        settled = story.outcome.settlement
        assert story.gain("provider 0") >= settled.owed[story.world.account("provider 0")], seed
