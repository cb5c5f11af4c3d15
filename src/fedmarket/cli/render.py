"""The demo told in words, in the order in which things happened."""

from pathlib import Path

from fedmarket.cli.language import Words
from fedmarket.cli.page import Page
from fedmarket.cli.programs import Demo
from fedmarket.cli.render_audit import audit_sentence, checks_table
from fedmarket.cli.render_model import comparison_sentences, comparison_table, model_lines
from fedmarket.cli.render_money import balances_table, escrow_table, released
from fedmarket.cli.render_providers import bonds, notes, providers_table
from fedmarket.cli.render_rounds import PPB


def tell(demo: Demo, folder: Path | None, page: Page, words: Words) -> None:
    """Print everything that follows the rounds."""
    _tell_pay(demo, page, words)
    _tell_model(demo, page, words)
    page.title(words("audit_title"))
    page.show("", checks_table(demo.checks, words), "", audit_sentence(demo.checks, words))
    _tell_files(demo, folder, page, words)


def _tell_pay(demo: Demo, page: Page, words: Words) -> None:
    report = demo.report
    initial, final = report.skill_initial_ppb / PPB, report.skill_final_ppb / PPB
    page.show("", words("skill_line", initial=initial, final=final))
    page.title(words("providers_title"))
    page.show(*providers_table(report.providers, words, page.width), *notes(report.providers, words))
    page.title(words("money_title"))
    page.show(released(report, words), *escrow_table(report, words))
    page.show(*bonds(report.providers, report.forfeited, words))
    page.title(words("balances_title"))
    page.show(balances_table(report, words))


def _tell_model(demo: Demo, page: Page, words: Words) -> None:
    page.title(words("model_title"))
    page.show("", model_lines(demo.report, demo.model_path, words))
    page.title(words("comparison_title"))
    page.show(comparison_table(demo.comparison, dict(demo.report.names), words))
    page.show(*comparison_sentences(demo.comparison, words))


def _tell_files(demo: Demo, folder: Path | None, page: Page, words: Words) -> None:
    page.show("")
    if demo.figure_path is not None:
        page.show(f"{words('figure')}: {demo.figure_path}")
    if folder is not None:
        page.show(f"{words('replay')}: {words('record_hint', folder=folder, task=demo.report.task)}")
    page.show(words("seconds_total", seconds=demo.seconds))
