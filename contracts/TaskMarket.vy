#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title TaskMarket
@license Apache-2.0
@notice Tasks of federated learning and their money: escrow and bonds come in, rounds and votes are recorded, everybody
        claims. Nobody can move another's money, nothing can be upgraded, and every state has a way out.
@dev Every verb: find the task, guard, change, log, call the token last. A verb is allowed at `<=` its deadline and its
     opposite at `>`.
@custom:invariant solvent: the token balance covers what is held for every task and the forfeits.
@custom:invariant conserved: what a task took in is what it paid out, forfeited, and still holds.
@custom:invariant tasks_are_apart: no verb on one task changes what is held for another.
@custom:invariant claims_are_capped: no root, however it lies, pays more than its own task holds for that purpose.
@custom:invariant paid_once: an account's part is removed when it is paid.
@custom:invariant paid_to_the_account: whoever calls, the money goes to the account that it is owed to.
@custom:invariant forward_only: a task only moves along the life-cycle's table; final states absorb.
@custom:invariant way_out: after its last deadline anybody can end a state that is not final.
@custom:invariant one_role: an account has at most one role in a task.
@custom:invariant written_once: a round's slot and a commitment are never rewritten.
@custom:invariant forfeits_pay_nobody: what is forfeited goes to the sink, less the trigger's constant reward.
"""

import events
import lifecycle
import limits_word
import merkle
import outcome_word
import pair_word
import part_word
import payments
import progress_word
import purse_word
import seats_word
import stake_word
import task_terms

initializes: payments
exports: payments.token

MAX_TABLE: constant(uint256) = 16384
SEATS: constant(uint256) = 11
EVALUATORS_FROM: constant(uint256) = 4


struct Task:
    progress: uint256  # progress_word
    seats: uint256  # seats_word
    limits: uint256  # limits_word
    stake: uint256  # stake_word
    purse: uint256  # purse_word
    outcome: uint256  # outcome_word
    pay: uint256  # performance, participation
    fees: uint256  # of the aggregator, of an evaluator
    bonds: uint256  # of an aggregator, of an evaluator
    requester: address
    claim_window: uint96
    initial_model: bytes32
    admission_root: bytes32
    payout_root: bytes32


struct PartView:
    role: uint256
    seat: uint256
    seated: bool
    forfeited: bool
    announced: bool
    weight: uint256
    price: uint256


sink: public(immutable(address))
task_count: public(uint256)
forfeits: public(uint256)
task_of: public(HashMap[address, HashMap[bytes32, uint256]])
round_slot: public(HashMap[uint256, HashMap[uint256, bytes32]])
tasks: HashMap[uint256, Task]
parts: HashMap[uint256, HashMap[address, uint256]]
# by task and evaluator seat: its commitment, and once it voted the hash of its vote
seals: HashMap[uint256, HashMap[uint256, bytes32]]


@deploy
def __init__(token_: address, sink_: address):
    payments.__init__(token_)
    assert sink_ != empty(address) and sink_ != self, "bad_sink"
    sink = sink_


# --- open


@external
def open_task(terms: task_terms.Terms, permit: payments.Permit) -> uint256:
    """
    @notice Escrow the budget and open a task; returns its id, from 1.
    """
    assert self.task_of[msg.sender][terms.terms_hash] == 0, "task_exists"
    task_terms.check(terms)
    task_id: uint256 = self.task_count + 1
    self.task_count = task_id
    self.task_of[msg.sender][terms.terms_hash] = task_id
    self._name_seats(task_id, msg.sender, terms)
    self._store(task_id, msg.sender, terms)
    log events.TaskOpened(task=task_id, requester=msg.sender, terms_hash=terms.terms_hash, terms=terms)
    payments.pull(msg.sender, task_terms.escrow(terms), permit)
    return task_id


@external
def take_seat(task_id: uint256, age_key: bytes32, permit: payments.Permit):
    """
    @notice Accept a named seat and pay its bond.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.IN_OPEN)
    assert block.timestamp <= self._start_deadline(task_id, progress.opened_at), "start_deadline_passed"
    part: part_word.Part = part_word.unpack(self.parts[task_id][msg.sender])
    assert self._is_seat(part.role), "not_a_seat"
    bit: uint256 = self._seat_bit(part.role, part.seat)
    assert progress.seated & bit == 0, "seat_taken"
    progress.seated |= bit
    self.tasks[task_id].progress = progress_word.pack(progress)
    log events.SeatTaken(task=task_id, account=msg.sender, role=part.role, seat=part.seat, age_key=age_key)
    payments.pull(msg.sender, self._seat_bond(task_id, part.role), permit)


