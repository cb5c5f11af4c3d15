"""A verb is allowed in the very second of its deadline and refused in the next; its opposite the other way round."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from fedmarket.domain.reference.state import NO_AGREEMENT
from tests.contracts import cast, scenes
from tests.contracts.cast import AGE_KEY, AGGREGATOR, EVALUATORS, PROVIDERS, REQUESTER, SPARE, STANDBY, STRANGER, word
from tests.contracts.paired import PairedMarket
from tests.contracts.scenes import Play

At = Callable[[Play], PairedMarket]
FIRST, SECOND, THIRD = EVALUATORS
ROUND = (1, word("root"), word("model"), word("manifest"), 3, 60)
LATER = (2, *ROUND[1:])


def two_joined(market: PairedMarket) -> None:
    """Enough to start, and room for one more."""
    scenes.seated(market)
    scenes.join(market, providers=[0, 1])


def spare_seat(market: PairedMarket) -> None:
    scenes.opened(market)
    scenes.take_seats(market, without=THIRD)


def two_committed(market: PairedMarket) -> None:
    """One evaluator is silent, so the commits end at their deadline."""
    scenes.scoring(market)
    scenes.commit_scores(market, [FIRST, SECOND])


def one_revealed(market: PairedMarket) -> None:
    """All committed, one revealed, so the reveals end at their deadline."""
    scenes.committed(market)
    scenes.reveal_scores(market, [FIRST])


def commitments_kept(market: PairedMarket) -> None:
    two_committed(market)
    market.wait_until(market.ledger.tasks[1].commit_deadline + 1)


def call(sender: str, verb: str, *args: Any) -> Callable[[PairedMarket], tuple[Any, ...]]:
    return lambda _: (sender, verb, 1, *args)


def own_reveal(evaluator: str) -> Callable[[PairedMarket], tuple[Any, ...]]:
    return call(evaluator, "reveal_scores", cast.table(evaluator), cast.salt(evaluator))


def own_commitment(evaluator: str) -> Callable[[PairedMarket], tuple[Any, ...]]:
    return lambda market: (evaluator, "commit_scores", 1, scenes.commitment(market, evaluator))


def joining(market: PairedMarket) -> tuple[Any, ...]:
    return (PROVIDERS[2], "join", 1, word("listing"), 30, 0, cast.ADMITTED.proof(2), AGE_KEY)


def training_end(market: PairedMarket) -> int:
    return market.ledger.tasks[1].training_deadline


def of(name: str) -> Callable[[PairedMarket], int]:
    return lambda market: int(getattr(market.ledger.tasks[1], name))


def turn(seat: int) -> Callable[[PairedMarket], int]:
    return lambda market: market.ledger.tasks[1].opened_at + seat * cast.WINDOWS.round


UNTIL = [
    (two_joined, of("join_deadline"), joining, "join_deadline_passed"),
    (spare_seat, of("start_deadline"), call(THIRD, "take_seat", AGE_KEY), "start_deadline_passed"),
    (two_joined, of("start_deadline"), call(STRANGER, "start"), "start_deadline_passed"),
    (two_joined, of("start_deadline"), call(REQUESTER, "cancel"), "start_deadline_passed"),
    (
        scenes.training,
        of("submit_deadline"),
        call(PROVIDERS[0], "announce", 1, word("u"), word("b")),
        "submit_deadline_passed",
    ),
    (scenes.training, of("round_deadline"), call(AGGREGATOR, "commit_round", *ROUND), "round_deadline_passed"),
    (scenes.half_trained, of("round_deadline"), call(AGGREGATOR, "commit_round", *LATER), "round_deadline_passed"),
    (scenes.half_trained, of("round_deadline"), call(REQUESTER, "stop"), "round_deadline_passed"),
    (scenes.training, training_end, call(STANDBY, "take_over"), "training_deadline_passed"),
    (scenes.training, training_end, call(SPARE, "take_over"), "training_deadline_passed"),
    (two_committed, of("commit_deadline"), own_commitment(THIRD), "commit_deadline_passed"),
    (commitments_kept, of("reveal_deadline"), own_reveal(FIRST), "reveal_deadline_passed"),
    (scenes.committed, of("reveal_deadline"), own_reveal(FIRST), "reveal_deadline_passed"),
    (one_revealed, of("confirm_deadline"), call(FIRST, "confirm", NO_AGREEMENT), "confirm_deadline_passed"),
    (scenes.revealed, of("confirm_deadline"), call(FIRST, "confirm", cast.VOTE), "confirm_deadline_passed"),
]
"""Scene, deadline, call, refusal: allowed up to and in that second."""
AFTER = [
    (two_joined, of("join_deadline"), call(STRANGER, "start"), "joining_open"),
    (two_joined, of("start_deadline"), call(STRANGER, "close"), "too_early"),
    (scenes.training, of("submit_deadline"), call(AGGREGATOR, "commit_round", *ROUND), "submission_open"),
    (scenes.half_trained, of("submit_deadline"), call(AGGREGATOR, "commit_round", *LATER), "submission_open"),
    (scenes.training, turn(1), call(STANDBY, "take_over"), "not_your_turn"),
    (scenes.training, turn(2), call(SPARE, "take_over"), "not_your_turn"),
    (scenes.training, training_end, call(STRANGER, "close"), "too_early"),
    (two_committed, of("commit_deadline"), own_reveal(FIRST), "commits_open"),
    (scenes.revealed, of("confirm_deadline"), call(STRANGER, "close"), "too_early"),
    (one_revealed, of("reveal_deadline"), call(FIRST, "confirm", NO_AGREEMENT), "reveals_open"),
    (one_revealed, of("confirm_deadline"), call(STRANGER, "close"), "too_early"),
    (scenes.settled, of("claim_deadline"), call(STRANGER, "sweep"), "too_early"),
    (scenes.fallen_back, of("claim_deadline"), call(STRANGER, "sweep"), "too_early"),
]
"""Scene, deadline, call, refusal: allowed from the second after."""
Case = tuple[Play, Callable[[PairedMarket], int], Callable[[PairedMarket], tuple[Any, ...]], str]


def names(cases: Sequence[Case]) -> list[str]:
    return [f"{reason}{i}" for i, (*_, reason) in enumerate(cases)]


@pytest.mark.parametrize("case", UNTIL, ids=names(UNTIL))
def test_a_verb_is_allowed_in_its_last_second_and_refused_in_the_next(at: At, case: Case) -> None:
    play, deadline, called, reason = case
    market = at(play)
    last = deadline(market)
    with market.anchored():
        market.wait_until(last)
        market.call(*called(market))
    market.wait_until(last + 1)
    market.refused(reason, *called(market))


@pytest.mark.parametrize("case", AFTER, ids=names(AFTER))
def test_the_opposite_is_refused_in_that_second_and_allowed_in_the_next(at: At, case: Case) -> None:
    play, deadline, called, reason = case
    market = at(play)
    last = deadline(market)
    market.wait_until(last)
    market.refused(reason, *called(market))
    market.wait_until(last + 1)
    market.call(*called(market))


def test_a_full_task_need_not_wait_for_the_join_deadline(at: At) -> None:
    at(scenes.joined).call(STRANGER, "start", 1)


def test_reveals_open_when_the_last_evaluator_has_committed(at: At) -> None:
    market = at(two_committed)
    market.refused("commits_open", *own_reveal(FIRST)(market))
    market.call(*own_commitment(THIRD)(market))
    market.call(*own_reveal(FIRST)(market))


def test_votes_open_when_everybody_who_committed_has_revealed(at: At) -> None:
    market = at(commitments_kept)
    scenes.reveal_scores(market, [FIRST])
    market.refused("reveals_open", FIRST, "confirm", 1, cast.VOTE)
    scenes.reveal_scores(market, [SECOND])
    market.call(FIRST, "confirm", 1, NO_AGREEMENT)
