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
    ledger.find(task_id, lifecycle.IN_SETTLED)
    part: part_word.Part = self._provider(task_id, account)
    leaf: bytes32 = keccak256(abi_encode(account, owed, debit, share_ppb))
    refusal.require(merkle.proves(ledger.tasks[task_id].payout_root, leaf, proof), "wrong_proof")
    bond: uint256 = stake_word.bond_of(stake_word.unpack(ledger.tasks[task_id].stake), part.weight)
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
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.IN_FALLBACK)
    part: part_word.Part = self._provider(task_id, account)
    if delivered == 0:
        refusal.require(part.announced != 0, "never_delivered")
    else:
        slot: bytes32 = keccak256(abi_encode(updates_root, model, manifest))
        refusal.require(slot == ledger.round_slot[task_id][progress.round], "wrong_round_slot")
        leaf: bytes32 = keccak256(abi_encode(account, update, delivered))
        refusal.require(merkle.proves(updates_root, leaf, proof), "wrong_proof")
        refusal.require(delivered <= progress.round, "too_many_delivered")
    stake: stake_word.Stake = stake_word.unpack(ledger.tasks[task_id].stake)
    owed: uint256 = self._earned(task_id, progress, part, stake.priced, delivered)
    self._pay(task_id, account, owed, stake_word.bond_of(stake, part.weight))


@external
def claim_seat(task_id: uint256, account: address):
    """
    @notice Pay a seat its fees and, unless forfeited, its bond; anyone may.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.PAYING)
    part: part_word.Part = part_word.unpack(ledger.parts[task_id][account])
    refusal.require(ledger.is_seat(part.role), "nothing_owed")
    fee: uint256 = 0
    bond: uint256 = 0
    fee, bond = ledger.entitlement(task_id, progress, part.role, part.seat)
    self._leave_seat(task_id, account, progress, part)
    log events.SeatClaimed(task=task_id, account=account, fee=fee, bond=bond)
    payments.push(account, fee + bond)


@external
def refund(task_id: uint256, account: address):
    """
    @notice Return the requester's rest; in a cancelled task, everybody's money; anyone may.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.FINAL)
    part: part_word.Part = part_word.unpack(ledger.parts[task_id][account])
    everybodys: bool = progress.status == lifecycle.CANCELLED and part.role != lifecycle.NOBODY
    refusal.require(everybodys or part.role == lifecycle.REQUESTER, "nothing_owed")
    amount: uint256 = 0
    if part.role == lifecycle.REQUESTER:
        amount = ledger.rest(task_id, progress)
        ledger.parts[task_id][account] = 0
    elif part.role == lifecycle.PROVIDER:
        amount = stake_word.bond_of(stake_word.unpack(ledger.tasks[task_id].stake), part.weight)
        ledger.tasks[task_id].purse = purse_word.less(ledger.tasks[task_id].purse, 0, amount)
        ledger.parts[task_id][account] = 0
    else:
        fee: uint256 = 0
        fee, amount = ledger.entitlement(task_id, progress, part.role, part.seat)
        self._leave_seat(task_id, account, progress, part)
    log events.Refunded(task=task_id, account=account, amount=amount)
    payments.push(account, amount)


@external
def sweep(task_id: uint256):
    """
    @notice Return to the requester what nobody claimed in time; a fallback's unclaimed bonds go to the sink; anyone may.
    """
    progress: progress_word.Progress = ledger.find(task_id, lifecycle.PAYING)
    refusal.require(block.timestamp > progress.opened_at + ledger.claim_window(task_id), "too_early")
    purse: purse_word.Purse = purse_word.unpack(ledger.tasks[task_id].purse)
    refusal.require(purse.budget + purse.bonds > 0, "nothing_owed")
    ledger.tasks[task_id].purse = 0
    amount: uint256 = purse.budget
    if progress.status == lifecycle.FALLBACK:
        ledger.forfeits += purse.bonds
    else:
        amount += purse.bonds
    log events.Swept(task=task_id, amount=amount)
    payments.push(ledger.requester_of(task_id), amount)


@external
def flush_forfeits():
    """
    @notice Send everything forfeited so far to the sink; anyone may.
    """
    amount: uint256 = ledger.forfeits
    refusal.require(amount > 0, "nothing_owed")
    ledger.forfeits = 0
    log events.ForfeitsFlushed(amount=amount)
    payments.push(payments.sink, amount)


@internal
@view
def _provider(task_id: uint256, account: address) -> part_word.Part:
    part: part_word.Part = part_word.unpack(ledger.parts[task_id][account])
    refusal.require(part.role == lifecycle.PROVIDER, "nothing_owed")
    return part


@internal
@view
def _earned(
    task_id: uint256, progress: progress_word.Progress, part: part_word.Part, priced: bool, delivered: uint256
) -> uint256:
    """
    @notice A provider's pay in a fallback, in base units: by weight and delivered rounds, or by its listed price.
    """
    performance: uint256 = 0
    participation: uint256 = 0
    performance, participation = pair_word.unpack(ledger.tasks[task_id].pay)
    owed: uint256 = 0
    if progress.delivered_weight != 0:
        owed = performance * part.weight * delivered // progress.delivered_weight
    if priced:
        return owed + part.price * delivered // progress.last_round
    return owed + participation * part.weight * delivered // (progress.total_weight * progress.last_round)


@internal
def _pay(task_id: uint256, account: address, owed: uint256, bond: uint256):
    """
    @notice Pay a provider once, out of what the task still holds for providers.
    """
    ledger.tasks[task_id].purse = purse_word.less(ledger.tasks[task_id].purse, owed, bond)
    ledger.parts[task_id][account] = 0
    log events.Claimed(task=task_id, account=account, owed=owed, bond=bond)
    payments.push(account, owed + bond)


@internal
def _leave_seat(task_id: uint256, account: address, progress: progress_word.Progress, part: part_word.Part):
    after: progress_word.Progress = progress
    after.seated &= ~ledger.seat_bit(part.role, part.seat)
    ledger.tasks[task_id].progress = progress_word.pack(after)
    ledger.parts[task_id][account] = 0
