"""The state machine: random actors, up to three tasks at once, every invariant after every step."""

from collections.abc import Callable

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fedmarket.domain.lifecycle import FINAL, VERBS, Status

from . import plays
from .choice import Draw, chance, pick
from .clock import wait_for_a_deadline
from .dossier import Dossier
from .drain import drain
from .errors import an_error, spoiled_terms
from .openings import openings
from .session import Session
from .state_rules import STATE_RULES

MOST_TASKS = 3


def some_task_is(*statuses: Status) -> Callable[["MarketMachine"], bool]:
    """Return a precondition: some task stands in one of the states."""
    return lambda machine: bool(machine.tasks_in(*statuses))


class MarketMachine(RuleBasedStateMachine):
    """Plays one market; `session` decides whether the reference stands alone or the contract follows it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def tasks_in(self, *statuses: Status) -> list[int]:
        """Return the tasks that stand in one of the states."""
        return [task_id for task_id, task in self.session.ledger.tasks.items() if task.status in statuses]

    def any_task(self, draw: Draw, *statuses: Status) -> int:
        """Choose a task that stands in one of the states, by default any."""
        return pick(draw, self.tasks_in(*statuses or Status))

    @initialize(data=st.data())
    def the_first_task_is_opened(self, data: st.DataObject) -> None:
        self._open(data.draw)

    @precondition(lambda machine: len(machine.session.ledger.tasks) < MOST_TASKS)
    @rule(data=st.data())
    def a_task_is_opened(self, data: st.DataObject) -> None:
        self._open(data.draw)

    def _open(self, draw: Draw) -> None:
        session = self.session
        session.serial += 1
        opening = draw(openings(session.serial))
        if chance(draw, 5):
            session.call(opening.requester, "open_task", spoiled_terms(opening.terms, draw))
        assert session.call(opening.requester, "open_task", opening.terms) is None
