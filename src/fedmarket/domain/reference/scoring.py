"""Verbs of the SCORING state: commit, reveal and confirm, and the two ways in which it ends."""

from eth_abi.abi import encode
from eth_hash.auto import keccak

from fedmarket.domain.lifecycle import Role, Status
from fedmarket.domain.reference.ledger import Ledger
from fedmarket.domain.reference.state import NO_AGREEMENT, ZERO, Part, Task, Vote, refuse, require

MAX_TABLE = 16_384


def commitment_of(chain_id: int, market: str, task_id: int, evaluator: str, table: bytes, salt: bytes) -> bytes:
    """Return the commitment to a score table: bound to chain, contract, task and evaluator."""
    types = ["uint256", "address", "uint256", "address", "bytes32", "bytes32"]
    return keccak(encode(types, [chain_id, market, task_id, evaluator, keccak(table), salt]))


def _evaluator(task: Task, sender: str) -> Part:
    part = task.parts.get(sender)
    if part is None or part.role is not Role.EVALUATOR:
        refuse("not_an_evaluator")
    return part


def commit_scores(market: Ledger, sender: str, task_id: int, commitment: bytes) -> None:
    """Commit to a score table before any is known."""
    task = market.task(task_id, Status.SCORING)
    bit = 1 << _evaluator(task, sender).seat
    require(market.now <= task.commit_deadline, "commit_deadline_passed")
    require(not task.committed & bit, "already_committed")
    require(commitment != ZERO, "empty_commitment")
    task.commitments[sender] = commitment
    task.committed |= bit
    if task.committed.bit_count() == len(task.terms.evaluators):
        task.commits_done_at = market.now
    market.log("ScoresCommitted", task=task_id, evaluator=sender, commitment=commitment)


def reveal_scores(market: Ledger, sender: str, task_id: int, table: bytes, salt: bytes) -> None:
    """Open one's commitment; the table travels in the call, so nobody can withhold it."""
    task = market.task(task_id, Status.SCORING)
    bit = 1 << _evaluator(task, sender).seat
    require(task.commits_done_at or market.now > task.commit_deadline, "commits_open")
    require(market.now <= task.reveal_deadline, "reveal_deadline_passed")
    require(not task.revealed & bit, "already_revealed")
    require(task.committed & bit, "never_committed")
    opened = commitment_of(market.chain_id, market.address, task_id, sender, table, salt)
    require(len(table) <= MAX_TABLE and opened == task.commitments[sender], "wrong_table")
    task.revealed |= bit
    if task.revealed == task.committed:
        task.reveals_done_at = market.now
    market.log("ScoresRevealed", task=task_id, evaluator=sender, table=table, salt=salt)


def confirm(market: Ledger, sender: str, task_id: int, vote: Vote) -> None:
    """Vote for a settlement, or for none; a vote may change until more than half of the seats agree."""
    task = market.task(task_id, Status.SCORING)
    bit = 1 << _evaluator(task, sender).seat
    require(task.reveals_done_at or market.now > task.reveal_deadline, "reveals_open")
    require(market.now <= task.confirm_deadline, "confirm_deadline_passed")
    require(task.revealed & bit, "never_revealed")
    require(task.ballots.get(sender) != vote, "already_confirmed")
    _check_vote(task, vote)
    task.ballots[sender] = vote
    market.log("Confirmed", task=task_id, evaluator=sender, vote=vote)
    if list(task.ballots.values()).count(vote) >= task.terms.quorum:
        if vote == NO_AGREEMENT:
            fall_back(market, None, task_id)
        else:
            _settle(market, task_id, vote)


