"""What a dataset did in tasks is told from the record alone, and nobody earns it for another."""

from fractions import Fraction

import pytest

from fedmarket.agents.actor import Actor, Agent
from fedmarket.agents.provider import ProviderAgent, trainer_on
from fedmarket.domain.canonical import blob_id
from fedmarket.domain.catalogue import Offered
from fedmarket.domain.lifecycle import Status
from fedmarket.record.datasets import DatasetView
from fedmarket.record.track_record import TrackRecord, track_record
from tests.agents.story import Story, finish, silent_in_scoring, world
from tests.simulation.world import World

FIRST, SECOND = bytes(31) + b"\1", bytes(31) + b"\2"


def with_listing(stage: World, number: int, listing: bytes) -> None:
    """Let a provider join with a dataset's listing."""

    def agent(actor: Actor) -> Agent:
        table = stage.tables[number]
        return ProviderAgent(actor, 1, trainer_on(table, stage.schema), listing=listing, table=table)

    stage.cast = {**stage.cast, f"provider {number}": agent}


def dataset(stage: World, role: str = "provider 0", *listings: bytes) -> DatasetView:
    offers = tuple(Offered(hash32, 1, 0, 0, 0) for hash32 in listings or (FIRST,))
    return DatasetView(1, stage.account(role), len(offers), False, blob_id(offers[-1].listing), offers, None)


def played(**changes: object) -> Story:
    stage = world()
    with_listing(stage, 0, FIRST)
    return finish(stage, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def story() -> Story:
    return played()


def test_pay_rounds_and_contribution_are_those_of_the_settlement(story: Story) -> None:
    track = track_record(story.record, dataset(story.world))
    (line,) = track.tasks
    account = story.world.account("provider 0")
    scores = story.outcome.agreement.table.scores
    assert (line.task, line.status, line.blob, line.providers) == (1, Status.SETTLED, blob_id(FIRST), 3)
    assert line.owed == track.owed == story.outcome.settlement.owed[account] > 0
    assert (line.rounds, line.delivered, line.missed) == (2, 2, 0)
    place = [provider.account for provider in story.view.providers].index(account)
    assert line.against_equal == Fraction(3 * scores[place], sum(scores))
    assert (track.paid, track.missed, track.against_equal) == (1, (0, 2), line.against_equal)


def test_contributions_against_an_equal_share_average_to_one(story: Story) -> None:
    shares = []
    for provider in story.view.providers:
        offers = (Offered(provider.listing, 1, 0, 0, 0),)
        view = DatasetView(1, provider.account, 1, False, blob_id(provider.listing), offers, None)
        shares.append(track_record(story.record, view).against_equal or Fraction(0))
    assert sum(shares) == 3


def test_only_the_owner_and_only_its_listing_count(story: Story) -> None:
    assert track_record(story.record, dataset(story.world, "provider 1")).tasks == ()
    assert track_record(story.record, dataset(story.world, "stranger")).tasks == ()
    assert track_record(story.record, dataset(story.world, "provider 0", SECOND)).tasks == ()


def test_an_earlier_version_counts_for_the_dataset(story: Story) -> None:
    assert track_record(story.record, dataset(story.world, "provider 0", FIRST, SECOND)).paid == 1


def test_without_agreed_scores_pay_goes_by_rounds_and_no_contribution_is_told() -> None:
    stage = world()
    with_listing(stage, 0, FIRST)
    story = finish(stage, silent_in_scoring("evaluator 0", "evaluator 1"))
    track = track_record(story.record, dataset(stage))
    (line,) = track.tasks
    assert line.status is Status.FALLBACK and line.against_equal is None and track.against_equal is None
    assert line.owed == story.gain("provider 0") > 0 and track.paid == 1


def test_a_running_task_is_shown_and_not_summed_up() -> None:
    stage = world()
    with_listing(stage, 0, FIRST)
    for role in ("requester", "aggregator", "evaluator 0", "evaluator 1", "evaluator 2", "provider 0"):
        stage.step(role)
    record = stage.record()
    record.refresh()
    track = track_record(record, dataset(stage))
    assert [line.status for line in track.tasks] == [Status.OPEN]
    assert (track.paid, track.owed, track.missed, track.against_equal) == (0, 0, (0, 0), None)


def test_rounds_that_a_dataset_missed_are_counted() -> None:
    stage = world()
    with_listing(stage, 0, FIRST)

    def late(seen: World) -> None:
        record = seen.record()
        record.refresh()
        if record.tasks and record.task(1).rounds:
            seen.dead.add("provider 0")

    story = finish(stage, late)
    (line,) = track_record(story.record, dataset(stage)).tasks
    assert (line.rounds, line.delivered, line.missed) == (2, 1, 1)


def test_no_tasks_make_an_empty_record() -> None:
    empty = TrackRecord()
    assert (empty.paid, empty.owed, empty.missed, empty.against_equal) == (0, 0, (0, 0), None)
