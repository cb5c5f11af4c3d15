"""Tasks as JSON: the terms' own document, and where each task stands. Amounts in base units, times in block seconds."""

import json
from typing import Any

from fedmarket.domain.lifecycle import Status
from fedmarket.domain.terms import Terms
from fedmarket.record.facts import outcome
from fedmarket.record.live import Record
from fedmarket.record.task import TaskView


def task_json(record: Record, number: int, terms: Terms) -> str:
    """Return one task as text: its terms as they are hashed, its state, and who is owed what once it is settled."""
    view = record.task(number)
    told = {**_state(view), "terms": json.loads(terms.encoded), "owed": _owed(record, view)}
    return json.dumps(told, indent=2, ensure_ascii=False)


def tasks_json(record: Record) -> str:
    """Return all tasks as text."""
    return json.dumps([_state(view) for view in record.tasks.values()], indent=2)


def _state(view: TaskView) -> dict[str, Any]:
    return {
        "task": view.number,
        "status": view.status.name,
        "requester": view.requester,
        "providers": [{"account": line.account, "weight": line.weight, "bond": line.bond} for line in view.providers],
        "seats_taken": view.state.seats_taken,
        "rounds": len(view.rounds),
        "rounds_at_most": view.terms.rounds,
        "escrow": view.terms.escrow,
        "opened_at": view.state.opened_at,
        "deadlines": view.deadlines(),
        "paid": {payment.account: payment.owed for payment in view.payments},
    }


def _owed(record: Record, view: TaskView) -> dict[str, int] | None:
    agreed = outcome(record, view.number) if view.status is Status.SETTLED else None
    return dict(agreed.settlement.owed) if agreed else None
