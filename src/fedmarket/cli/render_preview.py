"""A preview told in words: what would leave, who could read it, what may be lost and what may be won."""

from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table

from fedmarket.cli.amounts import tokens
from fedmarket.cli.language import Words
from fedmarket.cli.page import Page, Prose, plain_table, printable
from fedmarket.cli.task_words import listed_words, role_name, skill_words

if TYPE_CHECKING:
    from fedmarket.embedded.preview import Preview, Reader, UpdateLine

PLACES = 4
NO_LISTING = bytes(32)


def tell_preview(preview: "Preview", file: str, page: Page, words: Words) -> None:
    """Print everything, in the order in which it would leave."""
    page.title(words("title", task=preview.number))
    page.show(printable(words("nothing_sent", file=file, rows=f"{preview.rows:,}")))
    page.show("", *_account(preview, words))
    if preview.terms.data.bounds:
        page.title(words("summary_title"))
        page.show(*_summary(preview, words))
    page.title(words("join_title"))
    page.show(_join_table(preview, words), "", words("age_key"))
    page.title(words("update_title", rounds=preview.terms.rounds))
    page.show(_tensors(preview.update, words), "", *_update(preview, words))
    page.title(words("seldom_title"))
    page.show(*_seldom(preview, words))
    page.title(words("public_title"))
    page.show(words("public"))
    page.title(words("stakes_title"))
    page.show(*_stakes(preview, words))


def _account(preview: "Preview", words: Words) -> list[str]:
    if not preview.stand_in:
        return [words("account_own", account=preview.account)]
    if preview.replaced is None:
        return [words("account_made_up")]
    return [words("account_listed", account=preview.replaced)]


def _summary(preview: "Preview", words: Words) -> list[RenderableType]:
    line = preview.summary
    if line is None:
        return [words("summary_none")]
    numbers = {"rows": f"{line.rows:,}", "columns": f"{line.columns:,}"}
    sizes = {"plain": f"{line.plain_size:,}", "sealed": f"{line.sealed_size:,}"}
    table = _readers_table(line.readers, preview.account, words)
    return [words("summary", **numbers, **sizes), "", words("readers"), table]


def _join_table(preview: "Preview", words: Words) -> Table:
    call = preview.join.arguments
    listing = words("no_listing") if call["listing"] == NO_LISTING else "0x" + call["listing"].hex()
    rows = {
        "account": preview.account,
        "weight": f"{call['weight']:,}",
        "price": words("in_tokens", amount=tokens(call["price"])),
        "listing": listing,
        "proof": words("hashes", count=len(call["proof"])),
        "age_key": call["age_key"].hex(),
        "bond": words("in_tokens", amount=tokens(preview.join.pays)),
    }
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, text in rows.items():
        table.add_row(words(f"join_{name}"), Prose(text))
    return table


def _tensors(line: "UpdateLine", words: Words) -> Table:
    table = plain_table(*(words(name) for name in ("tensor", "shape", "numbers", "bytes")))
    for tensor in line.tensors:
        shape = " × ".join(map(str, tensor.shape)) or "1"
        table.add_row(printable(tensor.name), shape, tensor.dtype, f"{tensor.size:,}")
    return table


def _update(preview: "Preview", words: Words) -> list[RenderableType]:
    line, training = preview.update, preview.terms.training
    later = [reader for reader in preview.handed_on if reader not in line.readers]
    few = {"rows": f"{preview.rows:,}", "batch": training.batch}
    return [
        words("header"),
        words("sizes", plain=f"{line.plain_size:,}", sealed=f"{line.sealed_size:,}", signature=line.signature_size),
        "",
        words("readers"),
        _readers_table(line.readers, preview.account, words),
        "",
        words("handed_on"),
        _readers_table(tuple(later), preview.account, words),
        "",
        words("epsilon", steps=training.steps, batch=training.batch, rows=f"{preview.rows:,}", times=_times(preview)),
        *([words("few_rows", **few)] if preview.rows < training.batch else []),
    ]


def _times(preview: "Preview") -> str:
    """Return how often each row is drawn: "2-3", or "2"."""
    return "-".join(f"{count:,}" for count in dict.fromkeys(preview.drawn))


def _readers_table(readers: "tuple[Reader, ...]", me: str, words: Words) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for reader in readers:
        role = words("yourself") if reader.account == me else role_name(reader.role, reader.seat, words)
        table.add_row("  " + role, reader.account)
    return table


def _seldom(preview: "Preview", words: Words) -> list[str]:
    roles = [role_name(reader.role, reader.seat, words) for reader in preview.announced.readers]
    return [
        words("announce", size=f"{preview.announced.sealed_size:,}", count=len(roles) - 1),
        words("announce_readers", roles=listed_words(roles[:-1], words)),
        "",
        words("ask", size=preview.ask_size),
        "",
        words("later"),
    ]


def _stakes(preview: "Preview", words: Words) -> list[str]:
    bond = tokens(preview.bond)
    lost = words("lost_open" if preview.terms.admission.open else "lost", bond=bond)
    money, target = preview.terms.money, preview.terms.goal.target_ppb
    won = words(
        "won_open" if preview.terms.admission.open else "won",
        most=tokens(preview.most, PLACES),
        performance=tokens(money.performance),
        participation=tokens(preview.participation, PLACES),
    )
    even = words("even", even=tokens(preview.even, PLACES))
    reached = words("no_target") if target is None else words("target", target=skill_words(target))
    return [lost, words("fees"), "", won, even, reached]
