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
import stake_word


struct Task:
    progress: uint256  # progress_word
    seats: uint256  # seats_word
    limits: uint256  # limits_word
    stake: uint256  # stake_word
    purse: uint256  # purse_word
    outcome: uint256  # outcome_word
    pay: uint256  # pair_word
    fees: uint256  # pair_word: of the aggregator a round, of an evaluator
    bonds: uint256  # pair_word: of an aggregator, of an evaluator
    requester: address
    initial_model: bytes32
    admission_root: bytes32
    payout_root: bytes32


task_count: public(uint256)
task_of: public(HashMap[address, HashMap[bytes32, uint256]])
round_slot: public(HashMap[uint256, HashMap[uint256, bytes32]])
tasks: HashMap[uint256, Task]
forfeited: uint256  # what waits for the sink, and one more: the slot is never empty, so all forfeits cost alike
parts: HashMap[uint256, HashMap[address, uint256]]
# by task and evaluator seat: its age key, then its commitment, then the hash of its vote; a slot that is not empty is
# cheap to write, so the seat pays for it when it is taken and not in the scoring's windows
seals: HashMap[uint256, HashMap[uint256, bytes32]]


@deploy
def __init__():
    self.forfeited = 1


@external
@view
def forfeits() -> uint256:
    """
    @notice What was forfeited and waits for the sink, in base units.
    """
    return self.forfeited - 1


# --- reading and writing the words


@internal
@view
def find(task_id: uint256, within: uint256) -> progress_word.Progress:
    """
    @notice The progress of a task that stands in one of the states `within`.
    """
    self.must_stand(task_id, within)
    return self.progress(task_id)


@internal
@view
def must_stand(task_id: uint256, within: uint256):
    """
    @notice Refuse an unknown task and one that stands in none of the states `within`.
    """
    status: uint256 = progress_word.status(self.tasks[task_id].progress)
    refusal.require(status != lifecycle.UNKNOWN, refusal.UNKNOWN_TASK)
    refusal.require((within >> status) & 1 == 1, refusal.WRONG_STATUS)


@internal
@view
def progress(task_id: uint256) -> progress_word.Progress:
    return progress_word.unpack(self.tasks[task_id].progress)


@internal
@view
def limits(task_id: uint256) -> limits_word.Limits:
    return limits_word.unpack(self.tasks[task_id].limits)


@internal
@view
def seats(task_id: uint256) -> seats_word.Seats:
    return seats_word.unpack(self.tasks[task_id].seats)


@internal
@view
def stake(task_id: uint256) -> stake_word.Stake:
    return stake_word.unpack(self.tasks[task_id].stake)


@internal
@view
def purse(task_id: uint256) -> purse_word.Purse:
    return purse_word.unpack(self.tasks[task_id].purse)


@internal
@view
def outcome(task_id: uint256) -> outcome_word.Outcome:
    return outcome_word.unpack(self.tasks[task_id].outcome)


@internal
@view
def pay(task_id: uint256) -> pair_word.Pay:
    return pair_word.pay(self.tasks[task_id].pay)


@internal
@view
def bonds(task_id: uint256) -> pair_word.PerSeat:
    return pair_word.per_seat(self.tasks[task_id].bonds)


@internal
@view
def part(task_id: uint256, account: address) -> part_word.Part:
    return part_word.unpack(self.parts[task_id][account])


@internal
def save(task_id: uint256, progress: progress_word.Progress):
    self.tasks[task_id].progress = progress_word.pack(progress)


@internal
def move(task_id: uint256, progress: progress_word.Progress, status: uint256):
    """
    @notice Write down the progress and bring the task into `status`; its windows are counted from now.
    """
    moved: progress_word.Progress = progress
    moved.status = status
    moved.opened_at = block.timestamp
    self.save(task_id, moved)


@internal
def save_seats(task_id: uint256, seats: seats_word.Seats):
    self.tasks[task_id].seats = seats_word.pack(seats)


@internal
def save_purse(task_id: uint256, budget: uint256, bonds: uint256):
    self.tasks[task_id].purse = purse_word.pack(purse_word.Purse(budget=budget, bonds=bonds))


