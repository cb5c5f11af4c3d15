"""What each provider brought, what it is owed, and why."""

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table

from fedmarket.cli.amounts import tokens
from fedmarket.cli.language import Words
from fedmarket.cli.page import Prose, plain_table, printable
from fedmarket.cli.render_rounds import PPB
from fedmarket.cli.why import why
from fedmarket.embedded.demo_world import local_name
from fedmarket.embedded.report import ProviderLine

WIDE = 110
"""Columns from which on the reasons fit into the table; below, they stand under it."""
PLACES = 4


def providers_table(providers: Sequence[ProviderLine], words: Words, width: int) -> list[RenderableType]:
    """Return the table of `providers` for a page `width` columns wide."""
    wide = width >= WIDE
    headings = [words(name) for name in ("provider", "biopsies", "contribution", "score", "owed")]
    table = plain_table(*headings, *([words("why")] if wide else []), right=None)
    if wide:
        table.columns[-1].justify = "left"
    for line in providers:
        reason = [Prose(why(line, providers, words.lang, "biopsies"))] if wide else []
        table.add_row(*_cells(line, words), *reason)
    return [table] if wide else [table, "", _reasons(providers, words)]


def notes(providers: Sequence[ProviderLine], words: Words) -> list[str]:
    """Return what a reader must know to check the table."""
    lines = [words("contribution_note")]
    if any(line.score_ppb < 0 for line in providers):
        lines.append(words("clamped_note"))
    participation = sum(line.participation for line in providers)
    if participation:
        lines.append(words("participation_note", total=tokens(participation, PLACES)))
    return lines


def bonds(providers: Sequence[ProviderLine], forfeited: int, words: Words) -> list[str]:
    """Return the sentences about bonds; `forfeited` is the total, seats included."""
    locked, lost, debited = (
        sum(getattr(line, field) for line in providers) for field in ("bond", "forfeited", "debit")
    )
    amounts = {
        "locked": tokens(locked),
        "returned": tokens(locked - lost - debited),
        "forfeited": tokens(lost),
        "debited": tokens(debited),
    }
    who = [local_name(line.name, words.lang) for line in providers if line.forfeited]
    sentences = [words("bonds_by", who=printable(", ".join(who)), **amounts) if who else words("bonds", **amounts)]
    if forfeited > lost:
        sentences.append(words("bonds_seats", amount=tokens(forfeited - lost)))
    return sentences


def _cells(line: ProviderLine, words: Words) -> list[str]:
    return [
        printable(local_name(line.name, words.lang)),
        f"{line.weight:,}",
        f"{line.score_ppb / PPB:.4f} ± {line.stderr_ppb / PPB:.4f}",
        f"{line.score_ppb:,}",
        tokens(line.owed, PLACES),
    ]


def _reasons(providers: Sequence[ProviderLine], words: Words) -> Table:
    table = plain_table(words("provider"), words("why"), right=0)
    for line in providers:
        reason = why(line, providers, words.lang, "biopsies")
        table.add_row(printable(local_name(line.name, words.lang)), Prose(reason))
    return table
