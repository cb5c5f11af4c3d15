"""Stopping early: with too little gain the unspent rounds are saved, without that reason they count as delivered."""

from fedmarket.agents.requester import RequesterAgent
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.outcome import stop_was_founded
from fedmarket.record.task import TaskView
from tests.agents.rogue_aggregators import WithholdsModel
from tests.agents.story import AGGREGATOR_FEE, Story, finish, play, world

FOUR_ROUNDS = {"rounds": 4, "patience_rounds": 2}
MUCH, LITTLE = "0.9", "0.0001"


class Impatient(RequesterAgent):
    """Stops as soon as the contract lets it, whatever the gains."""

    def _gains_too_little(self, view: TaskView) -> bool:
        return len(view.rounds) >= self._terms.goal.patience_rounds


def participation(story: Story, delivered: int) -> list[int]:
    money = story.world.terms.money
    weights = [10 + i for i in range(3)]
    return [money.participation * weight * delivered // (sum(weights) * 4) for weight in weights]


def paid_for_taking_part(story: Story) -> list[int]:
    return [story.outcome.settlement.participation[story.world.account(f"provider {i}")] for i in range(3)]


def test_a_founded_stop_saves_what_was_not_spent() -> None:
    story = play(options={**FOUR_ROUNDS, "patience_gain": MUCH})
    assert story.view.stopped
    assert len(story.view.rounds) == 2
    assert stop_was_founded(story.world.terms.goal, story.outcome.agreement.table)
    assert paid_for_taking_part(story) == participation(story, 2)
    assert story.gain("aggregator") == 2 * AGGREGATOR_FEE


def test_an_unfounded_stop_pays_the_unspent_rounds_like_the_last() -> None:
    stage = world(options={**FOUR_ROUNDS, "patience_gain": LITTLE})
    stage.cast = {"requester": lambda actor: Impatient(actor, stage.terms, stage.validation)}
    story = finish(stage)
    assert story.view.stopped
    assert len(story.view.rounds) == 2
    assert not stop_was_founded(story.world.terms.goal, story.outcome.agreement.table)
    assert paid_for_taking_part(story) == participation(story, 4)
    assert story.gain("aggregator") == 2 * AGGREGATOR_FEE, "who commits nothing earns no fee"


def test_with_gains_above_the_bound_nobody_stops() -> None:
    story = play(options={**FOUR_ROUNDS, "patience_gain": LITTLE})
    assert not story.view.stopped
    assert len(story.view.rounds) == 4


def test_a_requester_that_cannot_read_a_model_does_not_stop_and_the_task_goes_on() -> None:
    story = play({"aggregator": WithholdsModel}, options={**FOUR_ROUNDS, "patience_gain": MUCH})
    assert story.view.status is Status.SETTLED
    assert "store.missing" in story.refused("requester")
    assert story.outcome.agreement.table.rounds_verified == 1


def test_nobody_needs_the_requester_once_the_task_is_open() -> None:
    stage = world()
    assert stage.step("requester")
    stage.dead.add("requester")
    story = finish(stage)
    assert story.view.status is Status.SETTLED
    assert story.gain("requester") == -story.world.terms.chain_terms().escrow + story.outcome.settlement.refund
