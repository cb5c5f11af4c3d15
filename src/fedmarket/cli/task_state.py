"""Where a task stands, in sentences: what has been done, what comes next and until when, who is owed what."""

from rich.console import RenderableType

from fedmarket.cli.amounts import tokens
from fedmarket.cli.language import Words
from fedmarket.cli.page import plain_table
from fedmarket.cli.task_words import moment, skill_words
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.outcome import Outcome
from fedmarket.domain.terms import Terms
from fedmarket.record.facts import outcome
from fedmarket.record.live import Record
from fedmarket.record.task import TaskView

PLACES = 4


def status_word(view: TaskView, words: Words) -> str:
    """Return a task's state in a word or two."""
    return words(f"status_{view.status.name.lower()}")


def state_sentences(record: Record, view: TaskView, terms: Terms, words: Words) -> list[RenderableType]:
    """Return the state of a task as the record has it, and what follows."""
    seats = len(terms.aggregators) + len(terms.evaluators)
    counts = {"providers": len(view.providers), "taken": view.state.seats_taken, "seats": seats}
    lines: list[RenderableType] = [
        words("as_of", status=status_word(view, words), time=moment(record.now())),
        words("so_far", **counts, rounds=len(view.rounds), of=terms.rounds),
    ]
    deadlines = _deadlines(view)
    lines += [words(f"until_{name}", time=moment(time)) for name, time in deadlines]
    if view.stopped:
        lines.append(words("stopped", rounds=len(view.rounds)))
    if view.status is Status.SETTLED and (agreed := outcome(record, view.number)) is not None:
        lines += ["", *_owed(view, agreed, terms, words)]
    elif view.final:
        lines.append(words("paid_out", amount=tokens(sum(paid.owed for paid in view.payments), PLACES)))
    return lines


def _deadlines(view: TaskView) -> list[tuple[str, int]]:
    """Return by which point in time what must be done in the present state."""
    state = view.state
    by_status = {
        Status.OPEN: [("join", state.join_deadline), ("start", state.start_deadline)],
        Status.TRAINING: [("submit", state.submit_deadline), ("round", state.round_deadline)],
        Status.SCORING: [
            ("commit", state.commit_deadline),
            ("reveal", state.reveal_deadline),
            ("confirm", state.confirm_deadline),
        ],
        Status.SETTLED: [("claim", state.claim_deadline)],
        Status.FALLBACK: [("claim", state.claim_deadline)],
    }
    return by_status.get(view.status, [])


def _owed(view: TaskView, agreed: Outcome, terms: Terms, words: Words) -> list[RenderableType]:
    """Return what was agreed: the skill, and a line for each provider."""
    table, settlement = agreed.agreement.table, agreed.settlement
    paid = {payment.account for payment in view.payments}
    owed = plain_table(*(words(name) for name in ("account", "score", "owed", "claimed")), right=3)
    for provider, score in zip(view.providers, table.scores, strict=True):
        account = provider.account
        claimed = words("yes" if account in paid else "not_yet")
        owed.add_row(account, skill_words(score), tokens(settlement.owed[account], PLACES), claimed)
    skills = {"start": skill_words(terms.goal.start_ppb), "final": skill_words(table.final_ppb)}
    return [
        words("settled", best=table.best_round, **skills),
        words("settled_money", refund=tokens(settlement.refund, PLACES), fees=tokens(sum(settlement.fees.values()))),
        "",
        owed,
    ]
