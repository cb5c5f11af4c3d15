"""Whom an aggregator's encryption leaves out is served by evaluators: unequal sealing changes nobody's pay."""

from fedmarket.agents.actor import Actor
from fedmarket.agents.evaluator import EvaluatorAgent
from fedmarket.chain.port import Chain
from fedmarket.domain.ask import KINDS, Ask
from fedmarket.domain.errors import StoreError
from fedmarket.domain.lifecycle import Status
from fedmarket.record.facts import model_readers
from fedmarket.record.live import Record
from fedmarket.record.models import open_model
from fedmarket.record.relay import asked, hand_on, unopened
from fedmarket.record.slots import ask_slot, relay_slot
from fedmarket.store.age import encrypt
from fedmarket.store.blobs import ENTRY_LIMIT, Store
from fedmarket.store.memory import MemoryStore
from tests.agents import rogue_aggregators
from tests.agents.rogue_sealers import ServesOneEvaluatorEach, StarvesAProvider
from tests.agents.story import AGGREGATOR_BOND, EVALUATOR_FEE, Story, die_after_round, finish, play, world

THREE_ROUNDS = {"rounds": 3, "patience_rounds": 3}


def paid_as_if_sealed_equally(story: Story) -> None:
    honest = play(options=THREE_ROUNDS)
    assert story.view.status is Status.SETTLED
    assert story.view.latest_model == honest.view.latest_model
    assert story.outcome.settlement.owed == honest.outcome.settlement.owed
    for role in ("requester", "aggregator", *(f"evaluator {i}" for i in range(3))):
        assert story.gain(role) == honest.gain(role)


def test_an_aggregator_that_serves_each_round_to_another_evaluator_splits_nobody() -> None:
    paid_as_if_sealed_equally(play({"aggregator": ServesOneEvaluatorEach}, options=THREE_ROUNDS))


def test_a_provider_that_is_given_no_model_trains_all_the_same() -> None:
    story = play({"aggregator": StarvesAProvider}, options=THREE_ROUNDS)
    paid_as_if_sealed_equally(story)
    assert all(set(story.delivered(r).values()) == {"in"} for r in (1, 2, 3))


def test_the_requester_that_is_given_no_model_has_it_in_the_end() -> None:
    story = play({"aggregator": StarvesAProvider}, options=THREE_ROUNDS)
    assert story.view.settled is not None
    best = story.view.settled.best_round
    assert open_model(story.record, 1, best, story.world.actor("requester", story.record).age)


def test_a_standby_takes_over_from_bundles_that_only_evaluators_could_open() -> None:
    story = play({"aggregator": ServesOneEvaluatorEach}, options=THREE_ROUNDS, watch=die_after_round(2, "aggregator"))
    assert story.view.state.attempt == 1
    assert len(story.view.rounds) == 3
    assert story.outcome.agreement.table.rounds_verified == 3


def test_what_nobody_can_open_still_costs_the_aggregator_its_bond() -> None:
    story = play({"aggregator": rogue_aggregators.LocksEvaluatorsOut})
    assert story.outcome.agreement.table.rounds_verified == 1
    assert story.gain("aggregator") < 0
    assert [story.gain(f"evaluator {i}") for i in range(3)] == [EVALUATOR_FEE] * 3


def test_strangers_and_the_unlicensed_are_handed_nothing() -> None:
    story = play(options={"contributors_licence": False})
    record, view, terms = story.record, story.view, story.world.terms
    stranger = story.world.actor("stranger", record)
    provider = story.world.actor("provider 0", record)
    last = len(view.rounds)
    assert provider.age.public not in model_readers(view, terms, last)
    for ask in (
        *(Ask(1, kind, stranger.age.public) for kind in KINDS),
        Ask(1, "bundle", provider.age.public),
        Ask(last, "model", provider.age.public),
        Ask(last + 1, "bundle", story.world.actor("standby", record).age.public),
    ):
        record.store.put_entry(ask_slot(record, 1, ask.key), ask.encoded)
    assert list(asked(record, 1)) == []
    evaluator = story.world.actor("evaluator 0", record)
    assert hand_on(record, 1, evaluator.account, evaluator.secret, evaluator.age) == []


def test_rubbish_among_asks_and_answers_is_passed_over() -> None:
    stage = world({"aggregator": ServesOneEvaluatorEach}, options=THREE_ROUNDS)
    record = stage.record()
    for i in range(3):
        key = stage.actor(f"evaluator {i}", record).age.public
        for rubbish in (b"", b"{}", Ask(1, "validation", key).encoded, Ask(99, "model", key).encoded, bytes(600)):
            stage.store.put_entry(ask_slot(record, 1, key), rubbish)
        for number in (1, 2, 3):
            for kind in KINDS:
                for account in (stage.account(f"evaluator {j}") for j in range(3)):
                    slot = relay_slot(record, 1, Ask(number, kind, key), account)
                    stage.store.put_entry(slot, encrypt(b"another thing", [key]))
                    stage.store.put_entry(slot, b"rubbish")
    paid_as_if_sealed_equally(finish(stage))


def test_each_thing_is_handed_on_once_by_each_evaluator() -> None:
    story = play({"aggregator": ServesOneEvaluatorEach}, options=THREE_ROUNDS)
    record = story.record
    for i in range(3):
        actor = story.world.actor(f"evaluator {i}", record)
        assert hand_on(record, 1, actor.account, actor.secret, actor.age) == []
        assert unopened(record, 1, range(1, 4), actor.age) == []


def test_an_evaluator_waits_half_the_window_for_what_it_lacks_and_no_longer() -> None:
    """A blob that turns up within that time counts; one that never comes keeps nobody from committing."""
    stage = world({"aggregator": rogue_aggregators.WithholdsBundle})
    story = finish(stage)
    state = story.view.state
    commits = [event for event in story.record.fold.events if event.name == "ScoresCommitted"]
    opened = next(event.timestamp for event in reversed(story.record.fold.events) if event.name == "RoundCommitted")
    half = opened + state.terms.windows.commit // 2
    assert [half < event.timestamp <= opened + state.terms.windows.commit for event in commits] == [True] * 3
    assert story.gain("aggregator") < 0 < AGGREGATOR_BOND


class OutOfReach(MemoryStore):
    """A view of a store that does not answer questions for blobs while the scoring's first half lasts."""

    def __init__(self, inner: Store, chain: Chain) -> None:
        super().__init__("far away")
        self._inner, self._chain = inner, chain

    def get(self, blob_id: str, max_bytes: int | None = None) -> bytes:
        task = Record(self._chain, self._inner)
        task.refresh()
        scoring = task.tasks and task.task(1).status is Status.SCORING
        if scoring and self._chain.head().timestamp <= task.task(1).patience_deadline:
            raise StoreError("store.unreadable", path=self.name, detail="no answer")
        return self._inner.get(blob_id, max_bytes)

    def put_entry(self, prefix: str, data: bytes) -> str:
        return self._inner.put_entry(prefix, data)

    def entries(self, prefix: str, limit: int = ENTRY_LIMIT) -> list[str]:
        return self._inner.entries(prefix, limit)


def test_an_evaluator_whose_store_does_not_answer_waits_and_then_names_the_same_rounds() -> None:
    def far(actor: Actor) -> EvaluatorAgent:
        record = Record(actor.record.chain, OutOfReach(actor.record.store, actor.record.chain))
        return EvaluatorAgent(Actor(actor.secret, record), 1)

    paid_as_if_sealed_equally(play({"evaluator 1": far}, options=THREE_ROUNDS))
