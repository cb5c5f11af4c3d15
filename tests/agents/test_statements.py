"""Evaluators tell every provider what it was paid and why, once, whatever dies and whoever writes into the slots."""

from dataclasses import replace
from random import Random

import pytest

from fedmarket.agents.evaluator import EvaluatorAgent
from fedmarket.chain.simulated import SimulatedChain
from fedmarket.domain.accounts import sign
from fedmarket.domain.codec import Signed
from fedmarket.domain.errors import UsageError
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.statement import Measured, Statement
from fedmarket.domain.typed_data import StatementMessage
from fedmarket.embedded.plan import HALF_MOMENTUM, OPEN_OPTIONS
from fedmarket.record.slots import entries, statement_slot
from fedmarket.record.statements import make_statements, send_statement, sent_statement, settled_outcome
from fedmarket.store.age import encrypt
from tests.agents.rogue_aggregators import AddsUpWrongly
from tests.agents.rogue_evaluators import TOLERANCE_PPB, bent, scores_moved
from tests.agents.rogue_providers import FreeRider
from tests.agents.story import Story, play, silent_in_scoring
from tests.agents.test_constants import BOUNDS
from tests.simulation.world import Chaos, World

EVALUATORS = [f"evaluator {i}" for i in range(3)]
PROVIDERS = [f"provider {i}" for i in range(3)]


@pytest.fixture(scope="module")
def story() -> Story:
    return play()


def read(story: Story, provider: str, evaluator: str, reader: str | None = None) -> Statement | None:
    """Return what `reader` finds in the slot of an evaluator's statements for a provider."""
    identity = story.world.actor(reader or provider, story.record).age
    seat, account = story.world.account(evaluator), story.world.account(provider)
    return sent_statement(story.record, 1, settled_outcome(story.record, 1), identity, seat, account)


def slot(story: Story, evaluator: str, provider: str) -> list[str]:
    seat, account = story.world.account(evaluator), story.world.account(provider)
    return entries(story.record, statement_slot(story.record, 1, seat, account))


def test_every_provider_reads_one_from_every_evaluator_with_its_own_key(story: Story) -> None:
    for provider in PROVIDERS:
        found = [read(story, provider, evaluator) for evaluator in EVALUATORS]
        assert None not in found and found[0] == found[1] == found[2]
        assert found[0] is not None and found[0].provider == story.world.account(provider)


def test_nobody_else_reads_it(story: Story) -> None:
    for reader in ("provider 1", "requester", "aggregator", "standby", "stranger", "evaluator 1"):
        assert read(story, "provider 0", "evaluator 0", reader) is None


def test_it_says_what_the_contract_paid(story: Story) -> None:
    paid = {line.account: line for line in story.view.payments}
    for provider in PROVIDERS:
        found = read(story, provider, "evaluator 0")
        assert found is not None
        line = paid[found.provider]
        assert (found.money.owed, found.money.returned) == (line.owed, line.bond)
        assert found.proof.payout_root == story.view.state.payout_root
        assert found.delivered == (1, 2)


def test_it_is_written_once(story: Story) -> None:
    for evaluator in EVALUATORS:
        agent = EvaluatorAgent(story.world.actor(evaluator, story.record), 1)
        assert agent.step() == [] and agent.step() == []
        assert [len(slot(story, evaluator, provider)) for provider in PROVIDERS] == [1, 1, 1]


def test_an_agent_that_lives_on_does_not_even_look_again(story: Story) -> None:
    agent = EvaluatorAgent(story.world.actor("evaluator 0", story.record), 1)
    agent.step()
    story.world.store.put_entry(_slot_name(story), b"rubbish")
    assert agent.step() == []


def _slot_name(story: Story) -> str:
    return statement_slot(story.record, 1, story.world.account("evaluator 0"), story.world.account("provider 0"))


@pytest.mark.parametrize("seed", range(4))
def test_whoever_crashes_whenever_every_provider_is_told_and_none_for_ever(seed: int) -> None:
    world = World(SimulatedChain(genesis_time=1000), chaos=Chaos(Random(seed), 0.05))
    crashed = Story(world, world.settle(Random(seed)))
    assert world.chaos.crashes > 0
    for evaluator in EVALUATORS:
        for provider in PROVIDERS:
            assert read(crashed, provider, evaluator) is not None
            assert 1 <= len(slot(crashed, evaluator, provider)) <= 3


def test_what_a_stranger_writes_into_the_slot_is_not_believed() -> None:
    told = play()
    found = read(told, "provider 0", "evaluator 0")
    assert found is not None
    better = replace(found, measured=Measured(Signed(1), Signed(0), 1))
    age = told.world.actor("provider 0", told.record).age
    signature = sign(StatementMessage(1, better.provider, better.hash).digest(told.record.domain), b"\x07" * 32)
    for entry in (signature + better.encoded, better.encoded, b"", b"\0" * 70):
        told.world.store.put_entry(_slot_name(told), encrypt(entry, [age.public]))
    told.world.store.put_entry(_slot_name(told), b"rubbish")
    assert read(told, "provider 0", "evaluator 0") == found


