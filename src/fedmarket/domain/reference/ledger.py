"""What all verbs share in the reference market: its token, its clock, its log and its look-ups."""

from dataclasses import dataclass, field
from typing import Any

from fedmarket.domain.lifecycle import Role, Status
from fedmarket.domain.reference.state import Event, Task, refuse, require


@dataclass
class Ledger:
    """The market's storage beside its tasks, and a plain token in which `address` holds the market's balance."""

    address: str
    chain_id: int
    sink: str
    now: int = 1
    block: int = 1
    balances: dict[str, int] = field(default_factory=dict)
    tasks: dict[int, Task] = field(default_factory=dict)
    task_of: dict[tuple[str, bytes], int] = field(default_factory=dict)
    forfeits: int = 0
    events: list[Event] = field(default_factory=list)

    def task(self, task_id: int, *within: Status) -> Task:
        """Return a task that stands in one of the states `within`; refuses an unknown id or another state."""
        if task_id not in self.tasks:
            refuse("unknown_task")
        task = self.tasks[task_id]
        require(task.status in within, "wrong_status")
        return task

    def move(self, task_id: int, status: Status) -> None:
        """Bring a task into another state; its windows are counted from now."""
        task = self.tasks[task_id]
        task.status = status
        task.opened_at = self.now

    def pull(self, account: str, amount: int) -> None:
        """Move tokens from `account` into the market."""
        require(self.balances.get(account, 0) >= amount, "payment_failed")
        self._transfer(account, self.address, amount)

    def push(self, account: str, amount: int) -> None:
        """Move tokens from the market to `account`."""
        self._transfer(self.address, account, amount)

    def _transfer(self, source: str, target: str, amount: int) -> None:
        self.balances[source] = self.balances.get(source, 0) - amount
        self.balances[target] = self.balances.get(target, 0) + amount

    def log(self, name: str, **fields: Any) -> None:
        """Append an event to the record."""
        self.events.append(Event(name, fields, self.block, self.now))

    def held(self, task_id: int) -> int:
        """Return what the market holds for one task: the sum of everything it still owes there, in base units."""
        task = self.tasks[task_id]
        seats = sum(self.seat_due(task, account) for account in task.parts)
        if task.status in (Status.OPEN, Status.TRAINING, Status.SCORING):
            return task.terms.escrow + task.purse_bonds + seats
        requester = task.requester in task.parts
        if task.status is Status.CANCELLED:
            return (task.terms.escrow if requester else 0) + task.purse_bonds + seats
        return task.purse_budget + task.purse_bonds + (task.refund if requester else 0) + seats

    def seat_due(self, task: Task, account: str) -> int:
        """Return the fee and bond that a seat would be paid now, in base units (0 for other roles)."""
        fee, bond = seat_entitlement(task, account)
        return fee + bond

    def total_held(self) -> int:
        """Return the sum over tasks of what is held, and the forfeits that wait for the sink."""
        return sum(self.held(task_id) for task_id in self.tasks) + self.forfeits


def seat_entitlement(task: Task, account: str) -> tuple[int, int]:
    """Return (fee, bond) that are owed to a seat in the task's present state, in base units."""
    part, terms = task.parts[account], task.terms
    if part.role not in (Role.AGGREGATOR, Role.EVALUATOR) or not part.seated:
        return 0, 0
    paying = task.status in (Status.SETTLED, Status.FALLBACK)
    if part.role is Role.AGGREGATOR:
        fee = terms.aggregator_fee * task.rounds_of_seat(part.seat, task.rounds_paid) if paying else 0
        lost = part.forfeited or task.bad_seat == part.seat
        return fee, 0 if lost else terms.aggregator_bond
    bit = 1 << part.seat
    fee = terms.evaluator_fee if paying and task.paid_seats & bit else 0
    return fee, 0 if task.forfeited_seats & bit else terms.evaluator_bond
