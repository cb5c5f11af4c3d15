"""An aggregator that falls silent is replaced by a standby, and nothing but its own bond is lost."""

import pytest

from fedmarket.domain.lifecycle import Status
from fedmarket.embedded.plan import AVERAGING, HALF_MOMENTUM, MEAN, TOKEN, Options
from tests.agents.story import AGGREGATOR_BOND, AGGREGATOR_FEE, EVALUATOR_FEE, Story, die_after_round, play
from tests.agents.strategies import FEDADAM, TRIMMED

THREE_ROUNDS = {"rounds": 3, "patience_rounds": 3}
TRIGGER = Options().trigger_reward * TOKEN


@pytest.fixture(
    scope="module", params=[(AVERAGING, MEAN), (HALF_MOMENTUM, MEAN), (FEDADAM, TRIMMED)], ids=lambda each: each[0].name
)
def undisturbed(request: pytest.FixtureRequest) -> Story:
    strategy, aggregation = request.param
    return play(options={**THREE_ROUNDS, "strategy": strategy, "aggregation": aggregation})


@pytest.mark.parametrize("done", [0, 1, 2])
def test_a_standby_takes_over_and_the_model_is_the_same_to_the_bit(undisturbed: Story, done: int) -> None:
    same = undisturbed.world.options
    options = {**THREE_ROUNDS, "strategy": same.strategy, "aggregation": same.aggregation}
    stalled = play(options=options, watch=die_after_round(done, "aggregator"))
    assert stalled.view.state.attempt == 1
    assert [line.attempt for line in stalled.view.rounds] == [0] * done + [1] * (3 - done)
    assert [line.model for line in stalled.view.rounds] == [line.model for line in undisturbed.view.rounds]
    assert stalled.outcome.settlement.pay == undisturbed.outcome.settlement.pay
    assert stalled.outcome.settlement.owed == undisturbed.outcome.settlement.owed


def test_a_stall_costs_the_stalled_bond_and_the_fees_go_to_who_committed() -> None:
    story = play(options=THREE_ROUNDS, watch=die_after_round(1, "aggregator"))
    assert story.gain("aggregator") == AGGREGATOR_FEE - AGGREGATOR_BOND
    assert story.gain("standby") == 2 * AGGREGATOR_FEE + TRIGGER
    assert [story.gain(f"evaluator {i}") for i in range(3)] == [EVALUATOR_FEE] * 3


def test_when_every_aggregator_is_gone_the_rounds_so_far_are_settled() -> None:
    story = play(options=THREE_ROUNDS, watch=die_after_round(1, "aggregator", "standby"))
    assert story.view.status is Status.SETTLED
    assert story.outcome.agreement.table.rounds_verified == 1
    assert all(story.gain(f"provider {i}") > 0 for i in range(3))
    assert story.gain("aggregator") == AGGREGATOR_FEE - AGGREGATOR_BOND


def test_with_no_round_at_all_everybody_else_is_refunded() -> None:
    story = play(watch=die_after_round(0, "aggregator", "standby"))
    assert story.view.status is Status.CANCELLED
    assert story.gain("requester") == 0
    assert [story.gain(f"provider {i}") for i in range(3)] == [0, 0, 0]


@pytest.mark.parametrize("role", ["aggregator", "standby", "evaluator 1"])
def test_an_empty_seat_cancels_the_task_and_everybody_is_refunded(role: str) -> None:
    story = play(dead={role})
    assert story.view.status is Status.CANCELLED
    assert [story.gain(role) for role in story.world.roles] == [0] * len(story.world.roles)


def test_too_few_providers_cancel_the_task() -> None:
    story = play(dead={"provider 0", "provider 1"})
    assert story.view.status is Status.CANCELLED
    assert [story.gain(role) for role in story.world.roles] == [0] * len(story.world.roles)


def test_one_provider_too_few_is_enough_where_the_terms_say_so() -> None:
    story = play(dead={"provider 0"})
    assert story.view.status is Status.SETTLED
    assert story.gain("provider 0") == 0
    assert story.gain("provider 1") > 0
