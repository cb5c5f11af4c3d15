"""What an evaluator computes and an auditor computes again: validation opened, rounds replayed, scores filled in."""

from collections.abc import Callable
from dataclasses import dataclass

from fedmarket.domain.errors import MarketError, RefusedError
from fedmarket.domain.score_table import ScoreTable
from fedmarket.domain.terms import Terms
from fedmarket.learning.columns import standardised_by
from fedmarket.learning.contribution import ScoreBook, score_round
from fedmarket.learning.metrics import Measurement, measure, reference_loss
from fedmarket.learning.table import Table, folds
from fedmarket.learning.validation import SALT_BYTES, SHAPE, unpack_validation
from fedmarket.record.constants import data_schema
from fedmarket.record.live import Record
from fedmarket.record.models import initial_model, recipe_of
from fedmarket.record.notes import Noted
from fedmarket.record.replay import CheckedRound, Replay
from fedmarket.record.sealed import open_sealed
from fedmarket.store.age import AgeIdentity

HEAD_BYTES = SALT_BYTES + SHAPE.size


@dataclass(frozen=True, eq=False)
class Scores:
    """An evaluation: measurements of models 0..R, scores and their standard errors (ppb, by account) over 1..b."""

    table: ScoreTable
    measurements: tuple[Measurement, ...]
    score_ppb: dict[str, int]
    stderr_ppb: dict[str, int]
    fault: MarketError | None


def open_validation(record: Record, number: int, identity: AgeIdentity) -> Table:
    """Return the task's validation set; raises where it is missing, not ours, or not the committed one."""
    terms = record.terms(number)
    sealed, columns = terms.validation, len(terms.data.features) + 1
    limit = HEAD_BYTES + 8 * sealed.rows * columns
    data = open_sealed(record.store, sealed.blob, identity, sealed.commitment, limit)
    table = unpack_validation(data, terms.data)
    counts = tuple(int((table.labels == place).sum()) for place in range(len(terms.data.classes)))
    if (len(table), counts) != (sealed.rows, sealed.class_counts):
        raise RefusedError("record.wrong_start")
    return table


def check_start(terms: Terms, validation: Table) -> None:
    """Raise RefusedError unless the terms' starting skill and its error are the initial model's on the validation set.

    The error counts because a target must lie two of them above the start.
    """
    goal, start = terms.goal, measure(recipe_of(terms), initial_model(terms), validation)
    off = (start.skill_ppb - goal.start_ppb, start.skill_stderr_ppb - goal.start_error_ppb)
    if max(map(abs, off)) > goal.tolerance_ppb:
        raise RefusedError("record.wrong_start")


def by_constants_in_force(record: Record, number: int, identity: AgeIdentity, table: Table) -> Table:
    """Return `table`, standardised by the terms' constants, standardised by those in force.

    Where they do not open to `identity` it comes back as it is: what was trained with them is then found at fault.
    """
    try:
        return standardised_by(table, record.terms(number).data, data_schema(record, number, identity))
    except MarketError:
        return table


def evaluate(
    record: Record,
    number: int,
    identity: AgeIdentity,
    validation: Table,
    noted: Noted | None = None,
    watch: Callable[[CheckedRound], None] = lambda checked: None,
) -> Scores:
    """Replay a task's rounds with a seat's key and score them on the validation set; `noted` as in `Replay`.

    `watch` sees every round that verifies, in order.
    """
    terms = record.terms(number)
    recipe, fold_of = recipe_of(terms), folds(len(validation))
    validation = by_constants_in_force(record, number, identity, validation)
    book = ScoreBook(fold_of, reference_loss(recipe, validation))
    measurements = [measure(recipe, initial_model(terms), validation)]
    replay = Replay(record, number, identity, noted)
    for checked in replay.rounds():
        book.add(score_round(recipe, checked.base, checked.after, checked.shares, validation, fold_of))
        measurements.append(measure(recipe, checked.after, validation))
        watch(checked)
    skills = tuple(measurement.skill_ppb for measurement in measurements)
    best = ScoreTable(len(skills) - 1, skills, ()).best_round
    scores = book.score_ppb(best)
    accounts = [provider.account for provider in record.task(number).providers]
    table = ScoreTable(len(skills) - 1, skills, tuple(scores.get(account, 0) for account in accounts))
    return Scores(table, tuple(measurements), scores, book.stderr_ppb(best), replay.fault)
