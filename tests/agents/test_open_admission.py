"""Open admission from end to end: bonds as weight, a toll, and what who harms is debited goes to who helps."""

from dataclasses import replace
from typing import Any

import pytest

from fedmarket.agents.actor import Actor
from fedmarket.agents.provider import ProviderAgent, trainer_on
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.terms import Terms
from fedmarket.embedded.plan import OPEN_OPTIONS
from fedmarket.learning.recipe import Recipe, train_locally
from fedmarket.learning.table import Table
from fedmarket.learning.tensors import Tensors
from tests.agents.rogue_providers import TABLES, FreeRider
from tests.agents.story import EVALUATOR_BOND, Cast, Story, play, silent_in_scoring

WEIGHTS = (2, 3, 2)
SMALL = replace(OPEN_OPTIONS, rounds=3, patience_rounds=3, steps=5, target="0.6", performance=781)


def play_open(cast: Cast | None = None, **fields: Any) -> Story:
    return play(cast, base=SMALL, open_weights=WEIGHTS, **fields)


def upside_down(actor: Actor) -> ProviderAgent:
    """Train on the other labels."""

    def train(recipe: Recipe, model: Tensors, terms: Terms, seed: int) -> Tensors:
        return train_locally(recipe, model, Table(TABLES[2].features, 1 - TABLES[2].labels), terms.training, seed)

    return ProviderAgent(actor, 1, train, weight=WEIGHTS[2])


def test_anybody_with_a_bond_joins_and_is_paid_for_what_its_data_taught() -> None:
    story = play_open()
    assert story.view.status is Status.SETTLED
    assert story.view.terms.open_admission
    assert sorted(view.weight for view in story.view.providers) == sorted(WEIGHTS)
    settlement = story.outcome.settlement
    assert sum(settlement.owed.values()) == settlement.released > 0
    assert [story.gain(f"provider {i}") for i in range(3)] == [
        settlement.owed[story.world.account(f"provider {i}")] for i in range(3)
    ]
    fees = sum(settlement.fees.values())
    assert story.gain("requester") == -settlement.released - fees


def test_the_least_total_weight_locks_twice_what_it_can_win() -> None:
    story = play_open()
    assert story.world.terms.money.provider_bond * sum(WEIGHTS) >= 2 * story.world.terms.money.performance
    bonds = {view.account: view.bond for view in story.view.providers}
    for number, weight in enumerate(WEIGHTS):
        assert bonds[story.world.account(f"provider {number}")] == weight * story.world.terms.money.provider_bond


def test_what_a_harmful_account_is_debited_reaches_those_who_helped() -> None:
    story = play_open({"provider 2": upside_down})
    settlement = story.outcome.settlement
    harmful = story.world.account("provider 2")
    assert story.outcome.agreement.table.scores[account_place(story, harmful)] < 0
    assert settlement.debit[harmful] > 0
    assert story.gain("provider 2") == -settlement.debit[harmful]
    helpful = [story.world.account("provider 0"), story.world.account("provider 1")]
    assert sum(settlement.owed[account] for account in helpful) == settlement.released + settlement.debit[harmful]
    assert story.gain("provider 0") + story.gain("provider 1") == settlement.released + settlement.debit[harmful]
    assert story.gain("requester") == -settlement.released - sum(settlement.fees.values())


def test_a_free_rider_with_a_bond_earns_nothing_and_loses_it() -> None:
    story = play_open({"provider 1": lambda actor: Rider(actor)})
    rider = story.world.account("provider 1")
    assert story.outcome.settlement.owed[rider] == 0
    assert story.gain("provider 1") == -WEIGHTS[1] * story.world.terms.money.provider_bond


def test_without_a_weight_of_its_own_a_provider_does_not_join() -> None:
    story = play_open({"provider 1": lambda actor: ProviderAgent(actor, 1, trainer_on(TABLES[1]))})
    assert story.view.status is Status.CANCELLED, "the least total weight was not reached"
    assert story.gain("provider 1") == 0


def test_an_open_task_falls_back_by_weight_and_rounds_and_returns_every_bond() -> None:
    story = play_open(watch=silent_in_scoring("evaluator 0", "evaluator 1", "evaluator 2"))
    assert story.view.status is Status.FALLBACK
    performance = story.world.terms.money.performance
    for number, weight in enumerate(WEIGHTS):
        owed = performance * weight * 3 // (3 * sum(WEIGHTS))
        assert story.gain(f"provider {number}") >= owed
    assert [story.gain(f"evaluator {i}") for i in range(3)] == [-EVALUATOR_BOND] * 3


@pytest.mark.parametrize("weight", [0, 15])
def test_a_weight_out_of_bounds_is_refused(weight: int) -> None:
    story = play_open({"provider 1": lambda actor: ProviderAgent(actor, 1, trainer_on(TABLES[1]), weight=weight)})
    assert all(view.account != story.world.account("provider 1") for view in story.view.providers)


def account_place(story: Story, account: str) -> int:
    return [view.account for view in story.view.providers].index(account)


class Rider(FreeRider):
    def __init__(self, actor: Actor) -> None:
        super().__init__(actor)
        self._weight = WEIGHTS[1]
