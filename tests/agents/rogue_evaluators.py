"""Evaluators that reveal something else than they measure."""

from collections.abc import Callable
from dataclasses import replace

from fedmarket.agents.actor import Action, Actor, Agent
from fedmarket.agents.evaluator import EvaluatorAgent
from fedmarket.domain.codec import Signed
from fedmarket.domain.score_table import ScoreTable
from fedmarket.domain.statement import Measured
from fedmarket.record.evaluation import evaluate, open_validation
from fedmarket.record.statements import send_statement, sent_statement, settled_outcome, state
from fedmarket.record.task import TaskView

TOLERANCE_PPB = 1_000_000
Bend = Callable[[ScoreTable], ScoreTable]


class Bent(EvaluatorAgent):
    """Measures honestly, then bends the table."""

    def __init__(self, actor: Actor, bend: Bend) -> None:
        super().__init__(actor, 1)
        self._bend = bend

    def measured_table(self) -> ScoreTable:
        return self._bend(super().measured_table())


class Reticent(EvaluatorAgent):
    """Commits, and never reveals."""

    def __init__(self, actor: Actor) -> None:
        super().__init__(actor, 1)

    def _reveal(self) -> list[Action]:
        return []


class Forgetful(EvaluatorAgent):
    """Notes what is announced, and settles as if it had not."""

    def __init__(self, actor: Actor) -> None:
        super().__init__(actor, 1)

    def measured_table(self) -> ScoreTable:
        record, age = self.actor.record, self.actor.age
        return evaluate(record, 1, age, open_validation(record, 1, age), lambda line: False).table


class MisinformsProviders(EvaluatorAgent):
    """Scores honestly, and signs statements with other figures than it measured."""

    def __init__(self, actor: Actor) -> None:
        super().__init__(actor, 1)

    def _tell(self, view: TaskView) -> list[Action]:
        record, age, me = self.actor.record, self.actor.age, self.actor.account
        if not view.settled:
            return []
        found, lie = settled_outcome(record, 1), Measured(Signed(10**8), Signed(-(10**9)), 0)
        accounts = [line.account for line in view.providers]
        untold = [a for a in accounts if sent_statement(record, 1, found, age, me, a) is None]
        for account in untold:
            send_statement(record, state(record, 1, found, account, lie), self.actor.secret, age)
        return [Action(me, "send_statement", 1) for _ in untold]


class KeylessEvaluator(EvaluatorAgent):
    """Takes its seat with an age key that nobody can encrypt to."""

    def __init__(self, actor: Actor) -> None:
        super().__init__(actor, 1)

    def _sit(self, view: TaskView) -> list[Action]:
        if view.state.parts[self.actor.account].seated:
            return []
        return self.actor.call(1, "take_seat", bytes(32), pays=view.terms.evaluator_bond)


def bent(bend: Bend) -> Callable[[Actor], Agent]:
    return lambda actor: Bent(actor, bend)


def scores_moved(by_ppb: int) -> Bend:
    return lambda table: replace(table, scores=(table.scores[0] + by_ppb, *table.scores[1:]))


def skills_moved(by_ppb: int) -> Bend:
    return lambda table: replace(table, skills=(*table.skills[:-1], table.skills[-1] + by_ppb))


def cut_to(rounds: int) -> Bend:
    """Return a bend that claims that only so many rounds verify."""

    def bend(table: ScoreTable) -> ScoreTable:
        scores = table.scores if rounds else (0,) * len(table.scores)
        return ScoreTable(rounds, table.skills[: rounds + 1], scores)

    return bend


def other_best(table: ScoreTable) -> ScoreTable:
    """Call the round before the best one the best."""
    return replace(table, skills=(*table.skills[:-1], table.skills[-2] - 1))


def too_few_scores(table: ScoreTable) -> ScoreTable:
    return replace(table, scores=table.scores[:-1])


def more_rounds_than_there_are(table: ScoreTable) -> ScoreTable:
    return ScoreTable(table.rounds_verified + 1, (*table.skills, table.skills[-1] + 1), table.scores)
