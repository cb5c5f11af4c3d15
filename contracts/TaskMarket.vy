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
@custom:invariant-solvent the token balance covers what is held for every task and the forfeits.
@custom:invariant-conserved what a task took in is what it paid out, forfeited, and still holds.
@custom:invariant-tasks_are_apart no verb on one task changes what is held for another.
@custom:invariant-claims_are_capped no root, however it lies, pays more than its own task holds for that purpose.
@custom:invariant-paid_once an account's part is removed when it is paid.
@custom:invariant-paid_to_the_account whoever calls, the money goes to the account that it is owed to.
@custom:invariant-forward_only a task only moves along the life-cycle's table; final states absorb.
@custom:invariant-way_out after its last deadline anybody can end a state that is not final.
@custom:invariant-one_role an account has at most one role in a task.
@custom:invariant-written_once a round's slot and a commitment are never rewritten.
@custom:invariant-forfeits_pay_nobody what is forfeited goes to the sink, less the trigger's constant reward.
"""

import ledger
import opening
import outcome_word
import part_word
import payment
import payments
import progress_word
import purse_word
import scoring
import seats_word
import training

initializes: ledger
initializes: payments
initializes: opening[ledger := ledger, payments := payments]
initializes: scoring[ledger := ledger]
initializes: training[ledger := ledger, payments := payments, scoring := scoring]
initializes: payment[ledger := ledger, payments := payments]

exports: (
    opening.open_task,
    opening.take_seat,
    opening.join,
    opening.cancel,
    opening.start,
    training.announce,
    training.commit_round,
    training.take_over,
    training.stop,
    training.close,
    scoring.commit_scores,
    scoring.reveal_scores,
    scoring.confirm,
    payment.claim,
    payment.claim_fallback,
    payment.claim_seat,
    payment.refund,
    payment.sweep,
    payment.flush_forfeits,
    payments.token,
    payments.sink,
    ledger.task_count,
    ledger.task_of,
    ledger.round_slot,
    ledger.forfeits,
)


struct Binding:
    requester: address
    initial_model: bytes32
    payout_root: bytes32  # zero until the task is settled


@deploy
def __init__(token: address, sink: address):
    """
    @notice A market for one token; what is forfeited goes to `sink`.
    """
    ledger.__init__()
    payments.__init__(token, sink)


# --- what anybody may read; the whole history is in the events


@external
@view
def progress(task_id: uint256) -> progress_word.Progress:
    """
    @notice Where a task stands.
    """
    return ledger.progress(task_id)


@external
@view
def seats(task_id: uint256) -> seats_word.Seats:
    """
    @notice What the named seats did.
    """
    return ledger.seats(task_id)


@external
@view
def outcome(task_id: uint256) -> outcome_word.Outcome:
    """
    @notice How a task ended.
    """
    return ledger.outcome(task_id)


@external
@view
def purse(task_id: uint256) -> purse_word.Purse:
    """
    @notice What is held for the providers of a task.
    """
    return ledger.purse(task_id)


@external
@view
def part(task_id: uint256, account: address) -> part_word.Part:
    """
    @notice An account's part in a task; all zero once it has been paid.
    """
    return ledger.part(task_id, account)


@external
@view
def binding(task_id: uint256) -> Binding:
    """
    @notice What other contracts bind to.
    """
    return Binding(
        requester=ledger.tasks[task_id].requester,
        initial_model=ledger.tasks[task_id].initial_model,
        payout_root=ledger.tasks[task_id].payout_root,
    )


@external
@view
def held(task_id: uint256) -> uint256:
    """
    @notice What the market holds for one task, in base units.
    """
    return ledger.held(task_id)
