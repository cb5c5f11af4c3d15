"""What a light client reads off the contract is what the reference holds."""

from collections.abc import Callable

from fedmarket.domain.lifecycle import Role, Status
from fedmarket.domain.reference.state import Part
from tests.contracts import cast, scenes
from tests.contracts.cast import AGGREGATOR, EVALUATORS, PROVIDERS, REQUESTER, STANDBY, STRANGER
from tests.contracts.paired import PairedMarket
from tests.contracts.scenes import Play

At = Callable[[Play], PairedMarket]
EVALUATORS_FROM = 4


def progress(market: PairedMarket) -> dict[str, int]:
    names = ("status", "attempt", "round", "last_round", "opened_at", "submit_window", "round_window")
    values = market.view("progress", 1)
    return dict(zip((*names, "providers", "total_weight", "seated"), values, strict=True))


def test_progress_tells_where_a_task_stands(at: At) -> None:
    market = at(scenes.half_trained)
    seen, task = progress(market), market.ledger.tasks[1]
    shared = {name for name in seen if hasattr(task, name)}
    assert {"status", "attempt", "round", "opened_at", "providers", "total_weight"} <= shared
    assert all(seen[name] == getattr(task, name) for name in shared)
    assert (seen["submit_window"], seen["round_window"], seen["last_round"]) == (20, 70, 2)
    assert seen["seated"] == 0b111_0111


def test_seats_tell_what_each_did(at: At) -> None:
    market = at(scenes.half_trained)
    market.wait(cast.WINDOWS.round + 1)
    market.call(STANDBY, "take_over", 1)
    aggregators, evaluators, first_rounds, stalled, *_ = market.view("seats", 1)
    assert (aggregators, evaluators, stalled) == (3, 3, 1)
    assert first_rounds == 1 | 2 << 16
    market = at(scenes.revealed)
    market.call(EVALUATORS[1], "confirm", 1, cast.VOTE)
    task = market.ledger.tasks[1]
    assert market.view("seats", 1)[4:] == (7, 7, 2, task.commits_done_at, task.reveals_done_at, 40, 30, 35)


def test_an_accounts_part_is_its_role_and_vanishes_when_it_is_paid(at: At) -> None:
    market = at(scenes.fallen_back)
    for account, part in market.ledger.tasks[1].parts.items():
        assert market.view("part", 1, account) == words(part)
    assert market.view("part", 1, STRANGER) == (0, 0, 0, 0, 0)
    market.call(STRANGER, "claim_seat", 1, AGGREGATOR)
    assert market.view("part", 1, AGGREGATOR) == (0, 0, 0, 0, 0)


def words(part: Part) -> tuple[int, ...]:
    place = part.seat + EVALUATORS_FROM * (part.role is Role.EVALUATOR)
    return (int(part.role), place, int(part.announced), part.weight, part.price)


def test_an_outcome_holds_what_claims_are_reckoned_from(at: At) -> None:
    market = at(scenes.settled)
    refund, rounds_paid, best_round, paid, forfeited, claim_window, royalty_bps = market.view("outcome", 1)
    assert (refund, rounds_paid, best_round, paid, forfeited) == (400, 2, 2, 7, 0)
    assert (claim_window, royalty_bps) == (1_000, 500)
    assert market.view("purse", 1) == (1_200, 90)
    assert market.view("binding", 1) == (REQUESTER.lower(), cast.TERMS.initial_model, cast.PAYOUTS.root)


def test_written_once_a_rounds_slot_stays_as_it_was_committed(at: At) -> None:
    market = at(scenes.settled)
    for number in range(4):
        assert market.view("round_slot", 1, number) == market.ledger.tasks[1].rounds.get(number, bytes(32))


def test_an_unknown_task_is_empty(at: At) -> None:
    market = at(scenes.opened)
    assert progress(market)["status"] == Status.OPEN
    assert market.view("task_count") == 1
    assert market.view("held", 2) == 0
    assert market.view("part", 2, PROVIDERS[0]) == (0, 0, 0, 0, 0)
    assert market.view("binding", 2) == (cast.NOBODY, bytes(32), bytes(32))
    assert market.view("sink") == cast.SINK
    assert market.view("token") == market.token.address
