"""Tasks whose constants come from the providers' own columns: agreed before round 1, checked by every seat."""

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import pytest

from fedmarket.agents.actor import Action, Actor
from fedmarket.agents.provider import ProviderAgent, trainer_on
from fedmarket.domain.accounts import sign
from fedmarket.domain.canonical import digest
from fedmarket.domain.codec import Amount
from fedmarket.domain.constants import Constants, Notice, Summary
from fedmarket.domain.errors import StoreError
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.manifest import NOTHING, Manifest
from fedmarket.domain.rates import exact
from fedmarket.domain.terms import DataSchema
from fedmarket.embedded.plan import OPEN_OPTIONS
from fedmarket.learning.bundle import pack_bundle
from fedmarket.record.constants import (
    collected_summaries,
    combined,
    data_schema,
    make_notice,
    notice_digest,
    notice_of,
    put_summary,
)
from fedmarket.record.facts import model_readers, round_readers
from fedmarket.record.sealed import open_sealed, put_sealed
from fedmarket.record.slots import constants_slot, summary_slot
from fedmarket.record.task import TaskView
from fedmarket.store.age import AgeError, encrypt
from fedmarket.store.blobs import ENTRY_LIMIT, Store
from fedmarket.store.memory import MemoryStore
from tests.agents.rogue_aggregators import Rogue
from tests.agents.rogue_sealers import StarvesAProvider
from tests.agents.story import AGGREGATOR_BOND, EVALUATOR_FEE, Story, die_after_round, finish, play, world
from tests.simulation.world import World

Z = Amount(0)
BOUNDS = (("-10", "10"),) * 3
FIELDS: dict[str, Any] = {"bounds": BOUNDS, "rows": 60}
THREE_ROUNDS = {"rounds": 3, "patience_rounds": 3}


def schema(story: Story, role: str = "evaluator 0") -> DataSchema:
    return data_schema(story.record, 1, story.world.actor(role, story.record).age)


def means(found: DataSchema) -> list[float]:
    return [float(exact("mean", text)) for text in found.means]


def pooled(stage: World, *providers: int) -> np.ndarray:
    """The weighted mean of providers' means, as an allow-list's weights have it."""
    weights = np.array([10 + i for i in providers])
    found: np.ndarray = weights @ np.array([stage.raw[i].mean(axis=0) for i in providers]) / weights.sum()
    return found


@pytest.fixture(scope="module")
def told() -> Story:
    return play(options=THREE_ROUNDS, **FIELDS)


def test_the_constants_are_those_of_all_providers_columns(told: Story) -> None:
    assert told.view.status is Status.SETTLED
    assert told.outcome.agreement.table.rounds_verified == 3
    assert means(schema(told)) == pytest.approx(pooled(told.world, 0, 1, 2), abs=1e-5)
    assert all(set(told.delivered(r).values()) == {"in"} for r in (1, 2, 3))


def test_every_manifest_and_every_update_names_the_same_constants(told: Story) -> None:
    named = {told.manifest(r).constants for r in (1, 2, 3)}
    assert len(named) == 1 and NOTHING not in named


def test_parties_read_the_constants_and_only_seats_the_summaries(told: Story) -> None:
    assert {schema(told, role) for role in told.world.roles if role != "stranger"} == {schema(told)}
    with pytest.raises(AgeError):
        schema(told, "stranger")
    assert len(collected_summaries(told.record, 1, told.world.actor("evaluator 2", told.record).age)) == 3
    assert collected_summaries(told.record, 1, told.world.actor("provider 1", told.record).age) == {}


def test_a_provider_with_too_few_rows_says_nothing_and_takes_part() -> None:
    few = play(options=THREE_ROUNDS, bounds=BOUNDS, rows=49)
    assert few.view.status is Status.SETTLED
    assert means(schema(few)) == means(few.world.schema), "with nobody's summary the terms' own constants hold"
    assert all(set(few.delivered(r).values()) == {"in"} for r in (1, 2, 3))


def test_a_standby_that_takes_over_before_round_one_gives_notice_itself() -> None:
    story = play(options=THREE_ROUNDS, watch=die_after_round(0, "aggregator"), **FIELDS)
    assert story.view.state.attempt == 1
    assert story.outcome.agreement.table.rounds_verified == 3
    assert means(schema(story)) == pytest.approx(pooled(story.world, 0, 1, 2), abs=1e-5)