@external
def join(
    task_id: uint256,
    listing: bytes32,
    weight: uint256,
    price: uint256,
    proof: DynArray[bytes32, merkle.DEPTH],
    age_key: bytes32,
    permit: payments.Permit,
):
    """
    @notice Join as a provider: by the allow-list's leaf (account, weight, price), or under open admission by a bond
            for `weight` units.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.IN_OPEN)
    limits: limits_word.Limits = limits_word.unpack(self.tasks[task_id].limits)
    assert block.timestamp <= progress.opened_at + limits.join_window, "join_deadline_passed"
    assert self.parts[task_id][msg.sender] == 0, "one_role_only"
    assert progress.providers < limits.max_providers, "task_full"
    assert weight >= 1 and weight < task_terms.WEIGHT_LIMIT, "bad_weight"
    assert price < task_terms.AMOUNT_LIMIT, "amount_too_large"
    assert progress.total_weight + weight <= limits.max_weight, "too_much_weight"
    stake: stake_word.Stake = stake_word.unpack(self.tasks[task_id].stake)
    if stake.open_admission:
        assert price == 0, "open_with_prices"
    else:
        leaf: bytes32 = keccak256(abi_encode(msg.sender, weight, price))
        assert merkle.proves(self.tasks[task_id].admission_root, leaf, proof), "not_admitted"
    bond: uint256 = stake_word.bond_of(stake, weight)
    part: part_word.Part = part_word.Part(role=lifecycle.PROVIDER, seat=0, announced=0, weight=weight, price=price)
    self.parts[task_id][msg.sender] = part_word.pack(part)
    progress.providers += 1
    progress.total_weight += weight
    self.tasks[task_id].progress = progress_word.pack(progress)
    self.tasks[task_id].purse += purse_word.pack(purse_word.Purse(budget=0, bonds=bond))
    log events.Joined(
        task=task_id, account=msg.sender, listing=listing, weight=weight, price=price, bond=bond, age_key=age_key
    )
    payments.pull(msg.sender, bond, permit)


@external
def cancel(task_id: uint256):
    """
    @notice Let the requester withdraw a task that has not started.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.IN_OPEN)
    self._only_requester(task_id)
    assert block.timestamp <= self._start_deadline(task_id, progress.opened_at), "start_deadline_passed"
    self._move(task_id, progress, lifecycle.CANCELLED)
    log events.TaskCancelled(task=task_id, caller=msg.sender)


@external
def start(task_id: uint256):
    """
    @notice Begin training once every seat is taken and enough providers have joined; anyone may.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.IN_OPEN)
    limits: limits_word.Limits = limits_word.unpack(self.tasks[task_id].limits)
    seats: seats_word.Seats = seats_word.unpack(self.tasks[task_id].seats)
    join_deadline: uint256 = progress.opened_at + limits.join_window
    assert block.timestamp <= join_deadline + limits.start_window, "start_deadline_passed"
    everybody: uint256 = seats_word.everybody(seats.evaluators) << EVALUATORS_FROM
    assert progress.seated == everybody | seats_word.everybody(seats.aggregators), "seat_empty"
    assert progress.providers >= limits.min_providers, "too_few_providers"
    assert progress.total_weight >= limits.min_weight, "too_little_weight"
    full: bool = progress.providers == limits.max_providers
    assert block.timestamp > join_deadline or full, "joining_open"
    self._move(task_id, progress, lifecycle.TRAINING)
    log events.TaskStarted(task=task_id, caller=msg.sender)


# --- train


@external
def announce(task_id: uint256, round_number: uint256, update: bytes32, blob: bytes32):
    """
    @notice Put an update on record when the aggregator seems deaf.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.IN_TRAINING)
    part: part_word.Part = part_word.unpack(self.parts[task_id][msg.sender])
    assert part.role == lifecycle.PROVIDER, "not_a_provider"
    assert round_number == progress.round + 1, "wrong_round"
    assert block.timestamp <= progress.opened_at + progress.submit_window, "submit_deadline_passed"
    part.announced = 1
    self.parts[task_id][msg.sender] = part_word.pack(part)
    log events.UpdateAnnounced(
        task=task_id, provider=msg.sender, round=round_number, attempt=progress.attempt, update=update, blob=blob
    )


