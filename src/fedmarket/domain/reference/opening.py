"""Verbs of the OPEN state: open_task, take_seat, join, cancel, start."""

from collections.abc import Sequence

from fedmarket.domain import chain_terms as limits
from fedmarket.domain.chain_terms import ChainTerms
from fedmarket.domain.lifecycle import Role, Status
from fedmarket.domain.merkle import verify
from fedmarket.domain.reference.ledger import Ledger
from fedmarket.domain.reference.state import ZERO, Part, Task, refuse, require

ADMISSION_LEAF = ("address", "uint256", "uint256")


def open_task(market: Ledger, sender: str, terms: ChainTerms) -> int:
    """Escrow the budget and open a task; returns its id, from 1."""
    key = (sender, terms.terms_hash)
    require(key not in market.task_of, "task_exists")
    _check_terms(terms)
    parts = {sender: Part(Role.REQUESTER)}
    for role, seats in ((Role.AGGREGATOR, terms.aggregators), (Role.EVALUATOR, terms.evaluators)):
        for seat, account in enumerate(seats):
            require(int(account, 16) != 0, "bad_seat")
            require(account not in parts, "one_role_only")
            parts[account] = Part(role, seat)
    market.pull(sender, terms.escrow)
    task_id = len(market.tasks) + 1
    budget = terms.performance + terms.participation
    market.tasks[task_id] = Task(terms, sender, Status.OPEN, market.now, parts, budget)
    market.task_of[key] = task_id
    market.log("TaskOpened", task=task_id, requester=sender, terms_hash=terms.terms_hash, terms=terms)
    return task_id


def _check_terms(terms: ChainTerms) -> None:
    require(terms.terms_hash != ZERO, "no_terms")
    amounts = (
        terms.performance,
        terms.participation,
        terms.aggregator_fee,
        terms.evaluator_fee,
        terms.aggregator_bond,
        terms.evaluator_bond,
        terms.provider_bond,
        terms.trigger_reward,
    )
    require(max(amounts) < limits.AMOUNT_LIMIT, "amount_too_large")
    # A reward as large as the bond would hand it back to an owner of both seats.
    least_bond = min(terms.aggregator_bond, terms.evaluator_bond)
    require(2 * terms.trigger_reward <= least_bond, "reward_too_large")
    require(terms.escrow > 0, "no_escrow")
    require(1 <= terms.rounds <= limits.MAX_ROUNDS, "bad_rounds")
    require(terms.patience >= 1, "bad_patience")
    require(1 <= terms.min_providers <= terms.max_providers <= limits.MAX_PROVIDERS, "bad_provider_limits")
    require(1 <= terms.min_weight <= terms.max_weight < limits.WEIGHT_LIMIT, "bad_weight_limits")
    require(terms.royalty_bps <= 10_000, "bad_royalty")
    require(1 <= len(terms.aggregators) <= limits.MAX_AGGREGATORS, "bad_aggregators")
    require(len(terms.evaluators) <= limits.MAX_EVALUATORS, "bad_evaluators")
    require(len(terms.evaluators) % 2 == 1, "evaluators_not_odd")
    _check_windows(terms)
    if terms.open_admission:
        require(terms.participation == 0, "open_with_participation")
        require(not terms.priced, "open_with_prices")
        require(terms.provider_bond * terms.min_weight >= 2 * terms.performance, "bond_too_small")
        require(terms.provider_bond * terms.max_weight < limits.BOND_LIMIT, "amount_too_large")


def _check_windows(terms: ChainTerms) -> None:
    windows = terms.windows
    waits = (
        windows.join,
        windows.start,
        windows.round,
        windows.commit,
        windows.reveal,
        windows.confirm,
        windows.claim,
    )
    require(min(waits) >= 1, "bad_window")
    require(max(waits) < limits.WINDOW_LIMIT, "bad_window")
    require(windows.submit < windows.round, "bad_window")


