"""Every refusal of the verbs of the training state and of `close`, by the contract and by its reference alike."""

from collections.abc import Callable
from typing import Any

from tests.contracts import cast, scenes
from tests.contracts.cast import AGGREGATOR, PROVIDERS, REQUESTER, SPARE, STANDBY, STRANGER, WINDOWS, word
from tests.contracts.paired import PairedMarket
from tests.contracts.scenes import Play

At = Callable[[Play], PairedMarket]
BLANK = bytes(32)


def announcing(who: str, number: int = 1) -> tuple[Any, ...]:
    return (who, "announce", 1, number, word("update"), word("blob"))


def committing(
    who: str = AGGREGATOR,
    number: int = 1,
    model: bytes = word("m"),
    manifest: bytes = word("n"),
    n: int = 3,
    w: int = 60,
) -> tuple[Any, ...]:
    return (who, "commit_round", 1, number, word("root"), model, manifest, n, w)


def test_only_providers_announce_the_present_round_in_time(at: At) -> None:
    market = at(scenes.training)
    for who in (STRANGER, AGGREGATOR, REQUESTER):
        market.refused("not_a_provider", *announcing(who))
    market.refused("wrong_round", *announcing(PROVIDERS[0], 2))
    market.refused("wrong_round", *announcing(PROVIDERS[0], 0))
    market.wait(WINDOWS.submit + 1)
    market.refused("submit_deadline_passed", *announcing(PROVIDERS[0]))


def test_only_the_active_aggregator_commits_the_next_round_in_its_window(at: At) -> None:
    market = at(scenes.training)
    for who in (STRANGER, STANDBY, REQUESTER, PROVIDERS[0], cast.EVALUATORS[0]):
        market.refused("not_the_aggregator", *committing(who))
    market.refused("wrong_round", *committing(number=2))
    market.refused("submission_open", *committing())
    market.wait(WINDOWS.round + 1)
    market.refused("round_deadline_passed", *committing())


def test_a_round_that_cannot_be_is_refused(at: At) -> None:
    market = at(scenes.training)
    market.wait(WINDOWS.submit + 1)
    market.refused("empty_commitment", *committing(model=BLANK))
    market.refused("empty_commitment", *committing(manifest=BLANK))
    market.refused("too_many_updates", *committing(n=4))
    market.refused("too_much_weight", *committing(w=61))
    market.refused("too_much_weight", *committing(w=2**256 - 1))
    market.refused("weight_without_updates", *committing(n=3, w=2))
    market.refused("weight_without_updates", *committing(n=0, w=1))
    market.call(*committing(n=0, w=0))
    market.refused("wrong_round", *committing(number=1))


def test_only_a_later_standby_takes_over_and_only_in_its_turn(at: At) -> None:
    market = at(scenes.training)
    for who in (STRANGER, AGGREGATOR, PROVIDERS[0], cast.EVALUATORS[0], REQUESTER):
        market.refused("not_a_standby", who, "take_over", 1)
    market.refused("not_your_turn", STANDBY, "take_over", 1)
    market.wait(WINDOWS.round + 1)
    market.refused("not_your_turn", SPARE, "take_over", 1)
    market.call(STANDBY, "take_over", 1)
    market.refused("not_a_standby", STANDBY, "take_over", 1)
    market.refused("not_a_standby", AGGREGATOR, "take_over", 1)
    market.refused("not_the_aggregator", *committing(AGGREGATOR))
    market.wait(2 * WINDOWS.round + 1)
    market.refused("training_deadline_passed", SPARE, "take_over", 1)


def test_only_the_requester_stops_and_only_after_its_patience(at: At) -> None:
    market = at(scenes.training)
    market.refused("not_the_requester", STRANGER, "stop", 1)
    market.refused("too_early", REQUESTER, "stop", 1)
    scenes.commit_round(market)
    market.wait(WINDOWS.round + 1)
    market.refused("round_deadline_passed", REQUESTER, "stop", 1)


def test_nobody_closes_a_state_before_its_last_deadline(at: At) -> None:
    for play in (scenes.joined, scenes.training, scenes.scoring):
        at(play).refused("too_early", STRANGER, "close", 1)