@external
def commit_round(
    task_id: uint256,
    round_number: uint256,
    updates_root: bytes32,
    model: bytes32,
    manifest: bytes32,
    n_updates: uint256,
    delivered_weight: uint256,
):
    """
    @notice Commit one round; the last one opens scoring.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.IN_TRAINING)
    part: part_word.Part = part_word.unpack(self.parts[task_id][msg.sender])
    assert part.role == lifecycle.AGGREGATOR and part.seat == progress.attempt, "not_the_aggregator"
    assert round_number == progress.round + 1, "wrong_round"
    assert block.timestamp > progress.opened_at + progress.submit_window, "submission_open"
    assert block.timestamp <= progress.opened_at + progress.round_window, "round_deadline_passed"
    assert model != empty(bytes32) and manifest != empty(bytes32), "empty_commitment"
    assert n_updates <= progress.providers, "too_many_updates"
    assert delivered_weight <= progress.total_weight, "too_much_weight"
    nobody: bool = n_updates == 0 and delivered_weight != 0
    assert n_updates <= delivered_weight and not nobody, "weight_without_updates"
    self.round_slot[task_id][round_number] = keccak256(abi_encode(updates_root, model, manifest))
    progress.round = round_number
    progress.delivered_weight += delivered_weight
    last: bool = round_number == progress.last_round
    self._move(task_id, progress, lifecycle.SCORING if last else lifecycle.TRAINING)
    log events.RoundCommitted(
        task=task_id,
        round=round_number,
        attempt=progress.attempt,
        updates_root=updates_root,
        model=model,
        manifest=manifest,
        n_updates=n_updates,
        delivered_weight=delivered_weight,
    )


@external
def take_over(task_id: uint256):
    """
    @notice Let a standby replace an aggregator that let its window pass; the stalled bond is forfeited.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.IN_TRAINING)
    part: part_word.Part = part_word.unpack(self.parts[task_id][msg.sender])
    assert part.role == lifecycle.AGGREGATOR and part.seat > progress.attempt, "not_a_standby"
    seats: seats_word.Seats = seats_word.unpack(self.tasks[task_id].seats)
    turn: uint256 = progress.opened_at + progress.round_window * (part.seat - progress.attempt)
    assert block.timestamp > turn, "not_your_turn"
    assert block.timestamp <= self._training_deadline(progress, seats.aggregators), "training_deadline_passed"
    first_round: uint256 = progress.round + 1
    seats.first_rounds |= first_round << (16 * part.seat)
    reward: uint256 = self._forfeit_active(task_id, progress.attempt, seats)
    progress.attempt = part.seat
    self._move(task_id, progress, lifecycle.TRAINING)
    log events.TakenOver(task=task_id, aggregator=msg.sender, attempt=part.seat, first_round=first_round)
    payments.push(msg.sender, reward)


@external
def stop(task_id: uint256):
    """
    @notice Let the requester end training early; whether the gains were small enough is for the evaluators.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.IN_TRAINING)
    self._only_requester(task_id)
    assert progress.round >= limits_word.unpack(self.tasks[task_id].limits).patience, "too_early"
    assert block.timestamp <= progress.opened_at + progress.round_window, "round_deadline_passed"
    self._move(task_id, progress, lifecycle.SCORING)
    log events.TrainingStopped(task=task_id, round=progress.round)


@external
def close(task_id: uint256):
    """
    @notice Take the way out of a state whose last deadline has passed; anyone may.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.CLOSABLE)
    seats: seats_word.Seats = seats_word.unpack(self.tasks[task_id].seats)
    status: uint256 = lifecycle.CANCELLED
    reward: uint256 = 0
    deadline: uint256 = 0
    if progress.status == lifecycle.OPEN:
        deadline = self._start_deadline(task_id, progress.opened_at)
    elif progress.status == lifecycle.TRAINING:
        deadline = self._training_deadline(progress, seats.aggregators)
    else:
        deadline = seats_word.confirm_deadline(seats, progress.opened_at)
    assert block.timestamp > deadline, "too_early"
    if progress.status == lifecycle.SCORING:
        status = lifecycle.FALLBACK
        reward = self._fall_back(task_id, progress, seats, True)
    else:
        if progress.status == lifecycle.TRAINING:
            reward = self._forfeit_active(task_id, progress.attempt, seats)
            if progress.round != 0:
                status = lifecycle.SCORING
        self._move(task_id, progress, status)
    log events.TaskClosed(task=task_id, caller=msg.sender, status=status)
    payments.push(msg.sender, reward)


