"""A trial told in words: how the table was read, who would earn what and why, and what the model is good for."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table

from fedmarket.cli.amounts import tokens
from fedmarket.cli.language import Words
from fedmarket.cli.page import Page, Prose, plain_table, printable
from fedmarket.cli.render_audit import audit_sentence, checks_table
from fedmarket.cli.render_model import comparison_sentences, comparison_table, model_lines
from fedmarket.cli.render_money import escrow_table, released
from fedmarket.cli.render_providers import bonds
from fedmarket.cli.render_rounds import PPB, RoundLines
from fedmarket.cli.why import why
from fedmarket.domain.remark import Remark
from fedmarket.embedded.demo_world import local_name
from fedmarket.embedded.report import ProviderLine, TaskReport
from fedmarket.learning.column_kinds import Kind, Used

if TYPE_CHECKING:
    from fedmarket.embedded.trial import TrialResult
    from fedmarket.embedded.trial_data import Choice, SiteData, TrialData

PLACES = 2
MOST_COLUMNS = 12
WEAK = 0.02
"""Skill below which a model is hardly better than none, whatever its standard error."""


class TrialRounds(RoundLines):
    """A line a round, without what only an operator looks at."""

    def __init__(self, page: Page, words: Words) -> None:
        super().__init__(page, words, before={"round": 5, "skill": 6}, after={"updates": 7})


def tell_data(choice: "Choice", data: "TrialData", budget: int, page: Page, words: Words) -> None:
    """Print how the table was read and divided, before anything runs."""
    page.title(words("data_title"))
    page.show(_columns_table(choice, data, words))
    if data.remarks:
        page.show("", _remarks_table(data.remarks, words))
    page.title(words("market_title"))
    by = words("by_column", column=choice.by) if choice.by else words("by_chance")
    held = sum(len(site.raw.labels) for site in data.sites)
    sites = _list(data.sites, words)
    page.show(printable(words("market_sites", count=len(data.sites), by=by, rows=f"{held:,}", sites=sites)))
    numbers = {"validation": f"{len(data.validation.labels):,}", "test": f"{len(data.test.labels):,}"}
    page.show(printable(words("market_requester", budget=f"{budget:,}", target=data.target.column, **numbers)))
    page.show("", words("skill_number" if data.target.is_number else "skill_classes"))


def tell(trial: "TrialResult", key: Path | None, page: Page, words: Words) -> None:
    """Print everything that follows the rounds; `key` is a seat's key where one is kept for a replay."""
    report = trial.report
    page.show("", *_outcome(report, words))
    page.title(words("providers_title"))
    page.show(*_pay_tables(report.providers, words), "", *_pay_notes(report.providers, words))
    page.title(words("money_title"))
    page.show(released(report, words), "", *escrow_table(report, words))
    page.show(*bonds(report.providers, report.forfeited, words))
    page.title(words("comparison_title"))
    page.show(comparison_table(trial.comparison, report.names, words), "")
    page.show(*comparison_sentences(trial.comparison, words))
    page.title(words("audit_title"))
    page.show(checks_table(trial.checks, words), "", audit_sentence(trial.checks, words))
    _tell_files(trial, key, page, words)


def _columns_table(choice: "Choice", data: "TrialData", words: Words) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row(words("file"), Prose(printable(words("file_rows", file=choice.file.name, rows=f"{data.rows:,}"))))
    table.add_row(words("predicts"), Prose(printable(_target(data, words))))
    for kind in Kind:
        used = [_column(column) for column in data.layout.used if column.kind is kind]
        if used:
            more = words("and_more", count=len(used) - MOST_COLUMNS) if len(used) > MOST_COLUMNS else ""
            table.add_row(words(f"kind_{kind}"), Prose(printable(", ".join(used[:MOST_COLUMNS]) + more)))
    return table


def _remarks_table(remarks: Sequence[Remark], words: Words) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0))
    for remark in remarks:
        table.add_row("-", Prose(printable(remark.sentence(words.lang))))
    return table


def _target(data: "TrialData", words: Words) -> str:
    if data.target.is_number:
        return words("predicts_number", column=data.target.column)
    pairs = zip(data.target.classes, data.target.counts, strict=True)
    return words("predicts_classes", column=data.target.column, classes=_joined(pairs))


def _column(used: Used) -> str:
    return f"{used.column} ({len(used.values)})" if used.kind is Kind.CATEGORY else used.column


def _list(sites: "Sequence[SiteData]", words: Words) -> str:
    return _joined((local_name(site.name, words.lang), len(site.raw.labels)) for site in sites)


def _joined(pairs: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in pairs)


def _outcome(report: TaskReport, words: Words) -> list[str]:
    """Return how the skill came out, why training ended, and a warning where there is next to nothing to pay for."""
    initial, final = report.skill_initial_ppb / PPB, report.skill_final_ppb / PPB
    lines = [words("skill_line", initial=initial, final=final)]
    best = next(line for line in report.rounds if line.number == report.best_round)
    if report.skill_final_ppb < max(2 * best.skill_stderr_ppb, WEAK * PPB):
        lines.append(words("weak", final=final, error=best.skill_stderr_ppb / PPB))
    return lines


def _pay_tables(providers: Sequence[ProviderLine], words: Words) -> list[RenderableType]:
    table = plain_table(*(words(name) for name in ("provider", "biopsies", "score", "share", "owed")))
    reasons = plain_table(words("provider"), words("why"), right=0)
    paid = sum(line.owed for line in providers)
    for line in providers:
        name = printable(local_name(line.name, words.lang))
        table.add_row(
            name,
            f"{line.weight:,}",
            f"{line.score_ppb / PPB:.3f} ± {line.stderr_ppb / PPB:.3f}",
            f"{100 * line.owed / max(paid, 1):.1f} %",
            tokens(line.owed, PLACES),
        )
        reasons.add_row(name, Prose(why(line, providers, words.lang, "rows")))
    return [table, "", reasons]


def _pay_notes(providers: Sequence[ProviderLine], words: Words) -> list[str]:
    participation = sum(line.participation for line in providers)
    notes = [words("score_note")]
    if any(line.score_ppb < 0 for line in providers):
        notes.append(words("clamped_note"))
    return [*notes, words("participation_note", total=tokens(participation, PLACES))] if participation else notes


def _tell_files(trial: "TrialResult", key: Path | None, page: Page, words: Words) -> None:
    page.title(words("model_title"))
    page.show(model_lines(trial.report, trial.model_path, words))
    if key is None:
        page.show("", words("not_kept"))
    else:
        replay = ["fedmarket", "audit", str(trial.folder), "--task", str(trial.report.task), "--key", str(key)]
        page.show("", words("kept", folder=trial.folder), join(replay))
    page.show("", words("seconds_total", seconds=trial.seconds))