def _check_vote(task: Task, vote: Vote) -> None:
    if vote.payout_root == ZERO:
        require(vote == NO_AGREEMENT, "bad_vote")
        return
    terms = task.terms
    require(vote.rounds_verified <= task.round, "bad_rounds_verified")
    require(vote.best_round <= vote.rounds_verified, "bad_best_round")
    require((vote.unpaid | vote.forfeited) < 1 << len(terms.evaluators), "bad_seats")
    paid = paid_by(task, vote)
    require(paid.bit_count() >= terms.quorum, "too_few_agree")
    if not terms.open_admission:
        require(vote.debits == 0, "debit_without_rule")
    require(vote.debits + vote.forfeits <= task.purse_bonds, "bonds_exceeded")
    # What is debited goes to other providers, never to the requester, who named the evaluators.
    require(vote.debits <= vote.owed, "debits_not_owed")
    require(vote.owed <= terms.performance + terms.participation + vote.debits, "owed_exceeds_budget")
    fees = terms.aggregator_fee * vote.rounds_verified + terms.evaluator_fee * paid.bit_count()
    require(vote.owed + vote.refund + fees == terms.escrow + vote.debits, "sum_mismatch")


def paid_by(task: Task, vote: Vote) -> int:
    """Return the bitmap of evaluator seats that a vote pays: revealed, not unpaid, not forfeited."""
    return task.revealed & ~vote.unpaid & ~vote.forfeited


def _settle(market: Ledger, task_id: int, vote: Vote) -> None:
    task = market.tasks[task_id]
    everybody = (1 << len(task.terms.evaluators)) - 1
    task.paid_seats = paid_by(task, vote)
    task.forfeited_seats = vote.forfeited | (everybody & ~task.revealed)
    task.rounds_paid, task.best_round = vote.rounds_verified, vote.best_round
    task.payout_root, task.refund = vote.payout_root, vote.refund
    task.purse_budget = vote.owed
    task.purse_bonds -= vote.debits + vote.forfeits
    lost = vote.forfeits + task.forfeited_seats.bit_count() * task.terms.evaluator_bond
    if vote.rounds_verified < task.round:
        task.bad_seat = task.committer_of(vote.rounds_verified + 1)
        if not task.parts[task.terms.aggregators[task.bad_seat]].forfeited:
            lost += task.terms.aggregator_bond
    market.forfeits += lost
    market.move(task_id, Status.SETTLED)
    market.log("TaskSettled", task=task_id, vote=vote, paid=task.paid_seats, forfeited=task.forfeited_seats)


def fall_back(market: Ledger, trigger: str | None, task_id: int) -> None:
    """Settle by delivered rounds, as no table decides; silent seats forfeit, and who called `close` is repaid.

    A quorum may end the confirm window early: a seat that has not voted by then was not silent, if it revealed.
    """
    task = market.tasks[task_id]
    terms = task.terms
    everybody = (1 << len(terms.evaluators)) - 1
    voted = sum(1 << task.parts[account].seat for account in task.ballots)
    task.paid_seats = task.revealed
    task.forfeited_seats = everybody & ~(voted if trigger else task.revealed)
    task.rounds_paid = task.round
    task.purse_budget = fallback_budget(task)
    fees = terms.aggregator_fee * task.round + terms.evaluator_fee * task.paid_seats.bit_count()
    task.refund = terms.escrow - fees - task.purse_budget
    lost = task.forfeited_seats.bit_count() * terms.evaluator_bond
    reward = min(terms.trigger_reward, lost) if trigger else 0
    market.forfeits += lost - reward
    market.move(task_id, Status.FALLBACK)
    if trigger:
        market.push(trigger, reward)
    market.log("TaskFellBack", task=task_id, paid=task.paid_seats, forfeited=task.forfeited_seats, refund=task.refund)


def fallback_budget(task: Task) -> int:
    """Return the most that delivered rounds can earn, in base units: P + A * c // N for c committed rounds of N.

    It is enough for every leaf of every round: weights add up to the joined weight, listed prices to the participation
    money, and nobody delivered more rounds than were committed. What is not claimed of it is swept.
    """
    terms = task.terms
    return terms.performance + terms.participation * task.round // terms.rounds
