"""Events replay under the contract's rules, all of them, in their order; what the contract would refuse is refused."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import pytest

from fedmarket.domain.reference.state import Event
from fedmarket.record.fold import CONSEQUENCES, Fold, FoldError
from tests.agents.rogue_providers import AnnouncesNothing
from tests.agents.story import Story, die_after_round, play, silent_in_scoring


@pytest.fixture(scope="module")
def settled() -> Story:
    return play()


@pytest.fixture(scope="module")
def fallen_back() -> Story:
    def disturb(world: Any) -> None:
        die_after_round(1, "aggregator")(world)
        silent_in_scoring("evaluator 0", "evaluator 1")(world)

    return play({"provider 0": AnnouncesNothing}, watch=disturb)


def fold(story: Story, events: Iterable[Event]) -> Fold:
    replay = Fold(story.record.chain.chain_id, story.record.chain.market, story.record.chain.sink)
    for event in events:
        replay.apply(event)
    replay.finish()
    return replay


def events(story: Story) -> list[Event]:
    return list(story.record.fold.events)


def index(story: Story, name: str) -> int:
    return next(place for place, event in enumerate(events(story)) if event.name == name)


def changed(story: Story, name: str, **fields: Any) -> list[Event]:
    """Return the events with other fields in the first of a name."""
    told, place = events(story), index(story, name)
    told[place] = replace(told[place], fields={**told[place].fields, **fields})
    return told


def refused(story: Story, told: list[Event], detail: str) -> None:
    with pytest.raises(FoldError, match=detail):
        fold(story, told)


def test_the_replay_ends_where_the_contract_ended(settled: Story, fallen_back: Story) -> None:
    for story in (settled, fallen_back):
        replay = fold(story, events(story))
        state, replayed = story.world.chain.ledger.tasks[1], replay.ledger.tasks[1]  # type: ignore[attr-defined]
        assert replayed == state
        assert replay.ledger.forfeits == story.world.chain.ledger.forfeits  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(CONSEQUENCES))
def test_what_follows_from_a_verb_must_be_told(settled: Story, fallen_back: Story, name: str) -> None:
    story = settled if name == "TaskSettled" else fallen_back
    told = events(story)
    del told[index(story, name)]
    refused(story, told, "the record lacks it")


def test_no_event_is_told_twice_but_an_announcement(settled: Story, fallen_back: Story) -> None:
    for story in (settled, fallen_back):
        for place, event in enumerate(events(story)):
            if event.name != "UpdateAnnounced":
                told = events(story)
                told.insert(place, event)
                refused(story, told, "contradicts the contract's rules")


def test_no_event_of_the_way_to_the_settlement_can_be_left_out(settled: Story) -> None:
    for place in range(index(settled, "TaskSettled")):
        told = events(settled)
        del told[place]
        refused(settled, told, "contradicts the contract's rules")


def test_events_come_in_the_order_of_their_blocks(settled: Story) -> None:
    first = index(settled, "Joined")
    told = events(settled)
    told[first], told[first + 1] = told[first + 1], told[first]
    refused(settled, told, "out of order|contradicts")


def test_time_never_goes_back_and_a_block_has_one_time(settled: Story) -> None:
    told = events(settled)
    told[3] = replace(told[3], timestamp=told[2].timestamp - 1)
    refused(settled, told, "out of order")
    told = events(settled)
    place = index(settled, "TaskSettled")
    told[place] = replace(told[place], timestamp=told[place].timestamp + 1)
    refused(settled, told, "out of order|other fields")


FORGED: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]], str]] = {
    "a seat claims like a provider": ("Claimed", lambda f: {"account": f["evaluators"][0]}, "Nothing is owed"),
    "an outsider claims": ("Claimed", lambda f: {"account": f["stranger"]}, "Nothing is owed"),
    "a claim beyond the purse": ("Claimed", lambda f: {"owed": 2**200}, "paid out"),
    "a bond beyond all bonds": ("Claimed", lambda f: {"bond": 2**200}, "bond"),
    "a round by a number too high": ("RoundCommitted", lambda f: {"round": 2}, "round"),
    "a round of more weight than there is": ("RoundCommitted", lambda f: {"delivered_weight": 10**6}, "weight"),
    "a round of another attempt": ("RoundCommitted", lambda f: {"attempt": 1}, "other fields"),
    "a reveal of another table": ("ScoresRevealed", lambda f: {"table": b"other"}, "table"),
    "a vote that adds up to more": ("Confirmed", lambda f: {"vote": replace(f["vote"], owed=10**30)}, "owed|owes"),
    "a fee that is not due": ("SeatClaimed", lambda f: {"fee": 1}, "other fields"),
    "a refund that is not due": ("Refunded", lambda f: {"amount": 1}, "other fields"),
    "a provider over the weight": ("Joined", lambda f: {"weight": 34}, "weight"),
    "a provider with a seat": ("Joined", lambda f: {"account": f["evaluators"][0]}, "one role"),
    "a provider with another bond": ("Joined", lambda f: {"bond": 1}, "not|fields|pay"),
    "a seat for an outsider": ("SeatTaken", lambda f: {"account": f["stranger"]}, "seat"),
    "a task of another number": ("TaskOpened", lambda f: {"task": 2}, "other fields"),
    "terms of another hash": ("TaskOpened", lambda f: {"terms_hash": bytes(32)}, "other fields"),
    "a salt of another length": ("ScoresRevealed", lambda f: {"salt": bytes(33)}, "contradicts"),
}


@pytest.mark.parametrize("forgery", FORGED)
def test_what_the_contract_would_refuse_is_refused(settled: Story, forgery: str) -> None:
    name, forge, detail = FORGED[forgery]
    vote = next(event.fields["vote"] for event in events(settled) if event.name == "Confirmed")
    evaluators = settled.view.terms.evaluators
    facts = {"evaluators": evaluators, "stranger": settled.world.account("stranger"), "vote": vote}
    refused(settled, changed(settled, name, **forge(facts)), detail)


@pytest.mark.parametrize("name", ["Joined", "SeatTaken"])
def test_nobody_enters_after_the_deadline(settled: Story, name: str) -> None:
    told, place = events(settled), index(settled, name)
    late = 10**7
    told = [replace(event, timestamp=event.timestamp + late * (at >= place)) for at, event in enumerate(told)]
    refused(settled, told, "window|in time")


def test_nothing_is_claimed_before_the_task_is_final(settled: Story) -> None:
    told, start = events(settled), index(settled, "TaskStarted")
    claimed = replace(told[index(settled, "Claimed")], block=told[start].block, timestamp=told[start].timestamp)
    refused(settled, [*told[: start + 1], claimed], "contradicts the contract's rules")


def test_an_unknown_event_is_refused(settled: Story) -> None:
    refused(settled, [*events(settled), Event("TaskInvented", {}, 10**6, 10**9)], "contradicts")
