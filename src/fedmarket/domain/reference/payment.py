"""Verbs of the final states: claims, refunds, the sweep, and the forfeits' way to the sink."""

from collections.abc import Sequence

from fedmarket.domain.lifecycle import Role, Status
from fedmarket.domain.merkle import verify
from fedmarket.domain.reference.ledger import Ledger, seat_entitlement
from fedmarket.domain.reference.state import Part, Task, refuse, require
from fedmarket.domain.reference.training import slot_of

SETTLEMENT_LEAF = ("address", "uint256", "uint256", "uint256")
UPDATES_LEAF = ("address", "bytes32", "uint256")


def _provider(task: Task, account: str) -> Part:
    part = task.parts.get(account)
    if part is None or part.role is not Role.PROVIDER:
        refuse("nothing_owed")
    return part


def claim(
    market: Ledger,
    sender: str,
    task_id: int,
    account: str,
    owed: int,
    debit: int,
    share_ppb: int,
    proof: Sequence[bytes],
) -> None:
    """Pay a provider what its settlement leaf says, and its bond less the debit."""
    task = market.task(task_id, Status.SETTLED)
    part = _provider(task, account)
    leaf = (account, owed, debit, share_ppb)
    require(verify(task.payout_root, SETTLEMENT_LEAF, leaf, proof), "wrong_proof")
    bond = task.terms.bond_of(part.weight)
    pay(market, task_id, account, owed, bond - min(debit, bond))


def claim_fallback(
    market: Ledger,
    sender: str,
    task_id: int,
    account: str,
    round_number: int,
    update: bytes,
    delivered: int,
    updates_root: bytes,
    model: bytes,
    manifest: bytes,
    proof: Sequence[bytes],
) -> None:
    """Pay a provider by weight and delivered rounds from a round's leaf; an announcer at least its bond.

    The leaf may be of any round: the last aggregator may have left somebody out, or understated it. Only the account
    itself may choose which one it settles for, and what others delivered changes nothing.
    """
    task = market.task(task_id, Status.FALLBACK)
    part = _provider(task, account)
    require(sender == account, "not_yours")
    if delivered == 0:
        require(part.announced, "never_delivered")
    else:
        require(slot_of(updates_root, model, manifest) == task.rounds.get(round_number), "wrong_round_slot")
        require(verify(updates_root, UPDATES_LEAF, (account, update, delivered), proof), "wrong_proof")
        require(delivered <= round_number, "too_many_delivered")
    # Prices that add up to more than the participation money may keep no bond from who delivered.
    owed = min(fallback_owed(task, part.weight, part.price, delivered), task.purse_budget)
    pay(market, task_id, account, owed, task.terms.bond_of(part.weight))


def fallback_owed(task: Task, weight: int, price: int, delivered: int) -> int:
    """Return a provider's pay in a fallback, in base units: its weight's share of each round that it delivered.

    P * w * d // (W * c), and price * d // N where prices are listed, else A * w * d // (W * N), for c committed rounds
    of N in the terms and W the weight of all who joined: docs/decisions/0007.
    """
    terms = task.terms
    performance = terms.performance * weight * delivered // (task.total_weight * task.round)
    if terms.priced:
        return performance + price * delivered // terms.rounds
    return performance + terms.participation * weight * delivered // (task.total_weight * terms.rounds)


def pay(market: Ledger, task_id: int, account: str, owed: int, bond: int) -> None:
    """Pay a provider once, out of what the task still holds for providers."""
    task = market.tasks[task_id]
    require(owed <= task.purse_budget, "owed_exhausted")
    require(bond <= task.purse_bonds, "bonds_exhausted")
    task.purse_budget -= owed
    task.purse_bonds -= bond
    del task.parts[account]
    market.push(account, owed + bond)
    market.log("Claimed", task=task_id, account=account, owed=owed, bond=bond)


def claim_seat(market: Ledger, sender: str, task_id: int, account: str) -> None:
    """Pay a seat its fees and, unless forfeited, its bond."""
    task = market.task(task_id, Status.SETTLED, Status.FALLBACK)
    part = task.parts.get(account)
    if part is None or part.role not in (Role.AGGREGATOR, Role.EVALUATOR):
        refuse("nothing_owed")
    fee, bond = seat_entitlement(task, account)
    del task.parts[account]
    market.push(account, fee + bond)
    market.log("SeatClaimed", task=task_id, account=account, fee=fee, bond=bond)


def refund(market: Ledger, sender: str, task_id: int, account: str) -> None:
    """Return the requester's rest; in a cancelled task, everybody's money."""
    task = market.task(task_id, Status.SETTLED, Status.FALLBACK, Status.CANCELLED)
    part = task.parts.get(account)
    if part is None:
        refuse("nothing_owed")
    amount = _refundable(task, account, part)
    if task.status is Status.CANCELLED and part.role is Role.PROVIDER:
        task.purse_bonds -= amount
    del task.parts[account]
    market.push(account, amount)
    market.log("Refunded", task=task_id, account=account, amount=amount)


def _refundable(task: Task, account: str, part: Part) -> int:
    if part.role is Role.REQUESTER:
        return task.terms.escrow if task.status is Status.CANCELLED else task.refund
    require(task.status is Status.CANCELLED, "nothing_owed")
    if part.role is Role.PROVIDER:
        return task.terms.bond_of(part.weight)
    _, bond = seat_entitlement(task, account)
    return bond


def sweep(market: Ledger, sender: str, task_id: int) -> None:
    """Return to the requester what nobody claimed in time; unclaimed bonds go to the sink, as it named the seats."""
    task = market.task(task_id, Status.SETTLED, Status.FALLBACK)
    require(market.now > task.claim_deadline, "too_early")
    budget, bonds = task.purse_budget, task.purse_bonds
    require(budget + bonds > 0, "nothing_owed")
    task.purse_budget = task.purse_bonds = 0
    market.forfeits += bonds
    market.push(task.requester, budget)
    market.log("Swept", task=task_id, amount=budget)


def flush_forfeits(market: Ledger, sender: str) -> None:
    """Send everything forfeited so far to the sink."""
    amount = market.forfeits
    require(amount > 0, "nothing_owed")
    market.forfeits = 0
    market.push(market.sink, amount)
    market.log("ForfeitsFlushed", amount=amount)
