"""An audit, a line a check, and its upshot in a sentence."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from fedmarket.cli.language import Words
from fedmarket.cli.page import Prose, printable

if TYPE_CHECKING:
    from fedmarket.audit.run import Check

OK = "ok"
FAIL = "FAIL"
STYLES = {"PASS": "green", FAIL: "bold red", "BLOCKED": "yellow", "PRIVATE": "cyan"}


def upshot(checks: "Sequence[Check]") -> str:
    """Return "ok", or the name of the first check that failed."""
    return next((check.name for check in checks if check.status == FAIL), OK)


def checks_table(checks: "Sequence[Check]", words: Words) -> Table:
    """Return a line a check: status, name, detail."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for check in checks:
        status = Text(printable(check.status), STYLES.get(check.status, ""))
        detail = check.said.sentence(words.lang)
        table.add_row(status, printable(check_name(check.name, words)), Prose(printable(detail)))
    return table


def check_name(name: str, words: Words) -> str:
    """Return a check's name in the words' language; one that the catalogue does not know comes back as it is."""
    try:
        return words(f"check_{name}")
    except KeyError:
        return name


def audit_sentence(checks: "Sequence[Check]", words: Words) -> Text:
    """Return how the audit ended."""
    count = Counter(check.status for check in checks)
    numbers = {status.lower(): count[status] for status in ("BLOCKED", "PRIVATE")}
    first = upshot(checks)
    if first != OK:
        name = check_name(first, words)
        text = words("audit_failed", check=name, passed=count["PASS"], failed=count[FAIL], **numbers)
        return Text(text, "bold red")
    name = "audit_ok_private" if count["PRIVATE"] else "audit_ok"
    return Text(words(name, passed=count["PASS"], **numbers), "bold green")
