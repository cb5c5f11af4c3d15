"""Every refusal of the verbs of the scoring state, by the contract and by its reference alike."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fedmarket.domain.reference.scoring import commitment_of
from fedmarket.domain.reference.state import NO_AGREEMENT, Vote
from tests.contracts import scenes
from tests.contracts.cast import (
    AGGREGATOR,
    EVALUATORS,
    PROVIDERS,
    REQUESTER,
    STRANGER,
    VOTE,
    WINDOWS,
    salt,
    table,
    word,
)
from tests.contracts.paired import PairedMarket
from tests.contracts.scenes import Play

At = Callable[[Play], PairedMarket]
FIRST, SECOND, THIRD = EVALUATORS
HUGE = 2**256 - 1

BAD_VOTES = [
    ("bad_vote", replace(NO_AGREEMENT, owed=1)),
    ("bad_vote", replace(NO_AGREEMENT, refund=1_600)),
    ("bad_vote", replace(NO_AGREEMENT, debits=1)),
    ("bad_vote", replace(NO_AGREEMENT, forfeits=1)),
    ("bad_vote", replace(NO_AGREEMENT, rounds_verified=1)),
    ("bad_vote", replace(NO_AGREEMENT, best_round=1)),
    ("bad_vote", replace(NO_AGREEMENT, unpaid=1)),
    ("bad_vote", replace(NO_AGREEMENT, forfeited=1)),
    ("bad_rounds_verified", replace(VOTE, rounds_verified=3)),
    ("bad_best_round", replace(VOTE, rounds_verified=1)),
    ("bad_seats", replace(VOTE, unpaid=8)),
    ("bad_seats", replace(VOTE, forfeited=HUGE)),
    ("too_few_agree", replace(VOTE, unpaid=1, forfeited=2)),
    ("too_few_agree", replace(VOTE, unpaid=7)),
    ("debit_without_rule", replace(VOTE, debits=1, owed=1_201)),
    ("bonds_exceeded", replace(VOTE, forfeits=91)),
    ("bonds_exceeded", replace(VOTE, forfeits=HUGE)),
    ("owed_exceeds_budget", replace(VOTE, owed=1_601)),
    ("owed_exceeds_budget", replace(VOTE, owed=HUGE)),
    ("sum_mismatch", replace(VOTE, owed=1_199)),
    ("sum_mismatch", replace(VOTE, refund=401)),
    ("sum_mismatch", replace(VOTE, refund=HUGE)),
    ("sum_mismatch", replace(VOTE, refund=2**128 + 400)),
    ("sum_mismatch", replace(VOTE, unpaid=1)),
    ("sum_mismatch", replace(VOTE, rounds_verified=1, best_round=1)),
]


def test_only_evaluators_score(at: At) -> None:
    for who in (STRANGER, AGGREGATOR, PROVIDERS[0], REQUESTER):
        at(scenes.scoring).refused("not_an_evaluator", who, "commit_scores", 1, word("commitment"))
        at(scenes.committed).refused("not_an_evaluator", who, "reveal_scores", 1, table(who), salt(who))
        at(scenes.revealed).refused("not_an_evaluator", who, "confirm", 1, VOTE)


def test_scores_are_committed_once_and_in_time(at: At) -> None:
    market = at(scenes.scoring)
    market.refused("empty_commitment", FIRST, "commit_scores", 1, bytes(32))
    scenes.commit_scores(market, [FIRST])
    market.refused("already_committed", FIRST, "commit_scores", 1, word("another"))
    market.wait_until(market.ledger.tasks[1].commit_deadline + 1)
    market.refused("commit_deadline_passed", SECOND, "commit_scores", 1, word("late"))


def test_scores_are_revealed_once_in_time_and_as_committed(at: At) -> None:
    market = at(scenes.scoring)
    scenes.commit_scores(market, [FIRST, SECOND])
    market.refused("commits_open", FIRST, "reveal_scores", 1, table(FIRST), salt(FIRST))
    market.wait_until(market.ledger.tasks[1].commit_deadline + 1)
    market.refused("never_committed", THIRD, "reveal_scores", 1, table(THIRD), salt(THIRD))
    market.refused("wrong_table", FIRST, "reveal_scores", 1, table(FIRST) + b" ", salt(FIRST))
    market.refused("wrong_table", FIRST, "reveal_scores", 1, table(FIRST), salt(SECOND))
    market.refused("wrong_table", FIRST, "reveal_scores", 1, table(SECOND), salt(SECOND))
    market.refused("wrong_table", FIRST, "reveal_scores", 1, b"", bytes(32))
    scenes.reveal_scores(market, [FIRST])
    market.refused("already_revealed", FIRST, "reveal_scores", 1, table(FIRST), salt(FIRST))
    market.wait_until(market.ledger.tasks[1].reveal_deadline + 1)
    market.refused("reveal_deadline_passed", SECOND, "reveal_scores", 1, table(SECOND), salt(SECOND))


def test_a_table_of_the_largest_size_is_revealed(at: At) -> None:
    market = at(scenes.scoring)
    largest = bytes(range(256)) * 64
    facts = (market.ledger.chain_id, market.address, 1, FIRST)
    market.call(FIRST, "commit_scores", 1, commitment_of(*facts, largest, word("salt")))
    market.wait_until(market.ledger.tasks[1].commit_deadline + 1)
    market.call(FIRST, "reveal_scores", 1, largest, word("salt"))


def test_who_did_not_reveal_or_comes_early_or_late_has_no_vote(at: At) -> None:
    market = at(scenes.committed)
    market.refused("reveals_open", FIRST, "confirm", 1, VOTE)
    scenes.reveal_scores(market, [FIRST, SECOND])
    market.refused("reveals_open", FIRST, "confirm", 1, VOTE)
    market.wait_until(market.ledger.tasks[1].reveal_deadline + 1)
    market.refused("never_revealed", THIRD, "confirm", 1, VOTE)
    market.wait_until(market.ledger.tasks[1].confirm_deadline + 1)
    market.refused("confirm_deadline_passed", FIRST, "confirm", 1, VOTE)


def test_the_same_vote_counts_once(at: At) -> None:
    market = at(scenes.revealed)
    market.call(FIRST, "confirm", 1, VOTE)
    market.refused("already_confirmed", FIRST, "confirm", 1, VOTE)
    market.call(FIRST, "confirm", 1, NO_AGREEMENT)
    market.refused("already_confirmed", FIRST, "confirm", 1, NO_AGREEMENT)
    market.call(FIRST, "confirm", 1, VOTE)
    assert market.view("progress", 1)[0] == 3


@pytest.mark.parametrize(("reason", "vote"), BAD_VOTES, ids=[f"{reason}{i}" for i, (reason, _) in enumerate(BAD_VOTES)])
def test_a_vote_that_the_money_or_the_record_contradicts_is_refused(at: At, reason: str, vote: Vote) -> None:
    at(scenes.revealed).refused(reason, FIRST, "confirm", 1, vote)


def test_debits_and_forfeits_stay_within_the_bonds(at: At) -> None:
    market = at(scenes.revealed_open)
    whole = replace(VOTE, owed=1_000, refund=0)
    for debits, forfeits in ((12_001, 0), (0, 12_001), (6_000, 6_001), (HUGE, 1), (1, HUGE), (HUGE, HUGE)):
        market.refused("bonds_exceeded", FIRST, "confirm", 1, replace(whole, debits=debits, forfeits=forfeits))
    market.refused("owed_exceeds_budget", FIRST, "confirm", 1, replace(whole, debits=12_000, owed=13_001))
    market.refused("debits_not_owed", FIRST, "confirm", 1, replace(whole, debits=12_000, owed=11_999, refund=1_001))
    market.call(FIRST, "confirm", 1, replace(whole, debits=12_000, owed=13_000))


def test_nobody_votes_for_a_settlement_while_too_few_have_revealed(at: At) -> None:
    market = at(scenes.scoring)
    scenes.commit_scores(market, [FIRST])
    market.wait(WINDOWS.commit + 1)
    scenes.reveal_scores(market, [FIRST])
    market.refused("too_few_agree", FIRST, "confirm", 1, VOTE)
