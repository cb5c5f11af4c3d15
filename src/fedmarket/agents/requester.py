"""The requester's agent: opens the task, stops it when it no longer gains, and takes back what is left."""

from itertools import pairwise

from fedmarket.agents.actor import Action, Actor
from fedmarket.agents.asking import ask
from fedmarket.agents.claims import collect_for, sweep_if_due
from fedmarket.agents.keeper import keep
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.terms import Terms
from fedmarket.domain.terms_rules import check
from fedmarket.learning.metrics import measure
from fedmarket.learning.table import Table
from fedmarket.record.evaluation import by_constants_in_force
from fedmarket.record.models import open_model, recipe_of
from fedmarket.record.relay import unopened
from fedmarket.record.task import TaskView


class RequesterAgent:
    """Pays for one task. `validation` is its own copy of the validation set, to watch the gains by."""

    def __init__(self, actor: Actor, terms: Terms, validation: Table) -> None:
        self.actor = actor
        self._terms = terms
        self._validation = validation
        self._has_model = False

    @property
    def task(self) -> int | None:
        """The id under which the terms were opened, once they are."""
        tasks = self.actor.record.tasks.values()
        mine = (view.number for view in tasks if self._is_mine(view))
        return next(mine, None)

    def _is_mine(self, view: TaskView) -> bool:
        return view.requester == self.actor.account and view.terms.terms_hash == self._terms.hash

    def step(self) -> list[Action]:
        """Do the next thing that is the requester's: open, stop, take back, sweep."""
        self.actor.record.refresh()
        number = self.task
        if number is None:
            return self._open()
        view = self.actor.record.task(number)
        return self.actor.attempt(lambda: self._act(view)) or keep(self.actor, view)

    def _act(self, view: TaskView) -> list[Action]:
        if view.status is Status.TRAINING and self._gains_too_little(view):
            return self.actor.call(view.number, "stop")
        if not view.final:
            return []
        collected = collect_for(self.actor, view, self.actor.account) or sweep_if_due(self.actor, view)
        return collected or self._ask_for_model(view)

    def _ask_for_model(self, view: TaskView) -> list[Action]:
        """Ask for the model that was paid for where it does not open to our key."""
        best = view.settled.best_round if view.settled else 0
        if not best or self._has_model:
            return []
        self._has_model = not unopened(self.actor.record, view.number, [best], self.actor.age, ["model"])
        return [] if self._has_model else ask(self.actor, view.number, [best], ["model"])

    def _open(self) -> list[Action]:
        check(self._terms)
        self.actor.record.store.put(self._terms.encoded)
        chain_terms = self._terms.chain_terms()
        return self.actor.call(None, "open_task", chain_terms, pays=chain_terms.escrow)

    def _gains_too_little(self, view: TaskView) -> bool:
        """Return whether each of the last `patience_rounds` rounds gained less than the terms' bound."""
        goal, done = self._terms.goal, len(view.rounds)
        if done < goal.patience_rounds or self.actor.record.now() > view.state.round_deadline:
            return False
        recipe, record = recipe_of(self._terms), self.actor.record
        held = by_constants_in_force(record, view.number, self.actor.age, self._validation)
        skills = [
            measure(recipe, open_model(record, view.number, r, self.actor.age), held).skill_ppb
            for r in range(done - goal.patience_rounds, done + 1)
        ]
        return all(after - before < goal.patience_gain_ppb for before, after in pairwise(skills))
