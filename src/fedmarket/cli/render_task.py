"""A task told in sentences: what the terms say, with their numbers, and where it stands."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table

from fedmarket.cli.amounts import tokens
from fedmarket.cli.language import Words
from fedmarket.cli.page import Page, Prose, plain_table, printable
from fedmarket.cli.task_columns import column_sentences
from fedmarket.cli.task_pay import bond_sentences, pay_sentences
from fedmarket.cli.task_state import state_sentences, status_word
from fedmarket.cli.task_words import duration, listed_words, role_name, skill_words
from fedmarket.domain.lifecycle import Role
from fedmarket.domain.terms import Terms
from fedmarket.domain.terms_warnings import warnings
from fedmarket.record.live import Record

MOST_LISTED = 20


def tell_task(record: Record, number: int, terms: Terms, page: Page, words: Words) -> None:
    """Print the terms of a task as sentences, then how far it has come."""
    view = record.task(number)
    sections: list[tuple[str, Sequence[RenderableType]]] = [
        ("who", _who(terms, words)),
        ("what", _what(terms, words)),
        ("pay", pay_sentences(terms, words)),
        ("bonds", bond_sentences(terms, words)),
        ("when", _windows(terms, words)),
        ("stops", _stops(terms, words)),
        ("reads", _reads(terms, words)),
        ("state", state_sentences(record, view, terms, words)),
    ]
    page.title(words("title", number=number, target=printable(terms.data.target)))
    for place, (name, lines) in enumerate(sections):
        (page.title if place else lambda text: page.show(text, ""))(words(f"{name}_title"))
        page.show(*(printable(line) if isinstance(line, str) else line for line in lines))


def tell_tasks(record: Record, page: Page, words: Words) -> None:
    """Print a line for every task of a record."""
    if not record.tasks:
        page.show(words("none"))
        return
    names = ("task", "state", "providers", "rounds", "escrow")
    table = plain_table(*(words(f"list_{name}") for name in names), right=3)
    for number, view in record.tasks.items():
        rounds = f"{len(view.rounds)} / {view.terms.rounds}"
        table.add_row(
            str(number), status_word(view, words), str(len(view.providers)), rounds, tokens(view.terms.escrow)
        )
    page.show(table)


def _who(terms: Terms, words: Words) -> list[RenderableType]:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row(role_name(Role.REQUESTER, 0, words), terms.requester.account)
    for role, seats in ((Role.AGGREGATOR, terms.aggregators), (Role.EVALUATOR, terms.evaluators)):
        for place, seat in enumerate(seats):
            table.add_row(role_name(role, place, words), seat.account)
    seats_line = words("one_evaluator") if len(terms.evaluators) == 1 else words("quorum", **_quorum(terms))
    return [table, "", *_admission(terms, words), seats_line]


def _quorum(terms: Terms) -> dict[str, int]:
    return {"quorum": terms.chain_terms().quorum, "seats": len(terms.evaluators)}


def _admission(terms: Terms, words: Words) -> list[RenderableType]:
    admission = terms.admission
    limits = {"low": admission.min_providers, "high": admission.max_providers}
    if admission.open:
        return [words("open", **limits, least=f"{admission.min_weight:,}", most=f"{admission.max_weight:,}")]
    table = plain_table(words("account"), words("weight"), *([words("price")] if admission.priced else []))
    for line in admission.listed[:MOST_LISTED]:
        table.add_row(line.account, f"{line.weight:,}", *([tokens(line.price)] if admission.priced else []))
    more = len(admission.listed) - MOST_LISTED
    return [
        words("listed", **limits, count=len(admission.listed)),
        "",
        table,
        *([words("and_more", count=more)] if more > 0 else []),
        "",
    ]


def _what(terms: Terms, words: Words) -> list[str]:
    data, training = terms.data, terms.training
    recipe = words(f"recipe_{terms.recipe.name}")
    if data.regression:
        goal = words("predicts_number", column=data.target, recipe=recipe)
    else:
        goal = words("predicts_classes", column=data.target, classes=listed_words(data.classes, words), recipe=recipe)
    rates = {"rate": training.learning_rate, "momentum": training.momentum, "clip": terms.clip}
    return [
        goal,
        *column_sentences(data, words),
        words("standard_providers" if data.bounds else "standard"),
        words("training", rounds=terms.rounds, steps=training.steps, batch=training.batch, **rates),
        words("strategy", name=terms.strategy.name),
        words("patience", rounds=terms.goal.patience_rounds, gain=skill_words(terms.goal.patience_gain_ppb)),
        words("validation", rows=f"{terms.validation.rows:,}", start=skill_words(terms.goal.start_ppb)),
        *(warning.sentence(words.lang) for warning in warnings(terms)),
    ]


def _windows(terms: Terms, words: Words) -> list[RenderableType]:
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, length in vars(terms.windows).items():
        table.add_row(duration(length, words), Prose(words(f"window_{name}")))
    table.add_row(duration(terms.retention, words), Prose(words("window_retention")))
    return [table, "", words("windows_note")]


def _stops(terms: Terms, words: Words) -> list[str]:
    standbys = len(terms.aggregators) - 1
    return [
        words("stops_start", low=terms.admission.min_providers),
        words("stops_provider"),
        words("stops_aggregator", count=standbys) if standbys else words("stops_aggregator_none"),
        words("stops_evaluator", **_quorum(terms)),
        words("stops_claim", claim=duration(terms.windows.claim, words)),
    ]


def _reads(terms: Terms, words: Words) -> list[str]:
    last = "reads_last_model" if terms.contributors_licence else "reads_last_model_withheld"
    return [words("reads_rows"), words("reads_updates"), words(last), words("reads_validation"), words("reads_all")]
