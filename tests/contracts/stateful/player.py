"""The steps of a random market: what one turn of one kind does, as the throws of the dice decide."""

from collections.abc import Callable
from random import Random
from typing import get_args

from tests.contracts.stateful.cast import PAUPER
from tests.contracts.stateful.choice import Dice, chance
from tests.contracts.stateful.clock import wait_for_a_deadline
from tests.contracts.stateful.deeds import deed
from tests.contracts.stateful.drain import Claims, drain
from tests.contracts.stateful.errors import an_error, spoiled_terms
from tests.contracts.stateful.milestones import AT_ONCE
from tests.contracts.stateful.openings import an_opening
from tests.contracts.stateful.plays import PLAYS
from tests.contracts.stateful.session import Session
from tests.contracts.stateful.state_rules import STATE_RULES

from fedmarket.domain.lifecycle import FINAL, VERBS, Status

MOST_RUNNING, MOST_TASKS = 3, 8
CLAIMS = get_args(Claims)
RUNNING = (Status.OPEN, Status.TRAINING, Status.SCORING)


class Player:
    """Plays one market, up to three tasks at once. Every step takes its throws from the run's dice."""

    def __init__(self, session: Session, dice: Dice) -> None:
        self.session = session
        self.dice = dice

    def tasks_in(self, *statuses: Status) -> list[int]:
        """Return the tasks that stand in one of the states, by default all."""
        tasks = self.session.ledger.tasks.items()
        return [task_id for task_id, task in tasks if not statuses or task.status in statuses]

    def tasks_with_parts(self) -> list[int]:
        """Return the tasks in which somebody is still to be paid; all where there is none."""
        tasks = self.session.ledger.tasks.items()
        return [task_id for task_id, task in tasks if task.parts] or self.tasks_in()

    def has_room(self) -> bool:
        """Say whether another task may be opened."""
        return len(self.tasks_in(*RUNNING)) < MOST_RUNNING and len(self.tasks_in()) < MOST_TASKS

    def open(self, seed: int) -> None:
        """Open a task, after some attempts with wrong terms; often its seats are taken at once."""
        rng, session = self.dice.of("open", seed), self.session
        session.serial += 1
        opening = an_opening(rng, session.serial)
        session.candidates = opening.candidates
        for _ in range(rng.choice((0, 0, 1, 3))):
            session.call(opening.requester, "open_task", spoiled_terms(opening.terms, rng))
        for requester in (PAUPER, opening.requester) if chance(rng, 9) else (opening.requester,):
            session.call(requester, "open_task", opening.terms)
        if len(self.tasks_in(*RUNNING)) == MOST_RUNNING:
            session.reached[AT_ONCE] += 1
        for _ in range(rng.choice((0, 1, 1, 2))):
            self._play(rng, self.tasks_in()[-1])

    def wait(self, seed: int) -> None:
        """Let time pass to about one of the next deadlines."""
        wait_for_a_deadline(self.session, self.dice.of("wait", seed))

    def act(self, seed: int) -> None:
        """Let somebody do what makes sense in some task's state, whether or not it is time for it."""
        rng = self.dice.of("act", seed)
        for _ in range(rng.randint(1, 4)):
            task_id = rng.choice(self.tasks_with_parts())
            status = self.session.task(task_id).status
            verbs = [name for name, row in VERBS.items() if status in row.within and name not in ("cancel", "stop")]
            call = deed(self.session, rng.choice(verbs), task_id, rng)
            self.session.call(call.sender, call.verb, *call.args)

    def err(self, seed: int) -> None:
        """Let somebody call wrongly."""
        rng = self.dice.of("err", seed)
        for _ in range(rng.randint(1, 8)):
            call = an_error(self.session, rng.choice(self.tasks_with_parts()), rng)
            self.session.call(call.sender, call.verb, *call.args)

    def go_on(self, seed: int) -> None:
        """Play some phases of a task that is not final yet."""
        rng, running = self.dice.of("go on", seed), self.tasks_in(*RUNNING)
        if running:
            task_id = rng.choice((running[-1], *running))
            for _ in range(rng.randint(1, 4)):
                self._play(rng, task_id)

    def collect(self, seed: int) -> None:
        """Let some collect what they are owed, or the claim period end."""
        rng = self.dice.of("collect", seed)
        final = [task_id for task_id in self.tasks_with_parts() if task_id in self.tasks_in(*FINAL)]
        if final:
            self._play(rng, rng.choice(final))

    def _play(self, rng: Random, task_id: int) -> None:
        play = rng.choice(PLAYS[self.session.task(task_id).status])
        play(self.session, task_id, rng)

    def rehearse_the_end(self, seed: int) -> None:
        """See that a stranger could empty the market from here; then go on as if nothing had happened."""
        rng = self.dice.of("rehearse", seed)
        if self.session.chain and not chance(rng, 6):  # an EVM in Python is slow
            return
        with self.session.rehearsal():
            drain(self.session, rng.choice(CLAIMS))

    def check(self) -> None:
        """Apply every invariant of the state."""
        self.session.sound = False
        for rule in STATE_RULES:
            rule(self.session)
        self.session.sound = True

    def end(self) -> None:
        """Compare all that both sides remember, and empty the market for good; a broken run is left as it is."""
        session = self.session
        if not session.sound:
            return
        session.rehearsing = True
        rng = self.dice.of("end", 0)
        if session.chain:
            session.chain.must_remember_the_same(session.ledger)
        if not session.chain or chance(rng, 3):
            drain(session, rng.choice(CLAIMS))


STEPS: tuple[Callable[[Player, int], None], ...] = (
    Player.open,
    Player.wait,
    Player.act,
    Player.act,
    Player.err,
    Player.err,
    Player.go_on,
    Player.go_on,
    Player.collect,
    Player.rehearse_the_end,
)
"""The steps of a run without Hypothesis; what comes more often is likelier."""


def play_run(session: Session, run: int, steps: int) -> None:
    """Play a whole run by its number alone, every invariant after every step."""
    player, choose = Player(session, Dice(run)), Random(run)
    try:
        player.open(0)
        for _ in range(steps):
            step = choose.choice(STEPS)
            if step is not Player.open or player.has_room():
                step(player, 0)
                player.check()
        player.end()
    except AssertionError as error:
        error.add_note(f"in run {run} of {steps} steps")
        raise
