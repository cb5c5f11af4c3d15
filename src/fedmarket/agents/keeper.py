"""What anyone may do to keep a task moving: start it when it is ready, close a state whose time is over."""

from fedmarket.agents.actor import Action, Actor
from fedmarket.domain.lifecycle import Status
from fedmarket.record.task import TaskView


def keep(actor: Actor, view: TaskView) -> list[Action]:
    """Call `start` or `close` where it is due now; the first agent to step does it, the others see it done."""
    verb = _due(view, actor.record.now())
    return actor.call(view.number, verb) if verb else []


def _due(view: TaskView, now: int) -> str | None:
    state = view.state
    if state.status is Status.OPEN:
        if now > state.start_deadline:
            return "close"
        return "start" if _startable(view, now) else None
    if state.status is Status.TRAINING and now > state.training_deadline:
        return "close"
    if state.status is Status.SCORING and now > state.confirm_deadline:
        return "close"
    return None


def _startable(view: TaskView, now: int) -> bool:
    state, terms = view.state, view.terms
    seated = state.seats_taken == len(terms.aggregators) + len(terms.evaluators)
    enough = state.providers >= terms.min_providers and state.total_weight >= terms.min_weight
    return seated and enough and (now > state.join_deadline or state.providers == terms.max_providers)