# --- score


@external
def commit_scores(task_id: uint256, commitment: bytes32):
    """
    @notice Commit to a score table before any is known.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.IN_SCORING)
    seat: uint256 = self._evaluator_seat(task_id)
    seats: seats_word.Seats = seats_word.unpack(self.tasks[task_id].seats)
    assert block.timestamp <= progress.opened_at + seats.commit_window, "commit_deadline_passed"
    assert seats.committed & (1 << seat) == 0, "already_committed"
    assert commitment != empty(bytes32), "empty_commitment"
    self.seals[task_id][seat] = commitment
    seats.committed |= 1 << seat
    if seats.committed == seats_word.everybody(seats.evaluators):
        seats.commits_done_at = block.timestamp
    self.tasks[task_id].seats = seats_word.pack(seats)
    log events.ScoresCommitted(task=task_id, evaluator=msg.sender, commitment=commitment)


@external
def reveal_scores(task_id: uint256, table: Bytes[MAX_TABLE], salt: bytes32):
    """
    @notice Open one's commitment; the table travels in the call, so that nobody can withhold it.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.IN_SCORING)
    seat: uint256 = self._evaluator_seat(task_id)
    seats: seats_word.Seats = seats_word.unpack(self.tasks[task_id].seats)
    late: bool = block.timestamp > progress.opened_at + seats.commit_window
    assert seats.commits_done_at != 0 or late, "commits_open"
    assert block.timestamp <= seats_word.reveal_deadline(seats, progress.opened_at), "reveal_deadline_passed"
    assert seats.revealed & (1 << seat) == 0, "already_revealed"
    assert seats.committed & (1 << seat) != 0, "never_committed"
    opened: bytes32 = keccak256(abi_encode(chain.id, self, task_id, msg.sender, keccak256(table), salt))
    assert opened == self.seals[task_id][seat], "wrong_table"
    seats.revealed |= 1 << seat
    if seats.revealed == seats.committed:
        seats.reveals_done_at = block.timestamp
    self.tasks[task_id].seats = seats_word.pack(seats)
    log events.ScoresRevealed(task=task_id, evaluator=msg.sender, table=table, salt=salt)


@external
def confirm(task_id: uint256, vote: task_terms.Vote):
    """
    @notice Vote for a settlement, or for none; a vote may change until more than half of the seats agree.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.IN_SCORING)
    seat: uint256 = self._evaluator_seat(task_id)
    seats: seats_word.Seats = seats_word.unpack(self.tasks[task_id].seats)
    late: bool = block.timestamp > seats_word.reveal_deadline(seats, progress.opened_at)
    assert seats.reveals_done_at != 0 or late, "reveals_open"
    assert block.timestamp <= seats_word.confirm_deadline(seats, progress.opened_at), "confirm_deadline_passed"
    bit: uint256 = 1 << seat
    assert seats.revealed & bit != 0, "never_revealed"
    ballot: bytes32 = keccak256(abi_encode(vote))
    assert seats.voted & bit == 0 or self.seals[task_id][seat] != ballot, "already_confirmed"
    paid: uint256 = self._check_vote(task_id, progress, seats, vote)
    log events.Confirmed(task=task_id, evaluator=msg.sender, vote=vote)
    others: uint256 = seats.voted & ~bit
    seats.voted |= bit
    if self._votes(task_id, others, ballot) + 1 < self._quorum(seats.evaluators):
        self.seals[task_id][seat] = ballot
        self.tasks[task_id].seats = seats_word.pack(seats)
    elif vote.payout_root == empty(bytes32):
        self._fall_back(task_id, progress, seats, False)
    else:
        self._settle(task_id, progress, seats, vote, paid)


# --- pay


@external
def claim(
    task_id: uint256,
    account: address,
    owed: uint256,
    debit: uint256,
    share_ppb: uint256,
    proof: DynArray[bytes32, merkle.DEPTH],
):
    """
    @notice Pay a provider what its settlement leaf says, and its bond less the debit; anyone may.
    """
    self._find(task_id, lifecycle.IN_SETTLED)
    part: part_word.Part = self._provider(task_id, account)
    leaf: bytes32 = keccak256(abi_encode(account, owed, debit, share_ppb))
    assert merkle.proves(self.tasks[task_id].payout_root, leaf, proof), "wrong_proof"
    bond: uint256 = stake_word.bond_of(stake_word.unpack(self.tasks[task_id].stake), part.weight)
    self._pay(task_id, account, owed, bond - min(debit, bond))


@external
def claim_fallback(
    task_id: uint256,
    account: address,
    update: bytes32,
    delivered: uint256,
    updates_root: bytes32,
    model: bytes32,
    manifest: bytes32,
    proof: DynArray[bytes32, merkle.DEPTH],
):
    """
    @notice Pay a provider by weight and delivered rounds from the last round's leaf (account, update, delivered); an
            announcer at least its bond; anyone may.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.IN_FALLBACK)
    part: part_word.Part = self._provider(task_id, account)
    if delivered == 0:
        assert part.announced != 0, "never_delivered"
    else:
        slot: bytes32 = keccak256(abi_encode(updates_root, model, manifest))
        assert slot == self.round_slot[task_id][progress.round], "wrong_round_slot"
        leaf: bytes32 = keccak256(abi_encode(account, update, delivered))
        assert merkle.proves(updates_root, leaf, proof), "wrong_proof"
        assert delivered <= progress.round, "too_many_delivered"
    stake: stake_word.Stake = stake_word.unpack(self.tasks[task_id].stake)
    owed: uint256 = self._earned(task_id, progress, part, stake.priced, delivered)
    self._pay(task_id, account, owed, stake_word.bond_of(stake, part.weight))


