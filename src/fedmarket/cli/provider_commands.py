"""`fedmarket provider statement`: what a provider was paid in a task, and why."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words
from fedmarket.domain.errors import SystemFault, UsageError

if TYPE_CHECKING:
    from fedmarket.audit.statements import Told
    from fedmarket.cli.statement_page import Reader


def add_statement(group: typer.Typer, words: Words) -> None:
    """Give `group` the command that prints a provider's statement."""

    @group.command("statement", cls=HelpfulCommand, help=words("statement_help"), epilog=words("examples_statement"))
    def statement(
        folder: Annotated[Path, typer.Argument(metavar="DIR")],
        task: Annotated[int, typer.Option(min=0, metavar="N", help=words("opt_statement_task"))],
        key: Annotated[Path, typer.Option(metavar="FILE", help=words("opt_statement_key"))],
        provider: Annotated[str | None, typer.Option(metavar="ADDRESS", help=words("opt_provider"))] = None,
        html: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_html"))] = None,
        markdown: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_markdown"))] = None,
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_statement_json"))] = False,
        passphrase_file: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_passphrase_file"))] = None,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Print the statement, or write it to the files that are named."""
        from fedmarket.audit.statements import open_statements
        from fedmarket.cli.keyfile import read_key_file
        from fedmarket.cli.statement_looks import as_html, as_markdown
        from fedmarket.cli.statement_page import Reader, statement_page

        secret = read_key_file(key, passphrase_file, words.lang)
        told = open_statements(folder, task).read(secret, provider)
        reader = Reader(words.lang, name=None, unit="weight", folder=folder, key=str(key))
        page = statement_page(told, reader)
        for path, look in ((html, as_html), (markdown, as_markdown)):
            if path is not None:
                _write(path, look(page))
        if as_json:
            typer.echo(statement_json(told))
        elif html is None and markdown is None:
            sys.stdout.write(as_markdown(page))


def statement_json(told: "Told") -> str:
    """Return a statement as text: its own document under `statement`, amounts and ppb as decimal strings."""
    payment = None if told.payment is None else {name: str(value) for name, value in asdict(told.payment).items()}
    document: dict[str, Any] = {
        "statement": json.loads(told.statement.encoded),
        "interval_ppb": [str(end) for end in told.statement.interval_ppb],
        "evaluators": list(told.writers),
        "differing": list(told.differing),
        "seats": told.seats,
        "payment": payment,
        "claim_deadline": told.claim_deadline,
    }
    return json.dumps(document, indent=2)


def write_statement(folder: Path, stem: str, told: "Told", reader: "Reader") -> None:
    """Write the page as `folder`/<stem>.<language>.md and .html. Raises UsageError where that cannot be."""
    from fedmarket.cli.statement_looks import as_html, as_markdown
    from fedmarket.cli.statement_page import statement_page

    page = statement_page(told, reader)
    for ending, look in (("md", as_markdown), ("html", as_html)):
        _write(folder / f"{stem}.{reader.lang}.{ending}", look(page))


def _write(path: Path, text: str) -> None:
    """Write a new file that its owner alone can read: what somebody was paid is nobody else's affair."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(text, encoding="utf-8")
    except FileExistsError as error:
        raise UsageError("statement.file_exists", path=path) from error
    except OSError as error:
        raise UsageError("record.unwritable", path=path, detail=SystemFault.of(error)) from error
