"""The state machine: random actors, up to three tasks at once, every invariant after every step."""

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fedmarket.domain.lifecycle import FINAL, VERBS, Status

from . import plays
from .choice import Draw, chance, pick
from .clock import wait_for_a_deadline
from .deeds import deed
from .drain import drain
from .errors import an_error, spoiled_terms
from .openings import openings
from .session import Session
from .state_rules import STATE_RULES

MOST_TASKS = 3
RUNNING = (Status.OPEN, Status.TRAINING, Status.SCORING)


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
        session.candidates = opening.candidates
        wrong = [spoiled_terms(opening.terms, draw)] if chance(draw, 5) else []
        for terms in (*wrong, opening.terms):
            session.call(opening.requester, "open_task", terms)

    @rule(data=st.data())
    def time_passes(self, data: st.DataObject) -> None:
        wait_for_a_deadline(self.session, self.any_task(data.draw), data.draw)

    @rule(data=st.data())
    def somebody_does_something_sensible(self, data: st.DataObject) -> None:
        task_id = self.any_task(data.draw)
        status = self.session.task(task_id).status
        verbs = [name for name, row in VERBS.items() if status in row.within or name == "flush_forfeits"]
        call = deed(self.session, pick(data.draw, verbs), task_id, data.draw)
        self.session.call(call.sender, call.verb, *call.args)

    @rule(data=st.data(), times=st.integers(1, 4))
    def somebody_errs(self, data: st.DataObject, times: int) -> None:
        for _ in range(times):
            call = an_error(self.session, self.any_task(data.draw), data.draw)
            self.session.call(call.sender, call.verb, *call.args)

    @rule(data=st.data())
    def a_phase_is_played(self, data: st.DataObject) -> None:
        self._play(data.draw)

    @rule(data=st.data())
    def another_phase_is_played(self, data: st.DataObject) -> None:
        self._play(data.draw)

    def _play(self, draw: Draw) -> None:
        task_id = self.any_task(draw, *RUNNING) if self.tasks_in(*RUNNING) else self.any_task(draw)
        play = pick(draw, plays.PLAYS[self.session.task(task_id).status])
        play(self.session, task_id, draw)

    @precondition(lambda machine: bool(machine.tasks_in(*FINAL)))
    @rule(data=st.data())
    def some_collect(self, data: st.DataObject) -> None:
        task_id = self.any_task(data.draw, *FINAL)
        play = pick(data.draw, plays.PLAYS[self.session.task(task_id).status])
        play(self.session, task_id, data.draw)

    @rule(claims_first=st.booleans())
    def a_stranger_could_empty_the_market(self, claims_first: bool) -> None:
        with self.session.rehearsal():
            drain(self.session, claims_first=claims_first)

    @invariant()
    def every_invariant_holds(self) -> None:
        self.session.sound = False
        for invariant_holds in STATE_RULES:
            invariant_holds(self.session)
        self.session.sound = True

    def teardown(self) -> None:
        """Empty the market for good, and report what the run came to."""
        if not self.session.sound:
            return
        self.session.rehearsing = True
        drain(self.session, claims_first=self.session.serial % 2 == 0)
        for name in self.session.reached:
            event(name)
