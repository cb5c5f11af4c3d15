#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Scoring
@license Apache-2.0
@notice Verbs of the scoring state: commit, reveal and confirm, and the two ways in which it ends.
"""

import events
import ledger
import lifecycle
import outcome_word
import pair_word
import part_word
import progress_word
import purse_word
import refusal
import seats_word
import stake_word
import task_terms

uses: ledger


@external
def commit_scores(task_id: uint256, commitment: bytes32):
    """
    @notice Commit to a score table before any is known.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.IN_SCORING)
    seat: uint256 = self._evaluator_seat(task_id)
    seats: seats_word.Seats = ledger.seats(task_id)
    refusal.require(block.timestamp <= progress.opened_at + seats.commit_window, refusal.COMMIT_DEADLINE_PASSED)
    refusal.require(seats.committed & (1 << seat) == 0, refusal.ALREADY_COMMITTED)
    refusal.require(commitment != empty(bytes32), refusal.EMPTY_COMMITMENT)
    ledger.seals[task_id][seat] = commitment
    seats.committed |= 1 << seat
    if seats.committed == seats_word.everybody(seats.evaluators):
        seats.commits_done_at = block.timestamp
    ledger.save_seats(task_id, seats)
    log events.ScoresCommitted(task=task_id, evaluator=msg.sender, commitment=commitment)


@external
def reveal_scores(task_id: uint256, table: Bytes[task_terms.MAX_TABLE], salt: bytes32):
    """
    @notice Open one's commitment; the table travels in the call, so that nobody can withhold it.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.IN_SCORING)
    seat: uint256 = self._evaluator_seat(task_id)
    seats: seats_word.Seats = ledger.seats(task_id)
    late: bool = block.timestamp > progress.opened_at + seats.commit_window
    refusal.require(seats.commits_done_at != 0 or late, refusal.COMMITS_OPEN)
    deadline: uint256 = seats_word.reveal_deadline(seats, progress.opened_at)
    refusal.require(block.timestamp <= deadline, refusal.REVEAL_DEADLINE_PASSED)
    refusal.require(seats.revealed & (1 << seat) == 0, refusal.ALREADY_REVEALED)
    refusal.require(seats.committed & (1 << seat) != 0, refusal.NEVER_COMMITTED)
    opened: bytes32 = keccak256(abi_encode(chain.id, self, task_id, msg.sender, keccak256(table), salt))
    refusal.require(opened == ledger.seals[task_id][seat], refusal.WRONG_TABLE)
    seats.revealed |= 1 << seat
    if seats.revealed == seats.committed:
        seats.reveals_done_at = block.timestamp
    ledger.save_seats(task_id, seats)
    log events.ScoresRevealed(task=task_id, evaluator=msg.sender, table=table, salt=salt)


@external
def confirm(task_id: uint256, vote: task_terms.Vote):
    """
    @notice Vote for a settlement, or for none; a vote may change until more than half of the seats agree.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.IN_SCORING)
    seat: uint256 = self._evaluator_seat(task_id)
    seats: seats_word.Seats = ledger.seats(task_id)
    late: bool = block.timestamp > seats_word.reveal_deadline(seats, progress.opened_at)
    refusal.require(seats.reveals_done_at != 0 or late, refusal.REVEALS_OPEN)
    deadline: uint256 = seats_word.confirm_deadline(seats, progress.opened_at)
    refusal.require(block.timestamp <= deadline, refusal.CONFIRM_DEADLINE_PASSED)
    bit: uint256 = 1 << seat
    refusal.require(seats.revealed & bit != 0, refusal.NEVER_REVEALED)
    ballot: bytes32 = keccak256(abi_encode(vote))
    refusal.require(seats.voted & bit == 0 or ledger.seals[task_id][seat] != ballot, refusal.ALREADY_CONFIRMED)
    paid: uint256 = self._check_vote(task_id, progress, seats, vote)
    log events.Confirmed(task=task_id, evaluator=msg.sender, vote=vote)
    # the seat's own earlier vote, if any, was another one
    votes: uint256 = self._votes(task_id, seats.voted, ballot) + 1
    seats.voted |= bit
    if votes <= seats.evaluators // 2:
        ledger.seals[task_id][seat] = ballot
        ledger.save_seats(task_id, seats)
    elif vote.payout_root == empty(bytes32):
        self.fall_back(task_id, progress, seats, False)
    else:
        self._settle(task_id, progress, seats, vote, paid)


@internal
@view
def _evaluator_seat(task_id: uint256) -> uint256:
    part: part_word.Part = ledger.part(task_id, msg.sender)
    refusal.require(part.role == lifecycle.EVALUATOR, refusal.NOT_AN_EVALUATOR)
    return part.place - seats_word.EVALUATORS_FROM


@internal
@view
def _votes(task_id: uint256, voters: uint256, ballot: bytes32) -> uint256:
    """
    @notice How many of the seats in the bitmap `voters` cast this ballot.
    """
    votes: uint256 = 0
    for seat: uint256 in range(task_terms.MAX_EVALUATORS):
        if voters & (1 << seat) != 0 and ledger.seals[task_id][seat] == ballot:
            votes += 1
    return votes