def test_a_standby_that_takes_over_later_keeps_the_constants(told: Story) -> None:
    story = play(options=THREE_ROUNDS, watch=die_after_round(1, "aggregator"), **FIELDS)
    assert story.view.state.attempt == 1
    assert [line.model for line in story.view.rounds] == [line.model for line in told.view.rounds]


def bent_notice(rogue: Rogue, view: TaskView, change: "type[BendsConstants]") -> None:
    """Sign a notice of constants that do not follow from the summaries."""
    record = rogue.actor.record
    honest = make_notice(record, 1, rogue.actor.age)
    data = open_sealed(record.store, honest.constants_blob, rogue.actor.age, honest.constants, 1 << 20)
    bent = change.bend(Constants.read(data)).encoded
    blob = put_sealed(record.store, bent, model_readers(view, record.terms(1), 0))
    notice = Notice(digest(bent), blob, honest.summaries, honest.summaries_blob)
    signed = replace(notice, signature=sign(notice_digest(record, 1, notice), rogue.actor.secret))
    record.store.put_entry(constants_slot(record, 1, view.state.attempt, rogue.actor.account), signed.encoded)


class BendsConstants(Rogue):
    """Names constants of its own in every manifest; providers train by those that it gave notice of first."""

    bad_rounds = (1, 2, 3)

    @staticmethod
    def bend(constants: Constants) -> Constants:
        return replace(constants, means=("9", *constants.means[1:]))

    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        record = self.actor.record
        constants = Constants.read(
            open_sealed(record.store, manifest.constants_blob, self.actor.age, manifest.constants, 1 << 20)
        )
        bent = self.bend(constants).encoded
        blob = put_sealed(record.store, bent, model_readers(view, record.terms(1), 0))
        return replace(manifest, constants=digest(bent), constants_blob=blob)


class LeavesOneOut(BendsConstants):
    """States summaries of two of three, and constants of all."""

    @staticmethod
    def bend(constants: Constants) -> Constants:
        return replace(constants, summaries=constants.summaries[:2])


class NamesNone(BendsConstants):
    """Lets everybody train by constants and then names none."""

    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        return replace(manifest, constants=NOTHING, constants_blob="", summaries=NOTHING, summaries_blob="")


class OneMeanTooFew(BendsConstants):
    """Names constants that fit no schema."""

    @staticmethod
    def bend(constants: Constants) -> Constants:
        return replace(constants, means=constants.means[:-1])


class NoDeviation(BendsConstants):
    """Names a scale that nothing can be divided by."""

    @staticmethod
    def bend(constants: Constants) -> Constants:
        return replace(constants, scales=("0", *constants.scales[1:]))


@pytest.mark.parametrize(
    "rogue",
    [BendsConstants, LeavesOneOut, NamesNone, OneMeanTooFew, NoDeviation],
    ids=lambda rogue: rogue.__name__,
)
def test_constants_that_do_not_follow_from_the_summaries_void_the_round(rogue: type[Rogue]) -> None:
    story = play({"aggregator": rogue}, **FIELDS)
    assert story.fault() in ("round.wrong_constants", "update.wrong_constants", "constants.impossible_constants")
    assert story.outcome.agreement.table.rounds_verified == 0
    assert story.gain("aggregator") == -AGGREGATOR_BOND
    assert [story.gain(f"evaluator {i}") for i in range(3)] == [EVALUATOR_FEE] * 3


class LeavesASummaryOut(Rogue):
    """Combines the summaries of all but one, and states just those."""

    bad_rounds: ClassVar[tuple[int, ...]] = ()
    left_out = 2

    def _commit(self, view: TaskView) -> list[Action]:
        record, me = self.actor.record, self.actor
        if notice_of(record, 1) is not None:
            return super()._commit(view)
        summaries = collected_summaries(record, 1, me.age)
        del summaries[view.providers[self.left_out].account]
        constants, bundle = combined(record, 1, summaries).encoded, pack_bundle(list(summaries.values()))
        constants_blob = put_sealed(record.store, constants, model_readers(view, record.terms(1), 0))
        summaries_blob = put_sealed(record.store, bundle, round_readers(view))
        notice = Notice(digest(constants), constants_blob, digest(bundle), summaries_blob)
        signed = replace(notice, signature=sign(notice_digest(record, 1, notice), me.secret))
        record.store.put_entry(constants_slot(record, 1, view.state.attempt, me.account), signed.encoded)
        return [Action(me.account, "give_notice", 1)]


