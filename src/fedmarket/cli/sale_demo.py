"""`fedmarket demo --exchange`: a file sold twice, as words or as JSON."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import typer

from fedmarket.cli.amounts import tokens
from fedmarket.cli.language import Words
from fedmarket.cli.progress import Progress
from fedmarket.domain.errors import SystemFault, UsageError
from fedmarket.domain.exchange.state import OrderStatus

if TYPE_CHECKING:
    from rich.console import RenderableType

    from fedmarket.cli.programs import RunSale
    from fedmarket.embedded.sale import SaleDemo, SaleLine


def show_sale(seed: int, out: Path | None, words: Words, run_sale: "RunSale", *, as_json: bool) -> None:
    """Run the demo of the exchange and print it; exit with 1 where the money did not end where it belongs."""
    progress, folder = Progress(sys.stderr), _fresh(out)
    words = words.of("sale")
    try:
        result = run_sale(seed, folder, lambda number: progress.show(_heading(number, words, "?")))
    finally:
        progress.clear()
    if as_json:
        typer.echo(sale_json(result))
    else:
        from fedmarket.cli.page import Page

        page = Page(sys.stdout)
        page.title(words("title", size=f"{result.size:,}"))
        page.show(*sale_lines(result, words))
    if not went_right(result):
        raise typer.Exit(1)


def went_right(result: "SaleDemo") -> bool:
    """Tell whether the honest sale was paid and delivered, the other refunded with the bond, and nothing is left."""
    gain, loss = (after - before for before, after in (result.balances["seller"], result.balances["buyer"]))
    return (
        (result.honest.status, result.honest.delivered) == (OrderStatus.PAID, True)
        and (result.spoiled.status, result.spoiled.delivered) == (OrderStatus.DISPUTED, False)
        and gain == -loss == result.price - result.bond
        and result.left == 0
    )


def sale_json(result: "SaleDemo") -> str:
    """Return the demo as one JSON object; amounts in base units, states by name."""
    told = asdict(result)
    for name in ("honest", "spoiled"):
        line: SaleLine = getattr(result, name)
        told[name] |= {"status": line.status.name.lower(), "gas": line.gas}
    return json.dumps(told | {"money_right": went_right(result)}, indent=2)


def sale_lines(result: "SaleDemo", words: Words) -> "Sequence[RenderableType]":
    """Return what the page shows below its title."""
    from rich.text import Text

    from fedmarket.cli.page import plain_table

    facts = {
        "price": tokens(result.price),
        "bond": tokens(result.bond),
        "chunks": result.chunks,
        "chunk": result.corrupted,
    }
    shown: list[RenderableType] = [words("intro", **facts)]
    for number, line in enumerate((result.honest, result.spoiled), 1):
        table = plain_table(words("who"), words("what"), words("gas"), right=1)
        for deed in line.deeds:
            table.add_row(words(deed.who), words(f"deed_{deed.verb}", **facts), f"{deed.gas:,}" if deed.gas else "")
        table.add_section()
        table.add_row("", "", f"{line.gas:,}")
        shown += ["", Text(_heading(number, words, result.corrupted), "bold"), "", table]
    money = plain_table(words("account"), words("before"), words("after"), words("change"))
    for name, (before, after) in result.balances.items():
        change = ("+" if after > before else "") + tokens(after - before)
        money.add_row(words(name), tokens(before), tokens(after), change)
    right = went_right(result)
    end = Text(words("both_right" if right else "not_right"), "bold green" if right else "bold red")
    return [*shown, "", Text(words("money"), "bold"), "", money, "", end]


def _heading(number: int, words: Words, chunk: object) -> str:
    return words("honest_sale") if number == 1 else words("spoiled_sale", chunk=chunk)


def _fresh(out: Path | None) -> Path:
    """Return a new folder, in `out` where one is named: an earlier run's files are not taken for this one's."""
    try:
        if out:
            out.mkdir(parents=True, exist_ok=True)
        return Path(mkdtemp(prefix="fedmarket-sale-", dir=out))
    except OSError as error:
        raise UsageError("record.unwritable", path=out, detail=SystemFault.of(error)) from error
