#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Opening
@license Apache-2.0
@notice Verbs of the open state: open_task, take_seat, join, cancel, start.
"""

import events
import ledger
import lifecycle
import limits_word
import merkle
import outcome_word
import pair_word
import part_word
import payments
import progress_word
import purse_word
import refusal
import seats_word
import stake_word
import task_terms

uses: ledger
uses: payments


@external
def open_task(terms: task_terms.Terms, permit: payments.Permit) -> uint256:
    """
    @notice Escrow the budget and open a task; returns its id, from 1.
    """
    refusal.require(ledger.task_of[msg.sender][terms.terms_hash] == 0, refusal.TASK_EXISTS)
    escrow: uint256 = task_terms.check(terms)
    task_id: uint256 = ledger.task_count + 1
    ledger.task_count = task_id
    ledger.task_of[msg.sender][terms.terms_hash] = task_id
    self._store(task_id, terms)
    log events.TaskOpened(task=task_id, requester=msg.sender, terms_hash=terms.terms_hash, terms=terms)
    payments.pull(msg.sender, escrow, permit)
    return task_id


@external
def take_seat(task_id: uint256, age_key: bytes32, permit: payments.Permit):
    """
    @notice Accept a named seat and pay its bond.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.IN_OPEN)
    self._before_start_deadline(task_id, progress.opened_at)
    part: part_word.Part = ledger.part(task_id, msg.sender)
    refusal.require((lifecycle.SEATS >> part.role) & 1 == 1, refusal.NOT_A_SEAT)
    bit: uint256 = 1 << part.place
    refusal.require(progress.seated & bit == 0, refusal.SEAT_TAKEN)
    progress.seated |= bit
    ledger.save(task_id, progress)
    bonds: pair_word.PerSeat = ledger.bonds(task_id)
    bond: uint256 = bonds.aggregator
    seat: uint256 = part.place
    if part.role == lifecycle.EVALUATOR:
        bond = bonds.evaluator
        seat = part.place - seats_word.EVALUATORS_FROM
        ledger.seals[task_id][seat] = age_key
    log events.SeatTaken(task=task_id, account=msg.sender, role=part.role, seat=seat, age_key=age_key)
    payments.pull(msg.sender, bond, permit)


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
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.IN_OPEN)
    limits: limits_word.Limits = ledger.limits(task_id)
    refusal.require(block.timestamp <= progress.opened_at + limits.join_window, refusal.JOIN_DEADLINE_PASSED)
    refusal.require(ledger.parts[task_id][msg.sender] == 0, refusal.ONE_ROLE_ONLY)
    refusal.require(progress.providers < limits.max_providers, refusal.TASK_FULL)
    refusal.require(weight >= 1 and weight < task_terms.WEIGHT_LIMIT, refusal.BAD_WEIGHT)
    refusal.require(price < task_terms.AMOUNT_LIMIT, refusal.AMOUNT_TOO_LARGE)
    refusal.require(progress.total_weight + weight <= limits.max_weight, refusal.TOO_MUCH_WEIGHT)
    stake: stake_word.Stake = ledger.stake(task_id)
    if stake.open_admission:
        refusal.require(price == 0, refusal.OPEN_WITH_PRICES)
    else:
        leaf: bytes32 = keccak256(abi_encode(msg.sender, weight, price))
        admitted: bool = merkle.proves(ledger.tasks[task_id].admission_root, leaf, proof)
        refusal.require(admitted, refusal.NOT_ADMITTED)
    bond: uint256 = stake_word.bond_of(stake, weight)
    part: part_word.Part = part_word.Part(role=lifecycle.PROVIDER, place=0, announced=0, weight=weight, price=price)
    ledger.save_part(task_id, msg.sender, part)
    progress.providers += 1
    progress.total_weight += weight
    ledger.save(task_id, progress)
    ledger.tasks[task_id].purse += purse_word.pack(purse_word.Purse(budget=0, bonds=bond))
    log events.Joined(
        task=task_id, account=msg.sender, listing=listing, weight=weight, price=price, bond=bond, age_key=age_key
    )
    payments.pull(msg.sender, bond, permit)