def take_seat(market: Ledger, sender: str, task_id: int, age_key: bytes) -> None:
    """Accept a named seat and pay its bond."""
    task = market.task(task_id, Status.OPEN)
    require(market.now <= task.start_deadline, "start_deadline_passed")
    part = task.parts.get(sender)
    if part is None or part.role not in (Role.AGGREGATOR, Role.EVALUATOR):
        refuse("not_a_seat")
    require(not part.seated, "seat_taken")
    bond = task.terms.aggregator_bond if part.role is Role.AGGREGATOR else task.terms.evaluator_bond
    market.pull(sender, bond)
    part.seated = True
    task.seats_taken += 1
    market.log("SeatTaken", task=task_id, account=sender, role=int(part.role), seat=part.seat, age_key=age_key)


def join(
    market: Ledger,
    sender: str,
    task_id: int,
    listing: bytes,
    weight: int,
    price: int,
    proof: Sequence[bytes],
    age_key: bytes,
) -> None:
    """Join as a provider: by the allow-list's leaf, or under open admission by a bond for `weight` units."""
    check_entry(market, sender, task_id, weight, price)
    terms = market.tasks[task_id].terms
    if not terms.open_admission:
        require(verify(terms.admission_root, ADMISSION_LEAF, (sender, weight, price), proof), "not_admitted")
    enter(market, sender, task_id, listing, weight, price, age_key)


def check_entry(market: Ledger, sender: str, task_id: int, weight: int, price: int) -> None:
    """Refuse a provider that may not join now with this weight and price, whatever its proof says."""
    task = market.task(task_id, Status.OPEN)
    terms = task.terms
    require(market.now <= task.join_deadline, "join_deadline_passed")
    require(sender not in task.parts, "one_role_only")
    require(task.providers < terms.max_providers, "task_full")
    require(1 <= weight < limits.WEIGHT_LIMIT, "bad_weight")
    require(price < limits.AMOUNT_LIMIT, "amount_too_large")
    require(task.total_weight + weight <= terms.max_weight, "too_much_weight")
    require(not terms.open_admission or price == 0, "open_with_prices")


def enter(market: Ledger, sender: str, task_id: int, listing: bytes, weight: int, price: int, age_key: bytes) -> None:
    """Take a provider in that has been admitted: its bond is paid and its weight counts."""
    task = market.tasks[task_id]
    bond = task.terms.bond_of(weight)
    market.pull(sender, bond)
    task.parts[sender] = Part(Role.PROVIDER, weight=weight, price=price)
    task.providers += 1
    task.total_weight += weight
    task.purse_bonds += bond
    fields = {"task": task_id, "account": sender, "listing": listing, "weight": weight, "price": price}
    market.log("Joined", **fields, bond=bond, age_key=age_key)


def cancel(market: Ledger, sender: str, task_id: int) -> None:
    """Let the requester withdraw a task that has not started."""
    task = market.task(task_id, Status.OPEN)
    require(sender == task.requester, "not_the_requester")
    require(market.now <= task.start_deadline, "start_deadline_passed")
    market.move(task_id, Status.CANCELLED)
    market.log("TaskCancelled", task=task_id, caller=sender)


def start(market: Ledger, sender: str, task_id: int) -> None:
    """Begin training once every seat is taken and enough providers have joined."""
    task = market.task(task_id, Status.OPEN)
    terms = task.terms
    require(market.now <= task.start_deadline, "start_deadline_passed")
    require(task.seats_taken == len(terms.aggregators) + len(terms.evaluators), "seat_empty")
    require(task.providers >= terms.min_providers, "too_few_providers")
    require(task.total_weight >= terms.min_weight, "too_little_weight")
    require(market.now > task.join_deadline or task.providers == terms.max_providers, "joining_open")
    market.move(task_id, Status.TRAINING)
    market.log("TaskStarted", task=task_id, caller=sender)
