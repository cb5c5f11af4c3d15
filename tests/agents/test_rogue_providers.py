"""Providers that copy, replay, flood or forge: refused by name, and nobody else is touched."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from fedmarket.agents.actor import Actor
from fedmarket.agents.provider import ProviderAgent
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.terms import Terms
from fedmarket.learning.gate import GateContext
from fedmarket.learning.recipe import Recipe, train_locally
from fedmarket.learning.tensors import Tensors
from fedmarket.record.slots import entries, update_slot
from fedmarket.store.age import encrypt
from tests.agents import rogue_providers as rogues
from tests.agents.rogue_evaluators import KeylessEvaluator
from tests.agents.rogue_providers import TABLES, Crafty, Forge, FreeRider
from tests.agents.story import AGGREGATOR_FEE, PROVIDER_BOND, Cast, Story, finish, play, world

FORGERIES: Mapping[str, tuple[Forge, str | None]] = {
    "for another task": (rogues.with_header(task=2), "wrong_task"),
    "for another round": (rogues.with_header(round=7), "wrong_round"),
    "for another attempt": (rogues.with_header(attempt=1), "wrong_attempt"),
    "for another chain": (rogues.with_header(chain_id=1), "wrong_chain"),
    "under other terms": (rogues.with_header(terms=bytes(32)), "wrong_terms"),
    "on another base model": (rogues.with_header(base_model=bytes(32)), "wrong_base"),
    "over the norm": (rogues.over_norm, "over_norm"),
    "of another shape": (rogues.wrong_shape, "wrong_shape"),
    "signed by another": (rogues.signed_by_another, None),
    "cut short": (rogues.cut_short, None),
    "not a payload": (lambda agent, context: b"not a payload", None),
}


def crafty(forge: Forge) -> Cast:
    sent: set[tuple[int, int]] = set()
    return {"provider 0": lambda actor: Crafty(actor, forge, sent)}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_update_is_left_out(forgery: str) -> None:
    forge, reason = FORGERIES[forgery]
    story = play(crafty(forge))
    for number in (1, 2):
        told = story.delivered(number)
        assert told.get("provider 0") == reason, "rubbish, which anybody may have written, is not even named"
        assert (told["provider 1"], told["provider 2"]) == ("in", "in")
    bond_is_lost_and_nothing_else(story)


def test_a_replayed_update_of_the_last_round_is_left_out() -> None:
    story = play(crafty(rogues.of_last_round))
    assert story.delivered(1)["provider 0"] == "in"
    assert story.delivered(2)["provider 0"] == "wrong_round"
    assert story.outcome.settlement.forfeited == {}


def test_a_free_rider_is_refused_every_round_and_loses_its_bond() -> None:
    story = play({"provider 0": FreeRider})
    assert [story.delivered(number)["provider 0"] for number in (1, 2)] == ["unchanged"] * 2
    bond_is_lost_and_nothing_else(story)


def test_a_provider_whose_training_diverges_sends_nothing() -> None:
    story = play({"provider 0": lambda actor: ProviderAgent(actor, 1, rogues.diverge)})
    assert story.refused("provider 0") == {"update.diverged"}
    assert "provider 0" not in story.delivered(1)
    bond_is_lost_and_nothing_else(story)


def test_of_two_identical_updates_the_first_to_join_stands_until_the_other_announces() -> None:
    def on_the_same_data(recipe: Recipe, model: Tensors, terms: Terms, seed: int) -> Tensors:
        return train_locally(recipe, model, TABLES[0], terms.training, 5)

    def twin(actor: Actor) -> ProviderAgent:
        return ProviderAgent(actor, 1, on_the_same_data)

    story = play({"provider 0": twin, "provider 1": twin})
    accounts = {story.world.account(role): role for role in ("provider 0", "provider 1")}
    first, second = (accounts[view.account] for view in story.view.providers if view.account in accounts)
    assert (story.delivered(1)[first], story.delivered(1)[second]) == ("in", "copied")
    assert [accounts[line.provider] for line in story.view.announcements] == [second]
    assert (story.delivered(2)[first], story.delivered(2)[second]) == ("copied", "in")
    assert story.outcome.agreement.table.rounds_verified == 2


def test_rubbish_in_everybodys_slots_changes_nothing() -> None:
    honest, stage = play(), world()
    aggregator = stage.actor("aggregator", stage.record()).age.public
    for number in range(3):
        for round_number in (1, 2):
            slot = update_slot(stage.record(), 1, round_number, 0, stage.account(f"provider {number}"))
            stage.store.put_entry(slot, b"rubbish")
            stage.store.put_entry(slot, encrypt(b"sealed rubbish", [aggregator]))
            own = stage.actor(f"provider {number}", stage.record()).age.public
            stage.store.put_entry(slot, encrypt(b"looks sent", [own, aggregator]))
    story = finish(stage)
    assert [line.model for line in story.view.rounds] == [line.model for line in honest.view.rounds]
    assert story.outcome.settlement == honest.outcome.settlement


@pytest.mark.parametrize("key", [bytes(32), b"short"], ids=["of small order", "too short"])
def test_a_provider_with_a_key_that_nobody_can_encrypt_to_harms_only_itself(key: bytes) -> None:
    class Keyless(ProviderAgent):
        def __init__(self, actor: Actor) -> None:
            super().__init__(actor, 1, rogues.return_unchanged)
            vars(actor)["age"] = replace(actor.age, public=key)

        def _is_sent(self, context: GateContext, slot: str) -> bool:
            # It cannot read its own update back.
            return bool(entries(self.actor.record, slot))

    story = play({"provider 0": Keyless})
    assert story.view.status is Status.SETTLED
    assert story.outcome.agreement.table.rounds_verified == 2
    for told in (story.delivered(1), story.delivered(2)):
        assert (told["provider 1"], told["provider 2"]) == ("in", "in")
    assert story.gain("aggregator") == 2 * AGGREGATOR_FEE


def test_an_evaluator_with_such_a_key_harms_only_itself() -> None:
    story = play({"evaluator 0": KeylessEvaluator})
    assert story.view.status is Status.SETTLED
    assert story.outcome.agreement.table.rounds_verified == 2
    assert story.gain("evaluator 0") == 0, "it could open nothing, and named another number of rounds"
    assert story.gain("aggregator") == 2 * AGGREGATOR_FEE


def bond_is_lost_and_nothing_else(story: Story) -> None:
    assert story.view.status is Status.SETTLED
    assert story.outcome.agreement.table.rounds_verified == 2
    assert story.gain("provider 0") == -PROVIDER_BOND
    assert story.outcome.settlement.owed[story.world.account("provider 0")] == 0
    assert story.gain("provider 1") > 0 and story.gain("provider 2") > 0