def test_constants_that_leave_a_summary_out_stand_since_nobody_can_prove_that_it_was_there() -> None:
    story = play({"aggregator": LeavesASummaryOut}, options=THREE_ROUNDS, **FIELDS)
    assert story.view.status is Status.SETTLED
    assert story.outcome.agreement.table.rounds_verified == 3
    left_out = story.view.providers[LeavesASummaryOut.left_out].account
    others = [i for i in range(3) if story.world.account(f"provider {i}") != left_out]
    assert means(schema(story)) == pytest.approx(pooled(story.world, *others), abs=1e-5)
    assert all(set(story.delivered(r).values()) == {"in"} for r in (1, 2, 3))


class GivesTwoNotices(Rogue):
    """Signs a second, bent notice beside the honest one; which of them counts is a matter of hashes, not of luck."""

    bad_rounds: ClassVar[tuple[int, ...]] = ()

    def _commit(self, view: TaskView) -> list[Action]:
        done = super()._commit(view)
        if any(action.verb == "give_notice" for action in done):
            bent_notice(self, view, BendsConstants)
        return done


def test_of_two_notices_all_take_the_same_one() -> None:
    story = play({"aggregator": GivesTwoNotices}, options=THREE_ROUNDS, **FIELDS)
    notice = notice_of(story.record, 1)
    assert notice is not None
    if story.outcome.agreement.table.rounds_verified == 0:
        assert story.gain("aggregator") == -AGGREGATOR_BOND
    else:
        assert means(schema(story)) == pytest.approx(pooled(story.world, 0, 1, 2), abs=1e-5)
    assert [story.gain(f"evaluator {i}") for i in range(3)] == [EVALUATOR_FEE] * 3


class Boaster(ProviderAgent):
    """Says that its columns lie at the upper bound, in a summary that is well-formed."""

    def __init__(self, actor: Actor, stage: World) -> None:
        table = stage.tables[0]
        super().__init__(actor, 1, trainer_on(table, stage.schema), table=replace(table, features=table.features + 1e6))


def test_a_liar_moves_the_constants_by_its_weights_share_at_most(told: Story) -> None:
    stage = world(options=THREE_ROUNDS, **FIELDS)
    stage.cast = {"provider 0": lambda actor: Boaster(actor, stage)}
    story = finish(stage)
    assert story.view.status is Status.SETTLED
    for true, lied in zip(means(schema(told)), means(schema(story)), strict=True):
        assert 0 < lied - true <= 20 * 10 / (10 + 11 + 12)


def test_a_summary_that_is_not_the_one_joined_with_counts_for_nothing(told: Story) -> None:
    """Anybody can seal a summary to the seats under another's name."""
    stage = world(options=THREE_ROUNDS, **FIELDS)
    record = stage.record()
    seats = [seat.age_key for seat in (*stage.terms.aggregators, *stage.terms.evaluators)]
    for i in range(3):
        account = stage.account(f"provider {i}")
        forged = Summary(record.domain.chain_id, record.domain.contract, 1, account, 60, (Z,) * 3, (Z,) * 3, bytes(32))
        stage.store.put_entry(summary_slot(record, 1, account), encrypt(forged.encoded, seats))
        stage.store.put_entry(summary_slot(record, 1, account), b"rubbish")
    assert schema(finish(stage)) == schema(told)


def test_a_notice_of_anybody_but_the_active_aggregator_counts_for_nothing(told: Story) -> None:
    stage = world(options=THREE_ROUNDS, **FIELDS)
    record = stage.record()
    for signer in ("standby", "provider 1", "stranger"):
        forged = Notice(bytes([1]) * 32, "sha256:" + "0" * 64, NOTHING, "sha256:" + "0" * 64, bytes(65))
        signed = replace(forged, signature=sign(digest(signer.encode()), stage.secret(signer)))
        stage.store.put_entry(constants_slot(record, 1, 0, stage.account("aggregator")), signed.encoded)
    assert schema(finish(stage)) == schema(told)


