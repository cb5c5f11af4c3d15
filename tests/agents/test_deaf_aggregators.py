"""An aggregator that passes over a provider: the provider announces, and then the round counts only with its update."""

import pytest

from fedmarket.agents.actor import Action, Actor
from fedmarket.agents.aggregator import AggregatorAgent
from fedmarket.learning.gate import admit
from fedmarket.record.admission import Candidates, first_announcements, gate_for, opened_payloads
from fedmarket.record.notes import noted_by_most
from fedmarket.record.slots import CANDIDATES, note_slot, update_slot
from fedmarket.record.task import TaskView
from tests.agents import rogue_aggregators as rogues
from tests.agents.rogue_aggregators import LeavesOut
from tests.agents.rogue_providers import (
    AnnouncesAnother,
    AnnouncesNothing,
    FreeRider,
    HidesFromMost,
    HidesFromTheAggregator,
)
from tests.agents.story import AGGREGATOR_BOND, AGGREGATOR_FEE, EVALUATOR_FEE, Story, finish, play, world
from tests.simulation.world import World

THREE_ROUNDS = {"rounds": 3, "patience_rounds": 3}


def announced(story: Story) -> list[tuple[int, str]]:
    roles = {story.world.account(role): role for role in story.world.roles}
    return [(line.round, roles[line.provider]) for line in story.view.announcements]


@pytest.mark.parametrize("rogue", [rogues.LeavesOutOnce, rogues.CallsItUnchangedOnce])
def test_a_provider_that_was_passed_over_announces_and_is_heard(rogue: type[LeavesOut]) -> None:
    story = play({"aggregator": rogue}, options=THREE_ROUNDS)
    assert story.delivered(1).get("provider 0") != "in"
    assert announced(story) == [(2, "provider 0")]
    assert story.delivered(2)["provider 0"] == "in"
    assert story.delivered(3)["provider 0"] == "in"
    assert story.outcome.agreement.table.rounds_verified == 3
    assert story.gain("aggregator") == 3 * AGGREGATOR_FEE


@pytest.mark.parametrize("rogue", [LeavesOut, rogues.CallsItUnchanged, rogues.CallsItCopied])
def test_leaving_out_what_was_announced_voids_the_round_whatever_is_said_of_it(rogue: type[LeavesOut]) -> None:
    story = play({"aggregator": rogue}, options=THREE_ROUNDS)
    assert announced(story) == [(2, "provider 0"), (3, "provider 0")]
    assert story.outcome.agreement.table.rounds_verified == 1, "before the announcement nobody could tell"
    assert story.fault() == "round.announced_left_out"
    assert story.gain("aggregator") == AGGREGATOR_FEE - AGGREGATOR_BOND
    assert story.gain("provider 0") == story.outcome.settlement.owed[story.world.account("provider 0")]


def test_a_free_rider_is_not_passed_over_when_it_is_refused() -> None:
    story = play({"provider 0": FreeRider}, options=THREE_ROUNDS)
    assert announced(story) == []
    assert [story.delivered(r)["provider 0"] for r in (1, 2, 3)] == ["unchanged"] * 3


def test_an_announced_update_counts_and_no_other_of_the_same_provider() -> None:
    """A provider that sends one update and announces another cannot have the round declared void by either."""
    story = play({"provider 0": AnnouncesAnother}, options=THREE_ROUNDS)
    assert story.outcome.agreement.table.rounds_verified == 3
    line = first_announcements(story.record, 1, 1, 0)[0]
    taken = {entry.provider: entry.update for entry in story.manifest(1).updates}
    assert taken[line.provider] == line.update


def test_an_aggregator_that_takes_another_update_than_the_announced_one_loses_the_round() -> None:
    class TakesTheOther(LeavesOut):
        def tamper(self, view: TaskView, candidates: Candidates) -> None:
            victim = self.actor.record.task(1).announcements[0].provider if view.announcements else ""
            if victim not in candidates.admitted:
                return
            context = gate_for(self.actor.record, 1, len(view.rounds) + 1, 0, victim)
            for payload in opened_payloads(self.actor.record, context, self.actor.age):
                update = admit(payload, context)
                if update.update_id != candidates.admitted[victim].update_id:
                    candidates.admitted[victim], candidates.payloads[victim] = update, payload
                    return

    story = play({"provider 0": AnnouncesAnother, "aggregator": TakesTheOther})
    assert story.outcome.agreement.table.rounds_verified == 0
    assert story.fault() == "round.announced_left_out"


