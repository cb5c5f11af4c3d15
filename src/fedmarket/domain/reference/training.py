"""Verbs of the TRAINING state, and `close`, the way out of every state whose last deadline has passed."""

from eth_abi.abi import encode
from eth_hash.auto import keccak

from fedmarket.domain.lifecycle import Role, Status
from fedmarket.domain.reference.ledger import Ledger
from fedmarket.domain.reference.scoring import fall_back
from fedmarket.domain.reference.state import ZERO, Task, refuse, require


def slot_of(updates_root: bytes, model: bytes, manifest: bytes) -> bytes:
    """Return the 32 bytes that the contract stores for a round."""
    return keccak(encode(["bytes32", "bytes32", "bytes32"], [updates_root, model, manifest]))


def announce(market: Ledger, sender: str, task_id: int, round_number: int, update: bytes, blob: bytes) -> None:
    """Put an update on record when the aggregator seems deaf."""
    task = market.task(task_id, Status.TRAINING)
    part = task.parts.get(sender)
    if part is None or part.role is not Role.PROVIDER:
        refuse("not_a_provider")
    require(round_number == task.round + 1, "wrong_round")
    require(market.now <= task.submit_deadline, "submit_deadline_passed")
    part.announced = True
    fields = {"task": task_id, "provider": sender, "round": round_number, "attempt": task.attempt}
    market.log("UpdateAnnounced", **fields, update=update, blob=blob)


def commit_round(
    market: Ledger,
    sender: str,
    task_id: int,
    round_number: int,
    updates_root: bytes,
    model: bytes,
    manifest: bytes,
    n_updates: int,
    delivered_weight: int,
) -> None:
    """Commit one round; the last one opens scoring."""
    task = market.task(task_id, Status.TRAINING)
    require(sender == task.terms.aggregators[task.attempt], "not_the_aggregator")
    require(round_number == task.round + 1, "wrong_round")
    require(market.now > task.submit_deadline, "submission_open")
    require(market.now <= task.round_deadline, "round_deadline_passed")
    require(ZERO not in (model, manifest), "empty_commitment")
    require(n_updates <= task.providers, "too_many_updates")
    require(delivered_weight <= task.total_weight, "too_much_weight")
    require(n_updates <= delivered_weight, "weight_without_updates")
    require(n_updates > 0 or delivered_weight == 0, "weight_without_updates")
    task.rounds[round_number] = slot_of(updates_root, model, manifest)
    task.round = round_number
    last = round_number == task.terms.rounds
    market.move(task_id, Status.SCORING if last else Status.TRAINING)
    market.log(
        "RoundCommitted",
        task=task_id,
        round=round_number,
        attempt=task.attempt,
        updates_root=updates_root,
        model=model,
        manifest=manifest,
        n_updates=n_updates,
        delivered_weight=delivered_weight,
    )


def take_over(market: Ledger, sender: str, task_id: int) -> None:
    """Let a standby replace an aggregator that let its window pass; the stalled bond is forfeited."""
    task = market.task(task_id, Status.TRAINING)
    part = task.parts.get(sender)
    if part is None or part.role is not Role.AGGREGATOR:
        refuse("not_a_standby")
    require(part.seat > task.attempt, "not_a_standby")
    turn = task.opened_at + task.terms.windows.round * (part.seat - task.attempt)
    require(market.now > turn, "not_your_turn")
    require(market.now <= task.training_deadline, "training_deadline_passed")
    forfeit_active(market, sender, task)
    task.attempt = part.seat
    task.first_rounds[part.seat] = task.round + 1
    market.move(task_id, Status.TRAINING)
    market.log("TakenOver", task=task_id, aggregator=sender, attempt=part.seat, first_round=task.round + 1)


def stop(market: Ledger, sender: str, task_id: int) -> None:
    """Let the requester end training early; whether the gains were small enough is for the evaluators."""
    task = market.task(task_id, Status.TRAINING)
    require(sender == task.requester, "not_the_requester")
    require(task.round >= task.terms.patience, "too_early")
    require(market.now <= task.round_deadline, "round_deadline_passed")
    market.move(task_id, Status.SCORING)
    market.log("TrainingStopped", task=task_id, round=task.round)


def close(market: Ledger, sender: str, task_id: int) -> None:
    """Take the way out of a state whose last deadline has passed; anyone may."""
    task = market.task(task_id, Status.OPEN, Status.TRAINING, Status.SCORING)
    if task.status is Status.OPEN:
        require(market.now > task.start_deadline, "too_early")
        market.move(task_id, Status.CANCELLED)
    elif task.status is Status.TRAINING:
        require(market.now > task.training_deadline, "too_early")
        forfeit_active(market, sender, task)
        market.move(task_id, Status.SCORING if task.round else Status.CANCELLED)
    else:
        require(market.now > task.confirm_deadline, "too_early")
        fall_back(market, sender, task_id)
    market.log("TaskClosed", task=task_id, caller=sender, status=int(task.status))


def forfeit_active(market: Ledger, trigger: str, task: Task) -> None:
    """Forfeit the active aggregator's bond; the caller is repaid up to the terms' constant."""
    bond = task.terms.aggregator_bond
    task.parts[task.terms.aggregators[task.attempt]].forfeited = True
    reward = min(task.terms.trigger_reward, bond)
    market.forfeits += bond - reward
    market.push(trigger, reward)