@external
def cancel(task_id: uint256):
    """
    @notice Let the requester withdraw a task that has not started.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.IN_OPEN)
    ledger.only_requester(task_id)
    self._before_start_deadline(task_id, progress.opened_at)
    ledger.move(task_id, progress, lifecycle.CANCELLED)
    log events.TaskCancelled(task=task_id, caller=msg.sender)


@external
def start(task_id: uint256):
    """
    @notice Begin training once every seat is taken and enough providers have joined; anyone may.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.IN_OPEN)
    limits: limits_word.Limits = ledger.limits(task_id)
    seats: seats_word.Seats = ledger.seats(task_id)
    self._before_start_deadline(task_id, progress.opened_at)
    taken: uint256 = seats_word.everybody(seats.aggregators)
    taken |= seats_word.everybody(seats.evaluators) << seats_word.EVALUATORS_FROM
    refusal.require(progress.seated == taken, refusal.SEAT_EMPTY)
    refusal.require(progress.providers >= limits.min_providers, refusal.TOO_FEW_PROVIDERS)
    refusal.require(progress.total_weight >= limits.min_weight, refusal.TOO_LITTLE_WEIGHT)
    full: bool = progress.providers == limits.max_providers
    refusal.require(full or block.timestamp > progress.opened_at + limits.join_window, refusal.JOINING_OPEN)
    ledger.move(task_id, progress, lifecycle.TRAINING)
    log events.TaskStarted(task=task_id, caller=msg.sender)


@internal
@view
def _before_start_deadline(task_id: uint256, opened_at: uint256):
    deadline: uint256 = ledger.start_deadline(task_id, opened_at)
    refusal.require(block.timestamp <= deadline, refusal.START_DEADLINE_PASSED)


@internal
def _name(task_id: uint256, account: address, role: uint256, place: uint256):
    """
    @notice Give a seat to the account that the terms name.
    @custom:invariant-one_role requester, seats and providers are all entered where nobody is entered yet.
    """
    refusal.require(account != empty(address), refusal.BAD_SEAT)
    refusal.require(ledger.parts[task_id][account] == 0, refusal.ONE_ROLE_ONLY)
    part: part_word.Part = part_word.Part(role=role, place=place, announced=0, weight=0, price=0)
    ledger.save_part(task_id, account, part)


@internal
def _store(task_id: uint256, terms: task_terms.Terms):
    """
    @notice Write a new task down, and a part for its requester and for each named seat.
    """
    ledger.parts[task_id][msg.sender] = lifecycle.REQUESTER
    place: uint256 = 0
    for account: address in terms.aggregators:
        self._name(task_id, account, lifecycle.AGGREGATOR, place)
        place += 1
    place = seats_word.EVALUATORS_FROM
    for account: address in terms.evaluators:
        self._name(task_id, account, lifecycle.EVALUATOR, place)
        place += 1
    windows: task_terms.Windows = terms.windows
    ledger.tasks[task_id].progress = progress_word.pack(
        progress_word.Progress(
            status=lifecycle.OPEN,
            attempt=0,
            round=0,
            last_round=terms.rounds,
            opened_at=block.timestamp,
            submit_window=windows.submit,
            round_window=windows.round,
            providers=0,
            total_weight=0,
            seated=0,
        )
    )
    ledger.tasks[task_id].seats = seats_word.pack(
        seats_word.Seats(
            aggregators=len(terms.aggregators),
            evaluators=len(terms.evaluators),
            first_rounds=1,
            stalled=0,
            committed=0,
            revealed=0,
            voted=0,
            commits_done_at=0,
            reveals_done_at=0,
            commit_window=windows.commit,
            reveal_window=windows.reveal,
            confirm_window=windows.confirm,
        )
    )
    ledger.tasks[task_id].limits = limits_word.pack(
        limits_word.Limits(
            join_window=windows.join,
            start_window=windows.start,
            patience=terms.patience,
            min_providers=terms.min_providers,
            max_providers=terms.max_providers,
            min_weight=terms.min_weight,
            max_weight=terms.max_weight,
        )
    )
    ledger.tasks[task_id].stake = stake_word.pack(
        stake_word.Stake(
            provider_bond=terms.provider_bond,
            trigger_reward=terms.trigger_reward,
            open_admission=terms.admission_root == empty(bytes32),
            priced=terms.priced,
        )
    )
    ledger.tasks[task_id].outcome = outcome_word.pack(
        outcome_word.Outcome(
            refund=0,
            rounds_paid=0,
            best_round=0,
            paid_seats=0,
            forfeited=0,
            claim_window=windows.claim,
            royalty_bps=terms.royalty_bps,
        )
    )
    budget: uint256 = terms.performance + terms.participation
    ledger.save_purse(task_id, budget, 0)
    ledger.tasks[task_id].pay = pair_word.pack(terms.performance, terms.participation)
    ledger.tasks[task_id].fees = pair_word.pack(terms.aggregator_fee, terms.evaluator_fee)
    ledger.tasks[task_id].bonds = pair_word.pack(terms.aggregator_bond, terms.evaluator_bond)
    ledger.tasks[task_id].requester = msg.sender
    ledger.tasks[task_id].initial_model = terms.initial_model
    ledger.tasks[task_id].admission_root = terms.admission_root
