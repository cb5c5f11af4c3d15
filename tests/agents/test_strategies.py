"""Terms that name a strategy or a rule: who must refuse them, and that tasks of each are played, paid and stopped."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fedmarket.agents.actor import Action, Actor
from fedmarket.agents.provider import ProviderAgent
from fedmarket.agents.requester import RequesterAgent
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.outcome import stop_was_founded
from fedmarket.domain.terms import Aggregation, Strategy, Terms
from fedmarket.embedded.plan import MEAN
from fedmarket.learning.recipe import Recipe
from fedmarket.learning.tensors import Tensors
from tests.agents.story import AGGREGATOR_FEE, Story, finish, play, world
from tests.agents.strategies import FEDADAGRAD, FEDADAM, FEDPROX, FEDYOGI, TRIMMED
from tests.learning.flower_absent import hide_flower

SEATS = ("aggregator", "standby", "evaluator 0", "evaluator 1", "evaluator 2")
PROVIDERS = ("provider 0", "provider 1", "provider 2")
Change = Callable[[Terms], Terms]


def strategy(name: str, *parameters: tuple[str, str]) -> Change:
    return lambda terms: replace(terms, strategy=Strategy(name, parameters))


def rule(name: str, *parameters: tuple[str, str]) -> Change:
    return lambda terms: replace(terms, aggregation=Aggregation(name, parameters))


BAD: dict[str, tuple[Change, str]] = {
    "an unknown strategy": (strategy("fedsgd"), "terms.unknown_strategy"),
    "a parameter that it does not have": (strategy("fedavg", ("eta", "1")), "terms.bad_parameters"),
    "a parameter out of its range": (strategy("fedadam", ("eta", "11")), "terms.bad_server_rate"),
    "a proximal term that overshoots": (strategy("fedprox", ("proximal_mu", "21")), "terms.proximal_too_strong"),
    "an unknown rule": (rule("median"), "terms.unknown_aggregation"),
    "a rule that cuts everything": (rule("trimmed_mean", ("trim", "0.5")), "terms.bad_trim"),
}


class Reckless(RequesterAgent):
    """Opens its terms whatever they say."""

    def _open(self) -> list[Action]:
        self.actor.record.store.put(self._terms.encoded)
        terms = self._terms.chain_terms()
        return self.actor.call(None, "open_task", terms, pays=terms.escrow)


def cancelled_and_refunded(story: Story) -> None:
    assert story.view.status is Status.CANCELLED
    assert [story.gain(role) for role in story.world.roles] == [0] * len(story.world.roles)


@pytest.mark.parametrize("bad", BAD)
def test_everybody_refuses_a_part_in_terms_with(bad: str) -> None:
    change, error_id = BAD[bad]
    stage = world(rewrite=change)
    stage.cast = {"requester": lambda actor: Reckless(actor, stage.terms, stage.validation)}
    story = finish(stage)
    for role in (*SEATS, *PROVIDERS):
        assert story.refused(role) == {error_id}, role
    cancelled_and_refunded(story)


@pytest.mark.parametrize("named", [FEDADAM, FEDYOGI, FEDADAGRAD], ids=lambda each: each.name)
def test_without_flower_no_seat_is_taken_and_each_is_told_what_to_install(
    named: Strategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide_flower(monkeypatch)
    story = play(options={"strategy": named})
    for role in SEATS:
        assert story.refused(role) == {"strategy.flower_missing"}, role
        assert "pip install 'fedmarket[flower]'" in str(story.world.refusals[role][0])
    assert story.refused("provider 0") == set(), "a provider trains without Flower"
    cancelled_and_refunded(story)


@pytest.mark.parametrize("named", [FEDPROX, Strategy("fedavg")], ids=lambda each: each.name)
def test_without_flower_averaging_tasks_are_played(named: Strategy, monkeypatch: pytest.MonkeyPatch) -> None:
    hide_flower(monkeypatch)
    assert play(options={"strategy": named}).view.status is Status.SETTLED


@pytest.mark.parametrize("named", [FEDADAM, FEDYOGI, FEDADAGRAD, FEDPROX], ids=lambda each: each.name)
@pytest.mark.parametrize("aggregation", [MEAN, TRIMMED], ids=lambda each: each.name)
def test_a_task_of_every_strategy_and_rule_learns_and_pays(named: Strategy, aggregation: Aggregation) -> None:
    story = play(options={"strategy": named, "aggregation": aggregation, "rounds": 4, "patience_rounds": 4})
    assert story.view.status is Status.SETTLED
    agreed = story.outcome.agreement.table
    assert agreed.rounds_verified == 4
    assert agreed.final_ppb > agreed.skills[0] + 10**8
    assert sum(agreed.scores) == pytest.approx(agreed.final_ppb - agreed.skills[0], abs=10**6)
    assert all(story.gain(role) > 0 for role in PROVIDERS)


def test_fedproxs_mu_reaches_the_providers_and_holds_their_updates_back() -> None:
    plain, held = (play(options={"strategy": named}) for named in (Strategy("fedavg"), FEDPROX))
    assert held.view.latest_model != plain.view.latest_model
    unmoved = play(options={"strategy": Strategy("fedprox", (("proximal_mu", "0.000000000000000001"),))})
    assert unmoved.view.latest_model == plain.view.latest_model


def test_a_task_with_fedprox_stops_early_and_is_paid_for_the_rounds_it_took() -> None:
    options = {"strategy": FEDPROX, "rounds": 6, "patience_rounds": 2, "patience_gain": "0.5"}
    story = play(options=options)
    agreed = story.outcome.agreement.table
    assert story.view.stopped
    assert agreed.rounds_verified == len(story.view.rounds) < 6
    assert stop_was_founded(story.world.terms.goal, agreed)
    assert story.gain("aggregator") == agreed.rounds_verified * AGGREGATOR_FEE
    settled = story.outcome.settlement
    money = story.world.terms.money
    for place, role in enumerate(PROVIDERS):
        account = story.world.account(role)
        assert settled.participation[account] == money.participation * (10 + place) * agreed.rounds_verified // (33 * 6)
        assert story.gain(role) == settled.owed[account] > 0
    assert story.gain("requester") == settled.refund - story.world.terms.chain_terms().escrow


class Booster(ProviderAgent):
    """Trains honestly and sends three times its delta."""

    def __init__(self, actor: Actor, honest: ProviderAgent) -> None:
        super().__init__(actor, 1, self._boosted)
        self._honest = honest

    def _boosted(self, recipe: Recipe, model: Tensors, terms: Terms, seed: int) -> Tensors:
        trained = self._honest._trainer(recipe, model, terms, seed)
        return {name: model[name] + 3 * (trained[name] - model[name]) for name in model}


def boosted(aggregation: Aggregation) -> Story:
    """Play a task whose clip is so wide that it stops nobody from sending more."""
    stage = world(options={"aggregation": aggregation, "clip": "16", "rounds": 3, "patience_rounds": 3})
    stage.cast = {"provider 0": lambda actor: Booster(actor, stage.provider(actor, 0))}
    return finish(stage)


def part_of(story: Story, role: str) -> float:
    pay = story.outcome.settlement.pay
    return pay[story.world.account(role)] / sum(pay.values())


def test_a_booster_that_no_clip_stops_is_paid_more_under_the_mean_and_less_under_the_trimmed_mean() -> None:
    honest = finish(world(options={"clip": "16", "rounds": 3, "patience_rounds": 3}))
    under_mean, under_trimmed = boosted(MEAN), boosted(TRIMMED)
    fair = part_of(honest, "provider 0")
    assert part_of(under_mean, "provider 0") > 1.5 * fair
    assert part_of(under_trimmed, "provider 0") < 0.5 * fair
