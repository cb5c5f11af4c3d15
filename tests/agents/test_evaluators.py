"""What evaluators lose by deviating, naming other rounds, or falling silent; and what nobody can do to them."""

import pytest

from fedmarket.domain.lifecycle import Status
from fedmarket.embedded.plan import TOKEN, Options
from fedmarket.record.slots import score_slot
from fedmarket.store.age import encrypt
from tests.agents.rogue_evaluators import (
    TOLERANCE_PPB,
    Bend,
    Reticent,
    bent,
    cut_to,
    more_rounds_than_there_are,
    other_best,
    scores_moved,
    skills_moved,
    too_few_scores,
)
from tests.agents.story import (
    AGGREGATOR_BOND,
    EVALUATOR_BOND,
    EVALUATOR_FEE,
    Story,
    finish,
    play,
    silent_in_scoring,
    world,
)

TRIGGER = Options().trigger_reward * TOKEN


def evaluators(story: Story) -> list[int]:
    return [story.gain(f"evaluator {i}") for i in range(story.world.evaluators)]


@pytest.mark.parametrize(
    "bend",
    [scores_moved(TOLERANCE_PPB + 1), scores_moved(-TOLERANCE_PPB - 1), skills_moved(TOLERANCE_PPB + 1)],
)
def test_who_deviates_beyond_the_tolerance_forfeits_its_bond_when_the_others_agree(bend: Bend) -> None:
    honest, story = play(), play({"evaluator 1": bent(bend)})
    assert evaluators(story) == [EVALUATOR_FEE, -EVALUATOR_BOND, EVALUATOR_FEE]
    assert story.outcome.settlement.owed == honest.outcome.settlement.owed
    assert story.gain("requester") == honest.gain("requester") + EVALUATOR_FEE


@pytest.mark.parametrize("bend", [scores_moved(TOLERANCE_PPB), skills_moved(-TOLERANCE_PPB)])
def test_who_deviates_within_the_tolerance_is_paid(bend: Bend) -> None:
    story = play({"evaluator 1": bent(bend)})
    assert evaluators(story) == [EVALUATOR_FEE] * 3


@pytest.mark.parametrize("bend", [cut_to(1), cut_to(0), other_best])
def test_who_names_other_rounds_loses_the_fee_only(bend: Bend) -> None:
    story = play({"evaluator 2": bent(bend)})
    assert story.outcome.agreement.table.rounds_verified == 2
    assert evaluators(story) == [EVALUATOR_FEE, EVALUATOR_FEE, 0]


@pytest.mark.parametrize("bend", [too_few_scores, more_rounds_than_there_are])
def test_a_table_that_fits_no_record_forfeits_like_a_deviating_one(bend: Bend) -> None:
    story = play({"evaluator 0": bent(bend)})
    assert evaluators(story) == [-EVALUATOR_BOND, EVALUATOR_FEE, EVALUATOR_FEE]


def test_who_stays_silent_forfeits() -> None:
    story = play(watch=silent_in_scoring("evaluator 1"))
    assert story.view.status is Status.SETTLED
    assert evaluators(story) == [EVALUATOR_FEE, -EVALUATOR_BOND, EVALUATOR_FEE]


def test_who_commits_and_never_reveals_forfeits() -> None:
    story = play({"evaluator 1": Reticent})
    assert story.view.status is Status.SETTLED
    assert evaluators(story) == [EVALUATOR_FEE, -EVALUATOR_BOND, EVALUATOR_FEE]


def test_without_agreement_the_task_falls_back_and_nobody_forfeits_for_what_it_said() -> None:
    far = 10 * TOLERANCE_PPB
    story = play({"evaluator 1": bent(scores_moved(far)), "evaluator 2": bent(scores_moved(-far))})
    assert story.view.status is Status.FALLBACK
    assert evaluators(story) == [EVALUATOR_FEE] * 3
    paid_by_delivered_rounds(story)


def test_with_a_majority_silent_the_task_falls_back_and_the_silent_forfeit() -> None:
    story = play(watch=silent_in_scoring("evaluator 0", "evaluator 1"))
    assert story.view.status is Status.FALLBACK
    assert evaluators(story)[:2] == [-EVALUATOR_BOND] * 2
    assert evaluators(story)[2] in (EVALUATOR_FEE, EVALUATOR_FEE + TRIGGER)
    paid_by_delivered_rounds(story)


def paid_by_delivered_rounds(story: Story) -> None:
    """Everybody delivered in both rounds, so performance and participation go by weight alone."""
    money = story.world.terms.money
    weights = {story.world.account(f"provider {i}"): 10 + i for i in range(3)}
    possible = 2 * sum(weights.values())
    for i in range(3):
        weight = weights[story.world.account(f"provider {i}")]
        owed = money.performance * weight * 2 // possible + money.participation * weight * 2 // possible
        assert story.gain(f"provider {i}") - owed in (0, TRIGGER)


@pytest.mark.parametrize("seats", [1, 5])
def test_one_evaluator_is_trusted_and_five_outvote_two(seats: int) -> None:
    cast = {f"evaluator {i}": bent(scores_moved(50 * TOLERANCE_PPB)) for i in range(seats // 2)}
    story = play(cast, evaluators=seats)
    assert story.view.status is Status.SETTLED
    assert evaluators(story) == [-EVALUATOR_BOND] * (seats // 2) + [EVALUATOR_FEE] * (seats - seats // 2)


def test_a_quorum_that_lies_alike_is_believed_and_only_the_audit_tells() -> None:
    bend = bent(scores_moved(50 * TOLERANCE_PPB))
    story = play({"evaluator 0": bend, "evaluator 1": bend})
    assert evaluators(story) == [EVALUATOR_FEE, EVALUATOR_FEE, -EVALUATOR_BOND]


def test_a_table_that_somebody_else_encrypted_to_an_evaluator_is_not_taken_for_its_own() -> None:
    honest, stage = play(), world()
    for number in range(3):
        actor = stage.actor(f"evaluator {number}", stage.record())
        poison = bytes(32) + cut_to(0)(honest.outcome.agreement.table).pack()
        slot = score_slot(stage.record(), 1, actor.account)
        stage.store.put_entry(slot, encrypt(poison, [actor.age.public]))
        stage.store.put_entry(slot, b"rubbish")
    assert finish(stage).outcome.settlement == honest.outcome.settlement


def test_evaluators_whose_slots_are_flooded_settle_all_the_same() -> None:
    honest, stage = play(), world()
    for number in range(3):
        slot = score_slot(stage.record(), 1, stage.account(f"evaluator {number}"))
        for i in range(70):
            stage.store.put_entry(slot, i.to_bytes(2, "big"))
    story = finish(stage)
    assert story.outcome.settlement == honest.outcome.settlement
    assert story.gain("aggregator") != -AGGREGATOR_BOND