@internal
@view
def _check_vote(
    task_id: uint256, progress: progress_word.Progress, seats: seats_word.Seats, vote: task_terms.Vote
) -> uint256:
    """
    @notice Refuse a vote that the task's money or record contradicts; returns the bitmap of the seats that it pays.
    """
    if vote.payout_root == empty(bytes32):
        rest: uint256 = vote.owed | vote.refund | vote.debits | vote.forfeits | vote.rounds_verified
        refusal.require(rest | vote.best_round | vote.unpaid | vote.forfeited == 0, refusal.BAD_VOTE)
        return 0
    refusal.require(vote.rounds_verified <= progress.round, refusal.BAD_ROUNDS_VERIFIED)
    refusal.require(vote.best_round <= vote.rounds_verified, refusal.BAD_BEST_ROUND)
    named: uint256 = seats_word.everybody(seats.evaluators)
    refusal.require(vote.unpaid | vote.forfeited <= named, refusal.BAD_SEATS)
    paid: uint256 = seats.revealed & ~vote.unpaid & ~vote.forfeited
    n_paid: uint256 = seats_word.count(paid)
    refusal.require(n_paid > seats.evaluators // 2, refusal.TOO_FEW_AGREE)
    ruled: bool = vote.debits == 0 or ledger.stake(task_id).open_admission
    refusal.require(ruled, refusal.DEBIT_WITHOUT_RULE)
    purse: purse_word.Purse = ledger.purse(task_id)
    covered: bool = vote.debits <= purse.bonds and vote.forfeits <= purse.bonds - vote.debits
    refusal.require(covered, refusal.BONDS_EXCEEDED)
    # what is debited goes to other providers, never to the requester, who named the evaluators
    refusal.require(vote.debits <= vote.owed, refusal.DEBITS_NOT_OWED)
    budget: uint256 = purse.budget + vote.debits
    refusal.require(vote.owed <= budget, refusal.OWED_EXCEEDS_BUDGET)
    unspent_rounds: uint256 = progress.last_round - vote.rounds_verified
    unspent: uint256 = ledger.fees(task_id, unspent_rounds, seats.evaluators - n_paid)
    refusal.require(vote.refund == budget - vote.owed + unspent, refusal.SUM_MISMATCH)
    return paid


@internal
def _settle(
    task_id: uint256, progress: progress_word.Progress, seats: seats_word.Seats, vote: task_terms.Vote, paid: uint256
):
    """
    @notice Fix what everybody is owed as a quorum voted; who did not reveal forfeits, and whoever committed the first
            round that does not verify.
    """
    bonds: pair_word.PerSeat = ledger.bonds(task_id)
    forfeited: uint256 = vote.forfeited | (seats_word.everybody(seats.evaluators) & ~seats.revealed)
    lost: uint256 = vote.forfeits + seats_word.count(forfeited) * bonds.evaluator
    bad: uint256 = 0
    if vote.rounds_verified < progress.round:
        bad = 1 << seats_word.committer_of(seats.first_rounds, vote.rounds_verified + 1)
        if seats.stalled & bad == 0:
            lost += bonds.aggregator
    ledger.forfeit(lost)
    outcome: outcome_word.Outcome = ledger.outcome(task_id)
    outcome.refund = vote.refund
    outcome.rounds_paid = vote.rounds_verified
    outcome.best_round = vote.best_round
    outcome.paid_seats = paid
    outcome.forfeited = bad | (forfeited << seats_word.EVALUATORS_FROM)
    ledger.tasks[task_id].outcome = outcome_word.pack(outcome)
    ledger.tasks[task_id].payout_root = vote.payout_root
    provider_bonds: uint256 = ledger.purse(task_id).bonds - vote.debits - vote.forfeits
    ledger.save_purse(task_id, vote.owed, provider_bonds)
    ledger.move(task_id, progress, lifecycle.SETTLED)
    log events.TaskSettled(task=task_id, vote=vote, paid=paid, forfeited=forfeited)


@internal
def fall_back(task_id: uint256, progress: progress_word.Progress, seats: seats_word.Seats, repays: bool) -> uint256:
    """
    @notice Settle by delivered rounds, as no table decides; silent seats forfeit; returns what the trigger is repaid.
    @dev A quorum may end the confirm window early: a seat that has not voted by then was not silent, if it revealed.
    """
    stake: stake_word.Stake = ledger.stake(task_id)
    spoke: uint256 = seats.voted if repays else seats.revealed
    forfeited: uint256 = seats_word.everybody(seats.evaluators) & ~spoke
    lost: uint256 = seats_word.count(forfeited) * ledger.bonds(task_id).evaluator
    reward: uint256 = min(stake.trigger_reward, lost) if repays else 0
    ledger.forfeit(lost - reward)
    budget: uint256 = self._fallback_budget(task_id, progress)
    ledger.save_purse(task_id, budget, ledger.purse(task_id).bonds)
    fees: uint256 = ledger.fees(task_id, progress.round, seats_word.count(seats.revealed))
    outcome: outcome_word.Outcome = ledger.outcome(task_id)
    outcome.refund = ledger.escrow(task_id) - fees - budget
    outcome.rounds_paid = progress.round
    outcome.paid_seats = seats.revealed
    outcome.forfeited = forfeited << seats_word.EVALUATORS_FROM
    ledger.tasks[task_id].outcome = outcome_word.pack(outcome)
    ledger.move(task_id, progress, lifecycle.FALLBACK)
    log events.TaskFellBack(task=task_id, paid=seats.revealed, forfeited=forfeited, refund=outcome.refund)
    return reward


@internal
@view
def _fallback_budget(task_id: uint256, progress: progress_word.Progress) -> uint256:
    """
    @notice The most that delivered rounds can earn, in base units: as if everybody had delivered in every round, and
            prices added up to the participation money. What is not claimed of it is swept.
    """
    pay: pair_word.Pay = ledger.pay(task_id)
    return pay.performance + pay.participation * progress.round // progress.last_round
