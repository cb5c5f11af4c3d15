"""What was found in a file, in words and as one JSON object."""

import json
from typing import Any

from rich.table import Table

from fedmarket.cli.language import Words
from fedmarket.cli.page import Page, Prose, plain_table, printable
from fedmarket.learning.file_check import ColumnNote, FileCheck, Finding, Level

TITLES = {Level.FAULT: "faults_title", Level.PERSONAL: "personal_title", Level.NOTE: "notes_title"}
WIDEST_NAME = 30


def tell_check(check: FileCheck, page: Page, words: Words) -> None:
    """Print the columns, then faults, then what names persons, then the rest, then the upshot."""
    if not check.columns:
        page.title(printable(words("check_title_unread", file=check.path.name)))
    else:
        counts = {"rows": f"{check.rows:,}", "columns": f"{len(check.columns):,}"}
        page.title(printable(words("check_title", file=check.path.name, **counts)))
        page.show(_columns_table(check.columns, words))
    for level, title in TITLES.items():
        found = [finding for finding in check.findings if finding.level is level]
        if found:
            page.title(words(title))
            page.show(_findings_table(found, words))
    page.show("", _upshot(check, words))


def check_json(check: FileCheck) -> str:
    """Return the object as text: findings by id with their parameters, columns with what they hold."""
    target = check.target
    told: dict[str, Any] = {
        "file": str(check.path),
        "usable": check.usable,
        "rows": check.rows,
        "target": None
        if target is None
        else {"column": target.column, "classes": dict(zip(target.classes, target.counts, strict=True)) or None},
        "columns": [{"name": note.name, "holds": note.kind, "missing": note.missing} for note in check.columns],
        "findings": [
            {"level": finding.level, "id": finding.name, "column": finding.column or None, **finding.remark.params}
            for finding in check.findings
        ],
    }
    return json.dumps(told, indent=2, default=str)


def _columns_table(notes: tuple[ColumnNote, ...], words: Words) -> Table:
    table = plain_table(words("column"), words("holds"), words("empty"), right=1)
    for note in notes:
        name = note.name if len(note.name) <= WIDEST_NAME else note.name[: WIDEST_NAME - 1] + "…"
        table.add_row(printable(name), words(f"kind_{note.kind}"), f"{note.missing:,}" if note.missing else "")
    return table


def _findings_table(findings: list[Finding], words: Words) -> Table:
    table = Table.grid(padding=(0, 1, 0, 0))
    for finding in findings:
        table.add_row("-", Prose(printable(finding.remark.sentence(words.lang))))
    return table


def _upshot(check: FileCheck, words: Words) -> str:
    count = {level: sum(1 for finding in check.findings if finding.level is level) for level in Level}
    if count[Level.FAULT]:
        return words("check_unusable", faults=count[Level.FAULT])
    if not check.findings:
        return words("check_clean")
    return words("check_usable", personal=count[Level.PERSONAL], notes=count[Level.NOTE])