def test_a_provider_that_is_given_neither_model_nor_constants_is_served_by_evaluators(told: Story) -> None:
    class Starves(StarvesAProvider):
        def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
            starved = super().spoil(view, manifest)
            readers = (*view.terms.evaluators, *view.terms.aggregators)
            return self.seal_again(view, starved, "constants", readers)

    story = play({"aggregator": Starves}, options=THREE_ROUNDS, **FIELDS)
    assert story.view.latest_model == told.view.latest_model
    assert story.outcome.settlement.owed == told.outcome.settlement.owed


def test_under_open_admission_the_medians_decide() -> None:
    base = replace(OPEN_OPTIONS, rounds=3, steps=5, target="0.5", patience_rounds=3)
    story = play(base=base, open_weights=(2, 2, 2), **FIELDS)
    middles = np.sort([raw.mean(axis=0) for raw in story.world.raw], axis=0)[1]
    assert means(schema(story)) == pytest.approx(middles, abs=1e-5)


def test_saying_it_twice_is_saying_it_once(told: Story) -> None:
    record, stage = told.record, told.world
    account = stage.account("provider 0")
    provider = told.view.provider(account)
    assert provider is not None
    assert put_summary(record, 1, stage.secret("provider 0"), stage.tables[0]) == provider.listing
    assert set(collected_summaries(record, 1, stage.actor("evaluator 0", record).age)) == {
        stage.account(f"provider {i}") for i in range(3)
    }


@pytest.mark.parametrize("bend", [OneMeanTooFew, NoDeviation], ids=lambda bend: bend.__name__)
def test_nobody_trains_by_a_notice_that_no_data_could_lead_to(bend: type[BendsConstants]) -> None:
    """Providers can tell without a single summary, and agents refuse instead of failing."""

    class GivesABentNotice(Rogue):
        bad_rounds: ClassVar[tuple[int, ...]] = ()

        def _commit(self, view: TaskView) -> list[Action]:
            if notice_of(self.actor.record, 1) is None:
                bent_notice(self, view, bend)
                return [Action(self.actor.account, "give_notice", 1)]
            return super()._commit(view)

    story = play({"aggregator": GivesABentNotice}, options=THREE_ROUNDS, **FIELDS)
    assert all(not story.manifest(line.number).updates for line in story.view.rounds)
    assert story.view.status is Status.SETTLED
    assert story.outcome.agreement.table.rounds_verified == 0
    assert [story.gain(f"evaluator {i}") for i in range(3)] == [EVALUATOR_FEE] * 3
    assert story.gain("aggregator") == -AGGREGATOR_BOND


def test_where_notices_are_flooded_the_manifest_names_the_constants_and_one_round_is_lost(told: Story) -> None:
    stage = world(options=THREE_ROUNDS, **FIELDS)
    stage.store = Flooded(stage.store)
    story = finish(stage)
    assert story.view.status is Status.SETTLED
    assert story.outcome.agreement.table.rounds_verified == 3
    assert [len(story.manifest(r).updates) for r in (1, 2, 3)] == [0, 3, 3]
    assert means(schema(story)) == means(schema(told))


class Flooded(MemoryStore):
    """A store in which a stranger has flooded the slot of every notice."""

    def __init__(self, inner: Store) -> None:
        super().__init__("flooded")
        self._inner = inner

    def put(self, data: bytes) -> str:
        return self._inner.put(data)

    def get(self, blob_id: str, max_bytes: int | None = None) -> bytes:
        return self._inner.get(blob_id, max_bytes)

    def has(self, blob_id: str) -> bool:
        return self._inner.has(blob_id)

    def put_entry(self, prefix: str, data: bytes) -> str:
        return self._inner.put_entry(prefix, data)

    def entries(self, prefix: str, limit: int = ENTRY_LIMIT) -> list[str]:
        if "/constants/" in prefix:
            raise StoreError("store.flooded", prefix=prefix, store=self.name, limit=limit)
        return self._inner.entries(prefix, limit)


def test_a_thousand_entries_among_the_notices_change_nothing(told: Story) -> None:
    stage = world(options=THREE_ROUNDS, **FIELDS)
    slot = constants_slot(stage.record(), 1, 0, stage.account("aggregator"))
    for i in range(1000):
        stage.store.put_entry(slot, i.to_bytes(9, "big"))
    assert schema(finish(stage)) == schema(told)