@external
def claim_seat(task_id: uint256, account: address):
    """
    @notice Pay a seat its fees and, unless forfeited, its bond; anyone may.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.PAYING)
    part: part_word.Part = part_word.unpack(self.parts[task_id][account])
    assert self._is_seat(part.role), "nothing_owed"
    fee: uint256 = 0
    bond: uint256 = 0
    fee, bond = self._entitlement(task_id, progress, part.role, part.seat)
    self._leave_seat(task_id, account, progress, part)
    log events.SeatClaimed(task=task_id, account=account, fee=fee, bond=bond)
    payments.push(account, fee + bond)


@external
def refund(task_id: uint256, account: address):
    """
    @notice Return the requester's rest; in a cancelled task, everybody's money; anyone may.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.FINAL)
    part: part_word.Part = part_word.unpack(self.parts[task_id][account])
    assert part.role != lifecycle.NOBODY, "nothing_owed"
    cancelled: bool = progress.status == lifecycle.CANCELLED
    assert cancelled or part.role == lifecycle.REQUESTER, "nothing_owed"
    amount: uint256 = 0
    if part.role == lifecycle.REQUESTER:
        amount = self._rest(task_id, progress, cancelled)
        self.parts[task_id][account] = 0
    elif part.role == lifecycle.PROVIDER:
        amount = stake_word.bond_of(stake_word.unpack(self.tasks[task_id].stake), part.weight)
        self.tasks[task_id].purse = purse_word.less(self.tasks[task_id].purse, 0, amount)
        self.parts[task_id][account] = 0
    else:
        fee: uint256 = 0
        fee, amount = self._entitlement(task_id, progress, part.role, part.seat)
        self._leave_seat(task_id, account, progress, part)
    log events.Refunded(task=task_id, account=account, amount=amount)
    payments.push(account, amount)


@external
def sweep(task_id: uint256):
    """
    @notice Return to the requester what nobody claimed in time; a fallback's unclaimed bonds go to the sink; anyone may.
    """
    progress: progress_word.Progress = self._find(task_id, lifecycle.PAYING)
    assert block.timestamp > progress.opened_at + convert(self.tasks[task_id].claim_window, uint256), "too_early"
    purse: purse_word.Purse = purse_word.unpack(self.tasks[task_id].purse)
    assert purse.budget + purse.bonds > 0, "nothing_owed"
    self.tasks[task_id].purse = 0
    amount: uint256 = purse.budget
    if progress.status == lifecycle.FALLBACK:
        self.forfeits += purse.bonds
    else:
        amount += purse.bonds
    log events.Swept(task=task_id, amount=amount)
    payments.push(self.tasks[task_id].requester, amount)


@external
def flush_forfeits():
    """
    @notice Send everything forfeited so far to the sink; anyone may.
    """
    amount: uint256 = self.forfeits
    assert amount > 0, "nothing_owed"
    self.forfeits = 0
    log events.ForfeitsFlushed(amount=amount)
    payments.push(sink, amount)