def test_who_announces_to_the_evaluators_only_cannot_void_an_honest_round() -> None:
    story = play({"provider 0": HidesFromTheAggregator})
    assert len(story.view.announcements) == 2
    assert noted_by_most(story.record, 1)(story.view.announcements[0])
    assert story.outcome.agreement.table.rounds_verified == 2
    assert story.gain("aggregator") == 2 * AGGREGATOR_FEE
    assert story.delivered(1)["provider 0"] == "in", "the evaluators handed it on"


def test_an_evaluator_that_alone_can_read_what_was_announced_is_not_led_astray() -> None:
    """Were its own note enough for it, it would name other rounds than the rest, and lose its fee."""
    story = play({"provider 0": HidesFromMost, "aggregator": LeavesOut})
    assert not noted_by_most(story.record, 1)(story.view.announcements[0])
    assert story.outcome.agreement.table.rounds_verified == 2
    assert [story.gain(f"evaluator {i}") for i in range(3)] == [EVALUATOR_FEE] * 3


def test_who_announces_what_nobody_can_read_is_left_out_and_nothing_else_happens() -> None:
    story = play({"provider 0": AnnouncesNothing})
    assert story.outcome.agreement.table.rounds_verified == 2
    assert not noted_by_most(story.record, 1)(story.view.announcements[0])
    assert story.gain("provider 0") == 0, "an announcement keeps the bond, and earns nothing"


def test_flooding_the_notes_of_the_evaluators_does_not_save_a_deaf_aggregator() -> None:
    stage = world({"aggregator": LeavesOut}, options=THREE_ROUNDS)
    for number in range(3):
        evaluator, victim = stage.account(f"evaluator {number}"), stage.account("provider 0")
        for round_number in (1, 2, 3):
            slot = note_slot(stage.record(), 1, round_number, evaluator, victim)
            for i in range(70):
                stage.store.put_entry(slot, i.to_bytes(70, "big"))
    story = finish(stage)
    assert story.outcome.agreement.table.rounds_verified == 1
    assert story.gain("aggregator") == AGGREGATOR_FEE - AGGREGATOR_BOND


def test_a_provider_whose_slot_is_flooded_announces_instead() -> None:
    stage = world()
    slot = update_slot(stage.record(), 1, 1, 0, stage.account("provider 0"))
    flood(stage, slot, CANDIDATES + 1)
    story = finish(stage)
    assert announced(story) == [(1, "provider 0"), (2, "provider 0")], "what was flooded once will be again"
    assert story.delivered(1)["provider 0"] == "in"
    assert story.outcome.agreement.table.rounds_verified == 2


def flood(stage: World, slot: str, count: int) -> None:
    for i in range(count):
        stage.store.put_entry(slot, i.to_bytes(70, "big"))


class FloodsBeforeItReads(AggregatorAgent):
    """Whoever may write to the store can flood a slot after the window, before the aggregator reads: it did it here."""

    size = 0

    def __init__(self, actor: Actor) -> None:
        super().__init__(actor, 1)

    def _commit(self, view: TaskView) -> list[Action]:
        now = self.actor.record.now()
        if view.state.submit_deadline < now <= view.state.round_deadline:
            victim = min(line.account for line in view.providers)
            slot = update_slot(self.actor.record, 1, len(view.rounds) + 1, view.state.attempt, victim)
            for i in range(self.size):
                self.actor.record.store.put_entry(slot, i.to_bytes(70, "big"))
        return super()._commit(view)


def test_a_flood_of_a_thousand_entries_after_the_window_hides_nothing() -> None:
    class Floods(FloodsBeforeItReads):
        size = 1000

    honest, story = play(options=THREE_ROUNDS), play({"aggregator": Floods}, options=THREE_ROUNDS)
    assert story.outcome.settlement.owed == honest.outcome.settlement.owed
    assert story.view.announcements == []


def test_whom_a_greater_flood_shuts_out_of_a_round_announces_in_the_next() -> None:
    class Floods(FloodsBeforeItReads):
        size = CANDIDATES + 1

    story = play({"aggregator": Floods}, options=THREE_ROUNDS)
    victim = min(line.account for line in story.view.providers)
    assert [line.round for line in story.view.announcements if line.provider == victim] == [2, 3]
    delivered = story.manifest(3).counts
    assert delivered[victim] == 2
    assert story.outcome.settlement.owed[victim] > 0
