"""An aggregator that breaks a rule loses its bond and what comes after; everybody is paid for the rounds before."""

import pytest

from fedmarket.domain.lifecycle import Status
from tests.agents import rogue_aggregators as rogues
from tests.agents.rogue_aggregators import Rogue
from tests.agents.rogue_providers import FreeRider, NeverSends
from tests.agents.story import (
    AGGREGATOR_BOND,
    AGGREGATOR_FEE,
    EVALUATOR_FEE,
    Story,
    die_after_round,
    play,
    silent_in_scoring,
)

ROGUES: dict[type[Rogue], str] = {
    rogues.AddsUpWrongly: "round.wrong_aggregate",
    rogues.CommitsAnotherModel: "round.wrong_model",
    rogues.CommitsNoNumbers: "update.nan",
    rogues.WithholdsBundle: "store.missing",
    rogues.WithholdsModel: "store.missing",
    rogues.WithholdsManifest: "store.missing",
    rogues.LocksEvaluatorsOut: "age.not_for_us",
    rogues.ServesAnEndlessBundle: "store.too_large",
    rogues.InvitesStranger: "round.stranger",
    rogues.CountsTwice: "round.provider_twice",
    rogues.MiscountsDeliveries: "round.wrong_counts",
    rogues.ForgetsDeliveries: "round.wrong_counts",
    rogues.FavoursOne: "round.wrong_weight",
    rogues.ForgesSignature: "round.wrong_signature",
    rogues.MisnamesBase: "round.wrong_field",
}


@pytest.mark.parametrize("rogue", ROGUES, ids=lambda rogue: rogue.__name__)
def test_a_rogue_round_is_cut_and_costs_the_aggregators_bond(rogue: type[Rogue]) -> None:
    story = play({"aggregator": rogue})
    assert story.view.status is Status.SETTLED
    assert len(story.view.rounds) == 2
    assert story.outcome.agreement.table.rounds_verified == 1
    assert story.fault() == ROGUES[rogue]
    assert story.gain("aggregator") == AGGREGATOR_FEE - AGGREGATOR_BOND
    assert story.gain("standby") == 0
    assert [story.gain(f"evaluator {i}") for i in range(3)] == [EVALUATOR_FEE] * 3
    providers_are_paid_for_round_one_only(story)


def providers_are_paid_for_round_one_only(story: Story) -> None:
    money, settlement = story.world.terms.money, story.outcome.settlement
    weights = {view.account: view.weight for view in story.view.providers}
    for role in (f"provider {i}" for i in range(3)):
        account = story.world.account(role)
        share = money.participation * weights[account] // (sum(weights.values()) * story.world.terms.rounds)
        assert settlement.participation[account] == share
        assert story.gain(role) == settlement.owed[account]
    assert sum(settlement.pay.values()) > 0, "round 1 taught something, and it is paid"


def test_a_rogue_first_round_leaves_nothing_to_pay_and_no_provider_to_blame() -> None:
    class AtOnce(rogues.AddsUpWrongly):
        bad_rounds = (1,)

    story = play({"aggregator": AtOnce})
    assert story.outcome.agreement.table.rounds_verified == 0
    assert story.gain("aggregator") == -AGGREGATOR_BOND
    assert [story.gain(f"provider {i}") for i in range(3)] == [0, 0, 0]
    assert story.gain("requester") == -3 * EVALUATOR_FEE


def test_a_manifest_published_after_the_settlement_changes_nobodys_pay() -> None:
    """A cut round lists whom it likes: who could pay or free a bond by it could block every claim."""
    rider = {"provider 2": lambda actor: FreeRider(actor)}
    story = play({"aggregator": rogues.WithholdsManifest, **rider})
    settled = story.outcome.vote
    assert settled.forfeits == 0, "where a round was cut, silence cannot be told from an aggregator's lie"
    assert story.view.settled == settled


def test_a_standby_that_must_rebuild_the_sum_refuses_to_build_on_a_rogue_round() -> None:
    class ThenDies(rogues.AddsUpWrongly):
        bad_rounds = (1,)

    story = play({"aggregator": ThenDies}, options={"rounds": 3}, watch=die_after_round(1, "aggregator"))
    assert story.view.state.attempt == 0, "the standby declined"
    assert len(story.view.rounds) == 1
    assert story.view.status is Status.SETTLED
    assert story.outcome.agreement.table.rounds_verified == 0
    assert story.gain("aggregator") == -AGGREGATOR_BOND
    assert "TakenOver" not in {event.name for event in story.record.fold.events}


def test_in_a_fallback_the_leaf_of_any_round_counts_so_a_rogue_last_one_takes_nothing() -> None:
    class InTheLast(rogues.ForgetsDeliveries):
        bad_rounds = (3,)

    rogue, silent = {"aggregator": InTheLast}, silent_in_scoring("evaluator 0", "evaluator 1")
    story = play(rogue, options={"rounds": 3, "patience_rounds": 3}, watch=silent)
    assert story.view.status is Status.FALLBACK
    money, weights = story.world.terms.money, [10 + i for i in range(3)]
    for number, weight in enumerate(weights):
        two_rounds = money.performance * weight * 2 // (3 * sum(weights))
        assert story.gain(f"provider {number}") >= two_rounds


def test_in_a_fallback_deliveries_of_an_accomplice_that_never_were_draw_nothing_that_is_owed_to_others() -> None:
    options, silent = {"rounds": 3, "patience_rounds": 3}, silent_in_scoring("evaluator 0", "evaluator 1")
    honest = play({"provider 2": NeverSends}, options=options, watch=silent)
    lied = play({"provider 2": NeverSends, "aggregator": rogues.ListsItsAccomplice}, options=options, watch=silent)
    assert honest.view.status is lied.view.status is Status.FALLBACK
    money, weights = lied.world.terms.money, [10 + i for i in range(3)]
    shares = [money.performance * w // sum(weights) + money.participation * w // sum(weights) for w in weights]
    assert owed(honest) == {"provider 0": shares[0], "provider 1": shares[1]}
    assert owed(lied) == owed(honest) | {"provider 2": shares[2]}
    assert lied.gain("requester") == honest.gain("requester") - shares[2]


def owed(story: Story) -> dict[str, int]:
    """What each provider was paid beside its bond, by role."""
    roles = {story.world.account(f"provider {i}"): f"provider {i}" for i in range(3)}
    return {roles[line.account]: line.owed for line in story.view.payments if line.account in roles}
