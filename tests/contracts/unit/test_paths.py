"""The ways through a task's life, to the last unit of money; each ends with nothing held."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fedmarket.domain.lifecycle import Status
from fedmarket.domain.merkle import StandardTree
from fedmarket.domain.reference.payment import SETTLEMENT_LEAF, UPDATES_LEAF
from fedmarket.domain.reference.state import NO_AGREEMENT
from tests.contracts import cast, scenes
from tests.contracts.cast import AGGREGATOR, EVALUATORS, LEAVES, PROVIDERS, REQUESTER, SPARE, STANDBY, STRANGER, VOTE
from tests.contracts.paired import PairedMarket
from tests.contracts.scenes import Play

At = Callable[[Play], PairedMarket]
SEATS = (AGGREGATOR, STANDBY, SPARE, *EVALUATORS)


def gains(market: PairedMarket) -> dict[str, int]:
    """What everybody has more than at the start, in base units; who has neither won nor lost is left out."""
    before = {account: cast.POOR if account == cast.PAUPER else cast.RICH for account in cast.EVERYBODY}
    after = {account: market.balance(account) - had for account, had in before.items()}
    return {account: gain for account, gain in after.items() if gain}


def status(market: PairedMarket) -> Status:
    return market.ledger.tasks[1].status


def fallback_claim(market: PairedMarket, i: int, task: int = 1) -> None:
    leaf = cast.DELIVERED[i]
    rounds = market.ledger.tasks[task].round
    facts = (cast.UPDATES.root, cast.word(f"model {rounds}"), cast.word(f"manifest {rounds}"))
    proof = cast.UPDATES.proof(leaf)
    market.call(leaf[0], "claim_fallback", task, leaf[0], rounds, *leaf[1:], *facts, proof)


def leave(market: PairedMarket) -> None:
    """Everybody but the providers takes what it is owed; what nobody can claim is swept, forfeits are flushed."""
    for seat in SEATS:
        market.call(STRANGER, "claim_seat", 1, seat)
    market.call(STRANGER, "refund", 1, REQUESTER)
    if market.view("held", 1):
        market.wait(cast.WINDOWS.claim + 1)
        market.call(STRANGER, "sweep", 1)
    if market.ledger.forfeits:
        market.call(STRANGER, "flush_forfeits")
    assert market.view("held", 1) == 0
    assert market.balance(market.address) == 0


def test_a_settled_task_pays_everybody_what_the_vote_says(at: At) -> None:
    market = at(scenes.settled)
    for leaf in LEAVES:
        scenes.claim(market, leaf)
    leave(market)
    evaluators = dict.fromkeys(EVALUATORS, 20)
    providers = {leaf[0]: leaf[1] for leaf in LEAVES}
    assert gains(market) == {REQUESTER: -1_280, AGGREGATOR: 20} | evaluators | providers


def test_what_is_not_claimed_in_time_is_swept_and_bonds_go_to_the_sink(at: At) -> None:
    market = at(scenes.settled)
    scenes.claim(market, LEAVES[0])
    leave(market)
    assert gains(market)[REQUESTER] == -1_280 + 900
    assert market.balance(cast.SINK) == 60
    assert gains(market)[PROVIDERS[1]] == -30


def test_a_task_without_agreement_pays_by_weight_and_delivered_rounds(at: At) -> None:
    market = at(scenes.fallen_back)
    for i in range(3):
        fallback_claim(market, i)
    # two rounds of weight 60: 1000 * 10 * 2 // 120 + 600 * 10 * 2 // 120, and so on
    assert [gains(market)[provider] for provider in PROVIDERS] == [266, 266, 400]
    leave(market)
    assert gains(market)[AGGREGATOR] == 20
    # the third one revealed and could not vote any more, which is no silence
    assert [gains(market)[evaluator] for evaluator in EVALUATORS] == [20, 20, 20]
    assert market.balance(cast.SINK) == 0
    assert sum(gains(market).values()) == 0


def test_who_did_not_reveal_forfeits_when_a_quorum_falls_back(at: At) -> None:
    market = at(scenes.scoring)
    scenes.commit_scores(market)
    scenes.reveal_scores(market, EVALUATORS[:2])
    market.wait_until(market.ledger.tasks[1].reveal_deadline + 1)
    scenes.confirm(market, NO_AGREEMENT)
    leave(market)
    assert [gains(market)[evaluator] for evaluator in EVALUATORS] == [20, 20, -50]


def test_way_out_silent_evaluators_end_in_a_fallback_and_repay_who_closed(at: At) -> None:
    market = at(scenes.scoring)
    scenes.commit_scores(market, EVALUATORS[:2])
    market.wait_until(market.ledger.tasks[1].commit_deadline + 1)
    scenes.reveal_scores(market, EVALUATORS[:2])
    scenes.confirm(market, NO_AGREEMENT, EVALUATORS[:1])
    scenes.close(market)
    assert status(market) is Status.FALLBACK
    assert gains(market)[STRANGER] == 5
    assert market.ledger.forfeits == 95
    fallback_claim(market, 0)
    leave(market)
    # the second revealed and did not vote, the third did nothing
    assert [gains(market)[evaluator] for evaluator in EVALUATORS] == [20, 20 - 50, -50]


def test_forfeits_pay_nobody_but_the_sink_and_standbys_are_paid_for_their_own_rounds(at: At) -> None:
    market = at(scenes.half_trained)
    market.wait(cast.WINDOWS.round + 1)
    market.call(STANDBY, "take_over", 1)
    assert market.ledger.tasks[1].attempt == 1
    scenes.commit_round(market, cast.UPDATES)
    scenes.commit_scores(market)
    scenes.reveal_scores(market)
    scenes.confirm(market, VOTE)
    for leaf in LEAVES:
        scenes.claim(market, leaf)
    leave(market)
    # the stalled one keeps its round's fee and loses its bond: 5 to who took over, the rest to the sink
    assert (gains(market)[AGGREGATOR], gains(market)[STANDBY]) == (-90, 15)
    assert market.balance(cast.SINK) == 95


def test_everyone_who_stalls_loses_its_bond(at: At) -> None:
    market = at(scenes.half_trained)
    for standby in (STANDBY, SPARE):
        market.wait(cast.WINDOWS.round + 1)
        market.call(standby, "take_over", 1)
    scenes.commit_round(market, cast.UPDATES)
    scenes.commit_scores(market)
    scenes.reveal_scores(market)
    scenes.confirm(market, VOTE)
    leave(market)
    assert [gains(market)[seat] for seat in (AGGREGATOR, STANDBY, SPARE)] == [-90, 5 - 100, 15]
    assert market.balance(cast.SINK) == 190 + 90


def test_three_who_follow_each_other_are_paid_a_round_each(at: At) -> None:
    market = at(scenes.nothing)
    scenes.open_task(market, replace(cast.TERMS, rounds=3))
    scenes.take_seats(market)
    scenes.join(market)
    scenes.start(market)
    scenes.commit_round(market)
    for standby in (STANDBY, SPARE):
        market.wait(cast.WINDOWS.round + 1)
        market.call(standby, "take_over", 1)
        scenes.commit_round(market)
    scenes.commit_scores(market)
    scenes.reveal_scores(market)
    scenes.confirm(market, replace(VOTE, rounds_verified=3))
    leave(market)
    assert [gains(market)[seat] for seat in (AGGREGATOR, STANDBY, SPARE)] == [10 - 100, 10 + 5 - 100, 10 + 5]


def test_a_skipped_standby_keeps_its_bond(at: At) -> None:
    market = at(scenes.training)
    market.wait(2 * cast.WINDOWS.round + 1)
    market.call(SPARE, "take_over", 1)
    scenes.train(market)
    scenes.commit_scores(market)
    scenes.reveal_scores(market)
    scenes.confirm(market, VOTE)
    leave(market)
    assert STANDBY not in gains(market)
    assert (gains(market)[AGGREGATOR], gains(market)[SPARE]) == (-100, 25)


def test_whoever_committed_the_first_bad_round_forfeits_its_bond(at: At) -> None:
    market = at(scenes.half_trained)
    market.wait(cast.WINDOWS.round + 1)
    market.call(STANDBY, "take_over", 1)
    scenes.commit_round(market)
    scenes.commit_scores(market)
    scenes.reveal_scores(market)
    scenes.confirm(market, replace(VOTE, rounds_verified=1, best_round=1, refund=410))
    leave(market)
    assert gains(market)[STANDBY] == 5 - 100
    # the stalled one's bond is not forfeited a second time
    assert gains(market)[AGGREGATOR] == 10 - 100


def test_a_bad_round_of_one_who_stalled_later_costs_the_bond_once(at: At) -> None:
    market = at(scenes.half_trained)
    market.wait(cast.WINDOWS.round + 1)
    market.call(STANDBY, "take_over", 1)
    scenes.commit_round(market)
    scenes.commit_scores(market)
    scenes.reveal_scores(market)
    scenes.confirm(market, replace(VOTE, rounds_verified=0, best_round=0, refund=420))
    assert market.ledger.forfeits == 95
    leave(market)


def test_deviating_evaluators_forfeit_and_different_ones_lose_their_fee(at: At) -> None:
    market = at(scenes.revealed)
    scenes.confirm(market, replace(VOTE, forfeited=4, refund=420))
    leave(market)
    assert [gains(market)[evaluator] for evaluator in EVALUATORS] == [20, 20, -50]


def test_an_evaluator_that_is_silent_forfeits_whatever_the_vote_says(at: At) -> None:
    market = at(scenes.scoring)
    scenes.commit_scores(market, EVALUATORS[:2])
    market.wait_until(market.ledger.tasks[1].commit_deadline + 1)
    scenes.reveal_scores(market, EVALUATORS[:2])
    scenes.confirm(market, replace(VOTE, refund=420))
    leave(market)
    assert [gains(market)[evaluator] for evaluator in EVALUATORS] == [20, 20, -50]


def test_an_evaluator_of_another_r_loses_its_fee_only(at: At) -> None:
    market = at(scenes.revealed)
    scenes.confirm(market, replace(VOTE, unpaid=1, refund=420), EVALUATORS[1:])
    leave(market)
    assert gains(market).get(EVALUATORS[0], 0) == 0


def test_a_vote_may_change_until_a_quorum_agrees(at: At) -> None:
    market = at(scenes.revealed)
    market.call(EVALUATORS[0], "confirm", 1, replace(VOTE, owed=1_199, refund=401))
    market.call(EVALUATORS[1], "confirm", 1, VOTE)
    assert status(market) is Status.SCORING
    market.call(EVALUATORS[0], "confirm", 1, VOTE)
    assert status(market) is Status.SETTLED


def test_a_debtor_pays_out_of_its_bond_under_open_admission(at: At) -> None:
    market = at(scenes.revealed_open)
    leaves = [(PROVIDERS[0], 0, 700, 0), (PROVIDERS[1], 1_200, 0, 0), (PROVIDERS[2], 500, 9_999, 0)]
    tree = StandardTree(SETTLEMENT_LEAF, leaves)
    scenes.confirm(market, replace(VOTE, payout_root=tree.root, owed=1_700, debits=700, forfeits=6_000, refund=0))
    for leaf in leaves:
        scenes.claim(market, leaf, tree)
    leave(market)
    assert [gains(market)[provider] for provider in PROVIDERS] == [-700, 1_200, 500 - 6_000]


def test_a_cancelled_task_returns_everything(at: At) -> None:
    market = at(scenes.cancelled)
    for who in (REQUESTER, *SEATS, *PROVIDERS):
        market.call(STRANGER, "refund", 1, who)
    assert gains(market) == {}


def test_way_out_a_task_that_never_starts_is_closed_and_returns_everything(at: At) -> None:
    market = at(scenes.opened)
    market.call(AGGREGATOR, "take_seat", 1, cast.AGE_KEY)
    scenes.join(market, providers=[0])
    scenes.close(market)
    for who in (REQUESTER, *SEATS, PROVIDERS[0]):
        market.call(STRANGER, "refund", 1, who)
    assert gains(market) == {}


def test_way_out_a_task_without_a_round_is_closed_and_the_stalled_bond_is_forfeited(at: At) -> None:
    market = at(scenes.training)
    scenes.close(market)
    assert status(market) is Status.CANCELLED
    for who in (REQUESTER, *SEATS, *PROVIDERS):
        market.call(STRANGER, "refund", 1, who)
    assert gains(market) == {AGGREGATOR: -100, STRANGER: 5}
    market.call(STRANGER, "flush_forfeits")
    assert market.balance(cast.SINK) == 95


def test_way_out_training_that_stalls_after_a_round_goes_on_to_scoring(at: At) -> None:
    market = at(scenes.half_trained)
    scenes.close(market)
    assert status(market) is Status.SCORING


def test_a_stopped_task_is_scored_with_the_rounds_so_far(at: At) -> None:
    market = at(scenes.half_trained)
    market.call(REQUESTER, "stop", 1)
    scenes.commit_scores(market)
    scenes.reveal_scores(market)
    scenes.confirm(market, replace(VOTE, rounds_verified=1, best_round=1, refund=410))
    leave(market)
    assert gains(market)[AGGREGATOR] == 10


def test_listed_prices_are_paid_pro_rata_in_a_fallback(at: At) -> None:
    market = at(scenes.nothing)
    scenes.open_task(market, cast.LISTED_PRICES)
    scenes.take_seats(market)
    scenes.join(market)
    scenes.start(market)
    scenes.train(market)
    scenes.close(market)
    for i in range(3):
        fallback_claim(market, i)
    # 1000 * w * d // 120 + price * d // 2
    assert [gains(market)[provider] for provider in PROVIDERS] == [166 + 100, 166 + 100, 250 + 150]
    leave(market)


@pytest.mark.parametrize("stated", [{"n_updates": 0, "weight": 0}, {"n_updates": 1, "weight": 1}, {}])
def test_what_an_aggregator_states_of_a_round_changes_nobodys_pay_in_a_fallback(at: At, stated: dict[str, int]) -> None:
    market = at(scenes.training)
    scenes.commit_round(market, cast.EARLIER, **stated)
    scenes.commit_round(market, cast.UPDATES, **stated)
    scenes.close(market)
    assert market.view("purse", 1) == (1_600, 90)
    for i in range(3):
        fallback_claim(market, i)
    assert [gains(market)[provider] for provider in PROVIDERS] == [266, 266, 400]
    leave(market)


def test_a_fallback_after_a_training_cut_short_pays_performance_in_full_and_participation_by_rounds(at: At) -> None:
    market = at(scenes.nothing)
    scenes.open_task(market, replace(cast.TERMS, performance=1_001, participation=601, rounds=4))
    scenes.take_seats(market)
    scenes.join(market)
    scenes.start(market)
    everybody = StandardTree(UPDATES_LEAF, [(provider, cast.word("update"), 1) for provider in PROVIDERS])
    scenes.commit_round(market, everybody)
    scenes.close(market)
    scenes.close(market)
    # 601 * 1 // 4
    assert market.view("purse", 1) == (1_001 + 150, 90)
    facts = (everybody.root, cast.word("model 1"), cast.word("manifest 1"))
    for i, provider in enumerate(PROVIDERS):
        leaf = (provider, 1, cast.word("update"), 1)
        market.call(provider, "claim_fallback", 1, *leaf, *facts, everybody.proof(i))
    # 1001 * 10 // 60 + 601 * 10 // 240, and so on: each floor by itself, and the units left over are swept
    assert [gains(market)[provider] for provider in PROVIDERS] == [166 + 25, 333 + 50, 500 + 75]
    assert market.view("purse", 1) == (2, 0)
    leave(market)


def test_prices_that_add_up_to_too_much_keep_no_bond_from_who_delivered(at: At) -> None:
    market = at(scenes.nothing)
    scenes.open_task(market, replace(cast.LISTED_PRICES, performance=0, participation=100))
    scenes.take_seats(market)
    scenes.join(market)
    scenes.start(market)
    scenes.train(market)
    scenes.close(market)
    for i in range(3):
        fallback_claim(market, i)
    # the first one's 100 are all there is: agents refuse such terms, and whoever does not has its bond back
    assert [gains(market).get(provider, 0) for provider in PROVIDERS] == [100, 0, 0]
    leave(market)


def test_a_fallback_in_which_nobody_delivered_returns_the_budget(at: At) -> None:
    market = at(scenes.training)
    market.call(PROVIDERS[0], "announce", 1, 1, cast.word("update"), cast.word("blob"))
    for _ in range(2):
        scenes.commit_round(market, n_updates=0, weight=0)
    scenes.close(market)
    blank = bytes(32)
    market.call(PROVIDERS[0], "claim_fallback", 1, PROVIDERS[0], 0, blank, 0, blank, blank, blank, [])
    leave(market)
    assert gains(market)[REQUESTER] == -20
    assert PROVIDERS[0] not in gains(market)
    assert gains(market)[PROVIDERS[1]] == -30


def test_one_evaluator_settles_alone(at: At) -> None:
    market = at(scenes.nothing)
    scenes.open_task(market, replace(cast.TERMS, evaluators=EVALUATORS[:1]))
    scenes.take_seats(market)
    scenes.join(market)
    scenes.start(market)
    scenes.train(market)
    scenes.commit_scores(market, EVALUATORS[:1])
    scenes.reveal_scores(market, EVALUATORS[:1])
    scenes.confirm(market, VOTE, EVALUATORS[:1])
    assert status(market) is Status.SETTLED
