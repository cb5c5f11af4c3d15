"""The demo told in words, in the order in which things happened."""

from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING

from rich.table import Table

from fedmarket.cli.language import Words
from fedmarket.cli.page import Page
from fedmarket.cli.render_audit import audit_sentence, checks_table
from fedmarket.cli.render_model import comparison_sentences, comparison_table, model_lines
from fedmarket.cli.render_money import balances_table, escrow_table, released
from fedmarket.cli.render_providers import bonds, notes, providers_table
from fedmarket.cli.render_rounds import PPB
from fedmarket.embedded.report import TaskReport

if TYPE_CHECKING:
    from fedmarket.embedded.demo import DemoResult


def tell(demo: "DemoResult", picture: Path, key: Path | None, page: Page, words: Words) -> None:
    """Print everything that follows the rounds; `key` is a seat's key where one is kept for a replay."""
    _tell_pay(demo.report, page, words)
    page.title(words("model_title"))
    page.show(model_lines(demo.report, demo.model_path, words))
    page.title(words("comparison_title"))
    page.show(comparison_table(demo.comparison, demo.report.names, words), "")
    page.show(*comparison_sentences(demo.comparison, words))
    page.title(words("audit_title"))
    page.show(checks_table(demo.checks, words), "", audit_sentence(demo.checks, words))
    _tell_files(demo, picture, key, page, words)


def _tell_pay(report: TaskReport, page: Page, words: Words) -> None:
    initial, final = report.skill_initial_ppb / PPB, report.skill_final_ppb / PPB
    line = "skill_line_number" if any("r2" in each.figures for each in report.rounds) else "skill_line"
    page.show("", words(line, initial=initial, final=final))
    page.title(words("providers_title"))
    page.show(*providers_table(report.providers, words, page.width), "", *notes(report.providers, words))
    page.title(words("money_title"))
    page.show(released(report, words), "", *escrow_table(report, words))
    page.show(*bonds(report.providers, report.forfeited, words))
    page.title(words("balances_title"))
    page.show(balances_table(report, words))


def _tell_files(demo: "DemoResult", picture: Path, key: Path | None, page: Page, words: Words) -> None:
    replay = ["fedmarket", "audit", str(demo.folder), "--task", str(demo.report.task)]
    files = Table.grid(padding=(0, 2, 0, 0))
    files.add_row(words("picture"), str(picture))
    files.add_row(words("record"), str(demo.folder))
    files.add_row(words("replay"), join(replay))
    if key is not None:
        files.add_row("", join([*replay, "--key", str(key)]))
    page.show("", files, "", words("seconds_total", seconds=demo.seconds))
