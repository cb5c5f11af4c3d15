"""The state machine: random actors, up to three tasks at once, every invariant after every step."""

from random import Random

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fedmarket.domain.lifecycle import FINAL, VERBS, Status

from .cast import PAUPER
from .choice import SEEDS, Dice, chance
from .clock import wait_for_a_deadline
from .deeds import deed
from .drain import drain
from .errors import an_error, spoiled_terms
from .openings import an_opening
from .plays import PLAYS
from .session import Session
from .state_rules import STATE_RULES

MOST_RUNNING, MOST_TASKS = 3, 8
RUNNING = (Status.OPEN, Status.TRAINING, Status.SCORING)


class MarketMachine(RuleBasedStateMachine):
    """Plays one market; the session decides whether the reference stands alone or the contract follows it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session

    def tasks_in(self, *statuses: Status) -> list[int]:
        """Return the tasks that stand in one of the states, by default all."""
        tasks = self.session.ledger.tasks.items()
        return [task_id for task_id, task in tasks if not statuses or task.status in statuses]

    def has_room(self) -> bool:
        """Say whether another task may be opened."""
        return len(self.tasks_in(*RUNNING)) < MOST_RUNNING and len(self.tasks_in()) < MOST_TASKS

    @initialize(run=SEEDS)
    def the_first_task_is_opened(self, run: int) -> None:
        self.dice = Dice(run)
        self._open(self.dice.of("open", 0))

    @precondition(lambda machine: machine.has_room())
    @rule(seed=SEEDS)
    def a_task_is_opened(self, seed: int) -> None:
        self._open(self.dice.of("open", seed))

    def _open(self, rng: Random) -> None:
        session = self.session
        session.serial += 1
        opening = an_opening(rng, session.serial)
        session.candidates = opening.candidates
        for _ in range(rng.choice((0, 0, 1, 3))):
            session.call(opening.requester, "open_task", spoiled_terms(opening.terms, rng))
        for requester in (PAUPER, opening.requester) if chance(rng, 9) else (opening.requester,):
            session.call(requester, "open_task", opening.terms)
        if len(self.tasks_in(*RUNNING)) == MOST_RUNNING:
            session.reached["three tasks at once"] += 1
        for _ in range(rng.choice((0, 1, 1, 2))):
            self._play(rng, self.tasks_in()[-1], 1)

    @rule(seed=SEEDS)
    def time_passes(self, seed: int) -> None:
        wait_for_a_deadline(self.session, self.dice.of("wait", seed))

    @rule(seed=SEEDS, times=st.integers(1, 4))
    def somebody_does_something_sensible(self, seed: int, times: int) -> None:
        rng = self.dice.of("sensible", seed)
        for _ in range(times):
            task_id = rng.choice(self.tasks_in())
            status = self.session.task(task_id).status
            verbs = [name for name, row in VERBS.items() if status in row.within and name not in ("cancel", "stop")]
            call = deed(self.session, rng.choice(verbs), task_id, rng)
            self.session.call(call.sender, call.verb, *call.args)

    @rule(seed=SEEDS, times=st.integers(1, 8))
    def somebody_errs(self, seed: int, times: int) -> None:
        rng = self.dice.of("err", seed)
        for _ in range(times):
            call = an_error(self.session, rng.choice(self.tasks_in()), rng)
            self.session.call(call.sender, call.verb, *call.args)

    @precondition(lambda machine: bool(machine.tasks_in(*RUNNING)))
    @rule(seed=SEEDS, phases=st.integers(1, 4))
    def a_task_goes_on(self, seed: int, phases: int) -> None:
        rng = self.dice.of("go on", seed)
        self._play(rng, rng.choice(self.tasks_in(*RUNNING)), phases)

    @precondition(lambda machine: bool(machine.tasks_in(*RUNNING)))
    @rule(seed=SEEDS, phases=st.integers(1, 2))
    def the_latest_task_goes_on(self, seed: int, phases: int) -> None:
        self._play(self.dice.of("go on with the latest", seed), self.tasks_in(*RUNNING)[-1], phases)

    @precondition(lambda machine: bool(machine.tasks_in(*FINAL)))
    @rule(seed=SEEDS)
    def some_collect(self, seed: int) -> None:
        rng = self.dice.of("collect", seed)
        self._play(rng, rng.choice(self.tasks_in(*FINAL)), 1)

    def _play(self, rng: Random, task_id: int, phases: int) -> None:
        for _ in range(phases):
            play = rng.choice(PLAYS[self.session.task(task_id).status])
            play(self.session, task_id, rng)

    @rule(claims_first=st.booleans(), often=st.integers(0, 5))
    def a_stranger_could_empty_the_market(self, claims_first: bool, often: int) -> None:
        if self.session.chain and often:  # an EVM in Python is slow
            return
        with self.session.rehearsal():
            drain(self.session, claims_first=claims_first)

    @invariant()
    def every_invariant_holds(self) -> None:
        self.session.sound = False
        for rule_of_the_state in STATE_RULES:
            rule_of_the_state(self.session)
        self.session.sound = True

    def teardown(self) -> None:
        """Empty the market for good, unless the run has failed, and report what it came to."""
        if not self.session.sound:
            return
        if self.session.chain:
            self.session.chain.must_remember_the_same(self.session.ledger)
        self.session.rehearsing = True
        drain(self.session, claims_first=chance(Random(self.session.ledger.block), 2))
        for name in self.session.reached:
            event(name)