def test_an_evaluator_can_invent_nothing_that_the_record_tells_otherwise() -> None:
    told = play()
    found = read(told, "provider 0", "evaluator 0")
    assert found is not None
    told.world.store._slots.clear()  # type: ignore[attr-defined]
    liar = told.world.actor("evaluator 0", told.record)
    for lie in (
        replace(found, final_ppb=Signed(found.final_ppb + 1)),
        replace(found, money=replace(found.money, owed=found.money.pay)),
        replace(found, best_round=1 + found.best_round % 2),
        replace(found, chain_id=found.chain_id + 1),
    ):
        assert send_statement(told.record, lie, liar.secret, liar.age)
    assert read(told, "provider 0", "evaluator 0") is None
    assert send_statement(told.record, found, liar.secret, liar.age)
    assert read(told, "provider 0", "evaluator 0") == found


def test_another_tasks_or_providers_statement_is_not_taken(story: Story) -> None:
    other = read(story, "provider 1", "evaluator 0")
    assert other is not None
    age = story.world.actor("provider 0", story.record).age
    secret = story.world.secret("evaluator 0")
    signature = sign(StatementMessage(1, other.provider, other.hash).digest(story.record.domain), secret)
    story.world.store.put_entry(_slot_name(story), encrypt(signature + other.encoded, [age.public]))
    found = read(story, "provider 0", "evaluator 0")
    assert found is not None and found.provider == story.world.account("provider 0")


def test_a_free_riders_says_that_nothing_changed_without_it_and_what_it_lost() -> None:
    told = play({"provider 0": FreeRider})
    found = read(told, "provider 0", "evaluator 0")
    assert found is not None
    assert (found.delivered, found.refused) == ((), {"unchanged": (1, 2)})
    assert found.measured == Measured(Signed(0), found.final_ppb, found.best_round)
    assert found.money.forfeited == found.money.bond and found.money.balance == -found.money.bond


def test_where_constants_come_from_providers_the_model_without_is_measured_by_them() -> None:
    told = play({"provider 0": FreeRider}, bounds=BOUNDS, rows=64)
    found = read(told, "provider 0", "evaluator 0")
    assert found is not None
    assert found.measured.without_ppb == found.final_ppb
    for provider in PROVIDERS[1:]:
        other = read(told, provider, "evaluator 1")
        assert other is not None and other.measured.without_ppb != found.final_ppb


@pytest.mark.parametrize("recipe", ["softmax", "mlp:4"])
def test_other_recipes_have_statements_too(recipe: str) -> None:
    told = play({"provider 0": FreeRider}, options={"recipe": recipe})
    found = read(told, "provider 0", "evaluator 0")
    assert found is not None and found.measured.without_ppb == found.final_ppb


def test_with_server_momentum_and_open_admission_they_are_written_too() -> None:
    for options in ({"options": {"strategy": HALF_MOMENTUM}}, {
        "base": replace(OPEN_OPTIONS, rounds=2, steps=5, target="0.6"), "open_weights": (2, 3, 2)
    }):  # fmt: skip
        told = play(**options)
        for provider in PROVIDERS:
            assert read(told, provider, "evaluator 2") is not None


def test_of_a_cut_task_they_count_the_rounds_that_were_settled_on() -> None:
    told = play({"aggregator": AddsUpWrongly})
    found = read(told, "provider 0", "evaluator 0")
    assert found is not None
    assert (found.rounds_verified, len(found.rounds), found.delivered) == (1, 2, (1,))


def test_an_evaluator_whose_scores_deviate_still_tells_what_was_settled() -> None:
    told = play({"evaluator 1": bent(scores_moved(100 * TOLERANCE_PPB))})
    assert read(told, "provider 0", "evaluator 1") == read(told, "provider 0", "evaluator 0")


def test_without_an_agreement_there_is_none() -> None:
    told = play(watch=silent_in_scoring("evaluator 0", "evaluator 1"))
    assert told.view.status is Status.FALLBACK
    assert all(slot(told, evaluator, provider) == [] for evaluator in EVALUATORS for provider in PROVIDERS)
    with pytest.raises(UsageError, match="not settled by agreement"):
        settled_outcome(told.record, 1)


def test_an_evaluators_key_makes_the_same_again(story: Story) -> None:
    age = story.world.actor("evaluator 2", story.record).age
    made = make_statements(story.record, 1, settled_outcome(story.record, 1), age)
    for provider in PROVIDERS:
        assert made[story.world.account(provider)] == read(story, provider, "evaluator 0")
