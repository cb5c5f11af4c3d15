#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Payment
@license Apache-2.0
@notice Verbs of the final states: claims, refunds, the sweep, and the forfeits' way to the sink.
"""

import events
import ledger
import lifecycle
import merkle
import pair_word
import part_word
import payments
import progress_word
import purse_word
import refusal
import stake_word

uses: ledger
uses: payments


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
    payout_root: bytes32 = ledger.tasks[task_id].payout_root
    if payout_root == empty(bytes32):
        # it is written when a task settles and never otherwise, so this refuses, with the reason
        ledger.must_stand(task_id, lifecycle.IN_SETTLED)
    part: part_word.Part = self._provider(task_id, account)
    leaf: bytes32 = keccak256(abi_encode(account, owed, debit, share_ppb))
    proved: bool = merkle.proves(payout_root, leaf, proof)
    refusal.require(proved, refusal.WRONG_PROOF)
    bond: uint256 = stake_word.bond_of(ledger.stake(task_id), part.weight)
    self._pay(task_id, account, owed, bond - min(debit, bond))


@external
def claim_fallback(
    task_id: uint256,
    account: address,
    round_number: uint256,
    update: bytes32,
    delivered: uint256,
    updates_root: bytes32,
    model: bytes32,
    manifest: bytes32,
    proof: DynArray[bytes32, merkle.DEPTH],
):
    """
    @notice Pay a provider by weight and delivered rounds from a round's leaf (account, update, delivered); an announcer
            at least its bond. The leaf may be of any round: the last aggregator may have left somebody out, or
            understated it. Only the account itself may choose which one it settles for.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.IN_FALLBACK)
    part: part_word.Part = self._provider(task_id, account)
    refusal.require(msg.sender == account, refusal.NOT_YOURS)
    if delivered == 0:
        refusal.require(part.announced != 0, refusal.NEVER_DELIVERED)
    else:
        slot: bytes32 = keccak256(abi_encode(updates_root, model, manifest))
        refusal.require(slot == ledger.round_slot[task_id][round_number], refusal.WRONG_ROUND_SLOT)
        leaf: bytes32 = keccak256(abi_encode(account, update, delivered))
        proved: bool = merkle.proves(updates_root, leaf, proof)
        refusal.require(proved, refusal.WRONG_PROOF)
        refusal.require(delivered <= round_number, refusal.TOO_MANY_DELIVERED)
    stake: stake_word.Stake = ledger.stake(task_id)
    owed: uint256 = self._earned(task_id, progress, part, stake.priced, delivered)
    # prices that add up to more than the participation money may keep no bond from who delivered
    owed = min(owed, ledger.purse(task_id).budget)
    bond: uint256 = stake_word.bond_of(stake, part.weight)
    self._pay(task_id, account, owed, bond)


@external
def claim_seat(task_id: uint256, account: address):
    """
    @notice Pay a seat its fees and, unless forfeited, its bond; anyone may.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.PAYING)
    part: part_word.Part = ledger.part(task_id, account)
    refusal.require((lifecycle.SEATS >> part.role) & 1 == 1, refusal.NOTHING_OWED)
    fee: uint256 = 0
    bond: uint256 = 0
    fee, bond = ledger.entitlement(task_id, progress, part.place)
    self._leave_seat(task_id, account, progress, part)
    log events.SeatClaimed(task=task_id, account=account, fee=fee, bond=bond)
    payments.push(account, fee + bond)


@external
def refund(task_id: uint256, account: address):
    """
    @notice Return the requester's rest; in a cancelled task, everybody's money; anyone may.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.FINAL)
    part: part_word.Part = ledger.part(task_id, account)
    everybodys: bool = progress.status == lifecycle.CANCELLED and part.role != lifecycle.NOBODY
    refusal.require(everybodys or part.role == lifecycle.REQUESTER, refusal.NOTHING_OWED)
    amount: uint256 = 0
    if part.role == lifecycle.REQUESTER:
        amount = ledger.rest(task_id, progress.status)
        ledger.drop_part(task_id, account)
    elif part.role == lifecycle.PROVIDER:
        amount = stake_word.bond_of(ledger.stake(task_id), part.weight)
        ledger.tasks[task_id].purse = purse_word.less(ledger.tasks[task_id].purse, 0, amount)
        ledger.drop_part(task_id, account)
    else:
        fee: uint256 = 0
        fee, amount = ledger.entitlement(task_id, progress, part.place)
        self._leave_seat(task_id, account, progress, part)
    log events.Refunded(task=task_id, account=account, amount=amount)
    payments.push(account, amount)


@external
def sweep(task_id: uint256):
    """
    @notice Return to the requester what nobody claimed in time; unclaimed bonds go to the sink; anyone may.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.PAYING)
    claim_deadline: uint256 = progress.opened_at + ledger.outcome(task_id).claim_window
    refusal.require(block.timestamp > claim_deadline, refusal.TOO_EARLY)
    purse: purse_word.Purse = ledger.purse(task_id)
    refusal.require(purse.budget + purse.bonds > 0, refusal.NOTHING_OWED)
    ledger.tasks[task_id].purse = 0
    ledger.forfeit(purse.bonds)
    log events.Swept(task=task_id, amount=purse.budget)
    payments.push(ledger.tasks[task_id].requester, purse.budget)


@external
def flush_forfeits():
    """
    @notice Send everything forfeited so far to the sink; anyone may.
    """
    amount: uint256 = ledger.forfeited - 1
    refusal.require(amount > 0, refusal.NOTHING_OWED)
    ledger.forfeited = 1
    log events.ForfeitsFlushed(amount=amount)
    payments.push(payments.sink, amount)


@internal
@view
def _provider(task_id: uint256, account: address) -> part_word.Part:
    part: part_word.Part = ledger.part(task_id, account)
    refusal.require(part.role == lifecycle.PROVIDER, refusal.NOTHING_OWED)
    return part


@internal
@view
def _earned(
    task_id: uint256, progress: progress_word.Progress, part: part_word.Part, priced: bool, delivered: uint256
) -> uint256:
    """
    @notice A provider's pay in a fallback, in base units: for each delivered round its weight's share of what the
            round can earn, and its listed price where there is one. What others delivered, or are said to have
            delivered, changes nothing.
    """
    pay: pair_word.Pay = ledger.pay(task_id)
    owed: uint256 = pay.performance * part.weight * delivered // (progress.total_weight * progress.round)
    if priced:
        return owed + part.price * delivered // progress.last_round
    return owed + pay.participation * part.weight * delivered // (progress.total_weight * progress.last_round)


@internal
def _pay(task_id: uint256, account: address, owed: uint256, bond: uint256):
    """
    @notice Pay a provider once, out of what the task still holds for providers.
    """
    ledger.tasks[task_id].purse = purse_word.less(ledger.tasks[task_id].purse, owed, bond)
    ledger.drop_part(task_id, account)
    log events.Claimed(task=task_id, account=account, owed=owed, bond=bond)
    payments.push(account, owed + bond)


@internal
def _leave_seat(task_id: uint256, account: address, progress: progress_word.Progress, part: part_word.Part):
    after: progress_word.Progress = progress
    after.seated &= ~(1 << part.place)
    ledger.save(task_id, after)
    ledger.drop_part(task_id, account)
