#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Ledger
@license Apache-2.0
@notice The market's storage, and what all verbs share: finding a task, moving it on, and what a seat is owed.
"""

import lifecycle
import limits_word
import outcome_word
import pair_word
import part_word
import progress_word
import purse_word
import refusal
import seats_word

SEATS: constant(uint256) = 11
EVALUATORS_FROM: constant(uint256) = 4


struct Task:
    progress: uint256  # progress_word
    seats: uint256  # seats_word
    limits: uint256  # limits_word
    stake: uint256  # stake_word
    purse: uint256  # purse_word
    outcome: uint256  # outcome_word
    pay: uint256  # pair_word: performance, participation
    fees: uint256  # pair_word: of the aggregator a round, of an evaluator
    bonds: uint256  # pair_word: of an aggregator, of an evaluator
    requester: uint256  # address, claim window << 160, royalty_bps << 184
    initial_model: bytes32
    admission_root: bytes32
    payout_root: bytes32


task_count: public(uint256)
forfeits: public(uint256)
task_of: public(HashMap[address, HashMap[bytes32, uint256]])
round_slot: public(HashMap[uint256, HashMap[uint256, bytes32]])
tasks: HashMap[uint256, Task]
parts: HashMap[uint256, HashMap[address, uint256]]
# by task and evaluator seat: its commitment, and once it has voted the hash of its vote
seals: HashMap[uint256, HashMap[uint256, bytes32]]


@internal
@view
def find(task_id: uint256, within: uint256) -> progress_word.Progress:
    """
    @notice The progress of a task that stands in one of the states `within`.
    """
    progress: progress_word.Progress = progress_word.unpack(self.tasks[task_id].progress)
    refusal.require(progress.status != lifecycle.UNKNOWN, "unknown_task")
    refusal.require(within & (1 << progress.status) != 0, "wrong_status")
    return progress


@internal
def move(task_id: uint256, progress: progress_word.Progress, status: uint256):
    """
    @notice Write down the progress and bring the task into `status`; its windows are counted from now.
    """
    moved: progress_word.Progress = progress
    moved.status = status
    moved.opened_at = block.timestamp
    self.tasks[task_id].progress = progress_word.pack(moved)


@internal
@view
def only_requester(task_id: uint256):
    """
    @notice Refuse everybody else. A requester's part is only paid out in a final state.
    """
    refusal.require(self.parts[task_id][msg.sender] == lifecycle.REQUESTER, "not_the_requester")


@internal
@view
def start_deadline(task_id: uint256, opened_at: uint256) -> uint256:
    limits: limits_word.Limits = limits_word.unpack(self.tasks[task_id].limits)
    return opened_at + limits.join_window + limits.start_window


@internal
@pure
def is_seat(role: uint256) -> bool:
    return role == lifecycle.AGGREGATOR or role == lifecycle.EVALUATOR


@internal
@pure
def seat_bit(role: uint256, seat: uint256) -> uint256:
    """
    @notice A seat's bit in `progress.seated`.
    """
    return 1 << (seat if role == lifecycle.AGGREGATOR else seat + EVALUATORS_FROM)


@internal
@view
def seat_bond(task_id: uint256, role: uint256) -> uint256:
    of_aggregator: uint256 = 0
    of_evaluator: uint256 = 0
    of_aggregator, of_evaluator = pair_word.unpack(self.tasks[task_id].bonds)
    return of_aggregator if role == lifecycle.AGGREGATOR else of_evaluator


@internal
@view
def escrow(task_id: uint256, progress: progress_word.Progress) -> uint256:
    """
    @notice What the requester paid in, in base units.
    """
    performance: uint256 = 0
    participation: uint256 = 0
    performance, participation = pair_word.unpack(self.tasks[task_id].pay)
    of_aggregator: uint256 = 0
    of_evaluator: uint256 = 0
    of_aggregator, of_evaluator = pair_word.unpack(self.tasks[task_id].fees)
    evaluators: uint256 = seats_word.unpack(self.tasks[task_id].seats).evaluators
    return performance + participation + progress.last_round * of_aggregator + evaluators * of_evaluator


@internal
@view
def is_forfeited(task_id: uint256, role: uint256, seat: uint256) -> bool:
    outcome: outcome_word.Outcome = outcome_word.unpack(self.tasks[task_id].outcome)
    if role == lifecycle.EVALUATOR:
        return outcome.forfeited_seats & (1 << seat) != 0
    stalled: uint256 = seats_word.unpack(self.tasks[task_id].seats).stalled
    return stalled & (1 << seat) != 0 or outcome.bad_seat == seat


@internal
@view
def entitlement(
    task_id: uint256, progress: progress_word.Progress, role: uint256, seat: uint256
) -> (uint256, uint256):
    """
    @notice The fee and the bond that a seat is owed as the task stands now, in base units.
    """
    if progress.seated & self.seat_bit(role, seat) == 0:
        return 0, 0
    fee: uint256 = 0
    if lifecycle.PAYING & (1 << progress.status) != 0:
        fee = self._fee(task_id, progress.round, role, seat)
    return fee, 0 if self.is_forfeited(task_id, role, seat) else self.seat_bond(task_id, role)


@internal
@view
def _fee(task_id: uint256, committed: uint256, role: uint256, seat: uint256) -> uint256:
    outcome: outcome_word.Outcome = outcome_word.unpack(self.tasks[task_id].outcome)
    of_aggregator: uint256 = 0
    of_evaluator: uint256 = 0
    of_aggregator, of_evaluator = pair_word.unpack(self.tasks[task_id].fees)
    if role == lifecycle.EVALUATOR:
        return of_evaluator if outcome.paid_seats & (1 << seat) != 0 else 0
    first_rounds: uint256 = seats_word.unpack(self.tasks[task_id].seats).first_rounds
    return of_aggregator * seats_word.rounds_of(first_rounds, seat, committed, outcome.rounds_paid)


@internal
@view
def rest(task_id: uint256, progress: progress_word.Progress) -> uint256:
    """
    @notice What the requester gets back in a final state, in base units.
    """
    if progress.status == lifecycle.CANCELLED:
        return self.escrow(task_id, progress)
    return outcome_word.unpack(self.tasks[task_id].outcome).refund


@internal
@view
def requester_of(task_id: uint256) -> address:
    return convert(convert(self.tasks[task_id].requester & (2**160 - 1), uint160), address)


@internal
@view
def claim_window(task_id: uint256) -> uint256:
    return (self.tasks[task_id].requester >> 160) & (2**24 - 1)


@internal
@view
def held(task_id: uint256) -> uint256:
    """
    @notice What the market holds for one task in base units; the sum of everything that it still owes there.
    """
    progress: progress_word.Progress = progress_word.unpack(self.tasks[task_id].progress)
    purse: purse_word.Purse = purse_word.unpack(self.tasks[task_id].purse)
    total: uint256 = purse.bonds
    for index: uint256 in range(SEATS):
        evaluator: bool = index >= EVALUATORS_FROM
        role: uint256 = lifecycle.EVALUATOR if evaluator else lifecycle.AGGREGATOR
        seat: uint256 = index - EVALUATORS_FROM if evaluator else index
        fee: uint256 = 0
        bond: uint256 = 0
        fee, bond = self.entitlement(task_id, progress, role, seat)
        total += fee + bond
    if lifecycle.CLOSABLE & (1 << progress.status) != 0:
        return total + self.escrow(task_id, progress)
    if lifecycle.PAYING & (1 << progress.status) != 0:
        total += purse.budget
    if self.parts[task_id][self.requester_of(task_id)] == 0:
        return total
    return total + self.rest(task_id, progress)
