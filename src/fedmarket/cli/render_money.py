"""Where the escrow went, to the unit; and everybody's balance before and after."""

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from fedmarket.cli.amounts import places_needed, tokens
from fedmarket.cli.language import Words
from fedmarket.cli.page import plain_table, printable
from fedmarket.cli.render_rounds import PPB
from fedmarket.embedded.demo_world import local_name
from fedmarket.embedded.report import TaskReport

PLACES = 4


def released(report: TaskReport, words: Words) -> str:
    """Return the sentence about the performance money that the effect set free."""
    amounts = {"released": tokens(report.released, PLACES), "budget": tokens(report.budget)}
    if not any(line.score_ppb > 0 for line in report.providers):
        return words("released_nothing", **amounts)
    if report.skill_target_ppb is None:
        whole = report.released == report.budget
        return words("released_no_target" if whole else "released_floor", **amounts)
    return words(
        "released",
        share=100 * report.released / max(report.budget, 1),
        final=report.skill_final_ppb / PPB,
        target=report.skill_target_ppb / PPB,
        **amounts,
    )


def escrow_table(report: TaskReport, words: Words) -> list[RenderableType]:
    """Return who got what of the escrow, the sum, and whether it is the escrow to the unit."""
    debits = sum(line.debit for line in report.providers)
    lines = [(account, "owed_for", amount) for account, amount in report.owed.items()]
    lines.append((report.requester, "refund", report.refund))
    lines += [(account, "fee", amount) for account, amount in report.fees.items()]
    total = sum(amount for _, _, amount in lines)
    places = places_needed([amount for _, _, amount in lines] + [report.escrow])
    table = plain_table(words("to"), words("what_for"), words("amount_exact"), right=1)
    for account, purpose, amount in lines:
        table.add_row(_name(report, account, words), words(purpose), tokens(amount, places))
    table.add_section()
    table.add_row(words("sum"), "", tokens(total, places))
    table.add_row(words("escrow"), "", tokens(report.escrow, places))
    if debits:
        table.add_row(words("debited"), "", tokens(debits, places))
    difference = total - report.escrow - debits
    if difference:
        return [table, "", Text(words("money_unequal", units=difference), "bold red")]
    return [table, "", Text(words("money_equal"), "bold green")]


def balances_table(report: TaskReport, words: Words) -> Table:
    """Return everybody's balance before and after the claims."""
    table = plain_table(words("account"), words("before"), words("after"), words("change"))
    for account, (before, after) in report.balances.items():
        change = ("+" if after > before else "") + tokens(after - before, PLACES)
        table.add_row(_name(report, account, words), tokens(before, PLACES), tokens(after, PLACES), change)
    return table


def _name(report: TaskReport, account: str, words: Words) -> str:
    return printable(local_name(report.names.get(account, account), words.lang))
