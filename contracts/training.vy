#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Training
@license Apache-2.0
@notice Verbs of the training state, and `close`, the way out of every state whose last deadline has passed.
"""

import events
import ledger
import lifecycle
import part_word
import payments
import progress_word
import refusal
import scoring
import seats_word

uses: ledger
uses: payments
uses: scoring


@external
def announce(task_id: uint256, round_number: uint256, update: bytes32, blob: bytes32):
    """
    @notice Put an update on record when the aggregator seems deaf.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.IN_TRAINING)
    part: part_word.Part = ledger.part(task_id, msg.sender)
    refusal.require(part.role == lifecycle.PROVIDER, refusal.NOT_A_PROVIDER)
    refusal.require(round_number == progress.round + 1, refusal.WRONG_ROUND)
    refusal.require(block.timestamp <= progress.opened_at + progress.submit_window, refusal.SUBMIT_DEADLINE_PASSED)
    part.announced = 1
    ledger.save_part(task_id, msg.sender, part)
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
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.IN_TRAINING)
    part: part_word.Part = ledger.part(task_id, msg.sender)
    refusal.require(part.role == lifecycle.AGGREGATOR and part.place == progress.attempt, refusal.NOT_THE_AGGREGATOR)
    refusal.require(round_number == progress.round + 1, refusal.WRONG_ROUND)
    refusal.require(block.timestamp > progress.opened_at + progress.submit_window, refusal.SUBMISSION_OPEN)
    refusal.require(block.timestamp <= progress.opened_at + progress.round_window, refusal.ROUND_DEADLINE_PASSED)
    refusal.require(model != empty(bytes32) and manifest != empty(bytes32), refusal.EMPTY_COMMITMENT)
    refusal.require(n_updates <= progress.providers, refusal.TOO_MANY_UPDATES)
    refusal.require(delivered_weight <= progress.total_weight, refusal.TOO_MUCH_WEIGHT)
    nobody: bool = n_updates == 0 and delivered_weight != 0
    refusal.require(n_updates <= delivered_weight and not nobody, refusal.WEIGHT_WITHOUT_UPDATES)
    ledger.round_slot[task_id][round_number] = keccak256(abi_encode(updates_root, model, manifest))
    progress.round = round_number
    last: bool = round_number == progress.last_round
    ledger.move(task_id, progress, lifecycle.SCORING if last else lifecycle.TRAINING)
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
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.IN_TRAINING)
    part: part_word.Part = ledger.part(task_id, msg.sender)
    refusal.require(part.role == lifecycle.AGGREGATOR and part.place > progress.attempt, refusal.NOT_A_STANDBY)
    seats: seats_word.Seats = ledger.seats(task_id)
    turn: uint256 = progress.opened_at + progress.round_window * (part.place - progress.attempt)
    refusal.require(block.timestamp > turn, refusal.NOT_YOUR_TURN)
    deadline: uint256 = self._training_deadline(progress, seats.aggregators)
    refusal.require(block.timestamp <= deadline, refusal.TRAINING_DEADLINE_PASSED)
    first_round: uint256 = progress.round + 1
    seats.first_rounds |= first_round << (16 * part.place)
    reward: uint256 = self._forfeit_active(task_id, progress.attempt, seats)
    progress.attempt = part.place
    ledger.move(task_id, progress, lifecycle.TRAINING)
    log events.TakenOver(task=task_id, aggregator=msg.sender, attempt=part.place, first_round=first_round)
    payments.push(msg.sender, reward)


@external
def stop(task_id: uint256):
    """
    @notice Let the requester end training early; whether the gains were small enough is for the evaluators.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.IN_TRAINING)
    ledger.only_requester(task_id)
    patience: uint256 = ledger.limits(task_id).patience
    refusal.require(progress.round >= patience, refusal.TOO_EARLY)
    refusal.require(block.timestamp <= progress.opened_at + progress.round_window, refusal.ROUND_DEADLINE_PASSED)
    ledger.move(task_id, progress, lifecycle.SCORING)
    log events.TrainingStopped(task=task_id, round=progress.round)


@external
def close(task_id: uint256):
    """
    @notice Take the way out of a state whose last deadline has passed; anyone may.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.CLOSABLE)
    seats: seats_word.Seats = ledger.seats(task_id)
    status: uint256 = lifecycle.CANCELLED
    reward: uint256 = 0
    deadline: uint256 = 0
    if progress.status == lifecycle.OPEN:
        deadline = ledger.start_deadline(task_id, progress.opened_at)
    elif progress.status == lifecycle.TRAINING:
        deadline = self._training_deadline(progress, seats.aggregators)
    else:
        deadline = seats_word.confirm_deadline(seats, progress.opened_at)
    refusal.require(block.timestamp > deadline, refusal.TOO_EARLY)
    if progress.status == lifecycle.SCORING:
        status = lifecycle.FALLBACK
        reward = scoring.fall_back(task_id, progress, seats, True)
    else:
        if progress.status == lifecycle.TRAINING:
            reward = self._forfeit_active(task_id, progress.attempt, seats)
            if progress.round != 0:
                status = lifecycle.SCORING
        ledger.move(task_id, progress, status)
    log events.TaskClosed(task=task_id, caller=msg.sender, status=status)
    payments.push(msg.sender, reward)


@internal
@view
def _training_deadline(progress: progress_word.Progress, aggregators: uint256) -> uint256:
    return progress.opened_at + progress.round_window * (aggregators - progress.attempt)


@internal
def _forfeit_active(task_id: uint256, attempt: uint256, seats: seats_word.Seats) -> uint256:
    """
    @notice Forfeit the active aggregator's bond and write the seats down; returns what the caller is repaid of it.
    """
    after: seats_word.Seats = seats
    after.stalled |= 1 << attempt
    ledger.save_seats(task_id, after)
    bond: uint256 = ledger.bonds(task_id).aggregator
    reward: uint256 = ledger.stake(task_id).trigger_reward  # at most half a bond, see task_terms
    ledger.forfeit(bond - reward)
    return reward