@internal
def save_part(task_id: uint256, account: address, part: part_word.Part):
    self.parts[task_id][account] = part_word.pack(part)


@internal
def drop_part(task_id: uint256, account: address):
    """
    @notice The account has no part in the task any more.
    @custom:invariant-paid_once whoever pays an account drops its part first.
    """
    self.parts[task_id][account] = 0


@internal
@view
def only_requester(task_id: uint256):
    refusal.require(self.parts[task_id][msg.sender] == lifecycle.REQUESTER, refusal.NOT_THE_REQUESTER)


@internal
@view
def start_deadline(task_id: uint256, opened_at: uint256) -> uint256:
    """
    @notice The last second in which a seat may be taken and the task be started or cancelled.
    """
    limits: limits_word.Limits = self.limits(task_id)
    return opened_at + limits.join_window + limits.start_window


@internal
def forfeit(amount: uint256):
    """
    @notice Set an amount aside for the sink.
    @custom:invariant-forfeits_pay_nobody no verb but flush_forfeits takes from it, and that pays the sink.
    """
    if amount != 0:
        self.forfeited += amount


# --- what is owed


@internal
@view
def fees(task_id: uint256, rounds: uint256, evaluators: uint256) -> uint256:
    """
    @notice The fees of so many rounds and so many evaluators, in base units.
    """
    fee: pair_word.PerSeat = pair_word.per_seat(self.tasks[task_id].fees)
    return rounds * fee.aggregator + evaluators * fee.evaluator


@internal
@view
def escrow(task_id: uint256) -> uint256:
    """
    @notice What the requester paid in, in base units.
    """
    pay: pair_word.Pay = self.pay(task_id)
    rounds: uint256 = self.progress(task_id).last_round
    return pay.performance + pay.participation + self.fees(task_id, rounds, self.seats(task_id).evaluators)


@internal
@view
def entitlement(task_id: uint256, progress: progress_word.Progress, place: uint256) -> (uint256, uint256):
    """
    @notice The fee and the bond that a seat is owed as the task stands now, in base units.
    """
    if (progress.seated >> place) & 1 == 0:
        return 0, 0
    seats: seats_word.Seats = self.seats(task_id)
    bonds: pair_word.PerSeat = self.bonds(task_id)
    outcome: outcome_word.Outcome = self.outcome(task_id)
    bond: uint256 = bonds.aggregator if place < seats_word.EVALUATORS_FROM else bonds.evaluator
    if ((seats.stalled | outcome.forfeited) >> place) & 1 == 1:
        bond = 0
    if (lifecycle.PAYING >> progress.status) & 1 == 0:
        return 0, bond
    rounds: uint256 = seats_word.rounds_of(seats.first_rounds, place, progress.round, outcome.rounds_paid)
    paid: uint256 = ((outcome.paid_seats << seats_word.EVALUATORS_FROM) >> place) & 1
    return self.fees(task_id, rounds, paid), bond


@internal
@view
def rest(task_id: uint256, status: uint256) -> uint256:
    """
    @notice What the requester gets back in a final state, in base units.
    """
    return self.escrow(task_id) if status == lifecycle.CANCELLED else self.outcome(task_id).refund


@internal
@view
def held(task_id: uint256) -> uint256:
    """
    @notice What the market holds for one task in base units: the sum of everything that it still owes there.
    """
    progress: progress_word.Progress = self.progress(task_id)
    purse: purse_word.Purse = self.purse(task_id)
    total: uint256 = purse.bonds
    for place: uint256 in range(seats_word.PLACES):
        fee: uint256 = 0
        bond: uint256 = 0
        fee, bond = self.entitlement(task_id, progress, place)
        total += fee + bond
    if progress.status <= lifecycle.SCORING:
        return total + self.escrow(task_id)
    if progress.status != lifecycle.CANCELLED:
        total += purse.budget
    waits: bool = self.parts[task_id][self.tasks[task_id].requester] != 0
    return total + self.rest(task_id, progress.status) if waits else total
