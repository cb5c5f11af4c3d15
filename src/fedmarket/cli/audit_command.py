"""`fedmarket audit`: replay an exported task and check its numbers."""

import sys
from pathlib import Path
from time import time
from typing import Annotated

import typer

from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words
from fedmarket.cli.programs import AuditExport


def add_audit(app: typer.Typer, words: Words, audit_export: AuditExport) -> None:
    """Give `app` the command, with its help in the words' language."""

    @app.command("audit", cls=HelpfulCommand, help=words("audit_help"), epilog=words("examples_audit"))
    def audit(
        folder: Annotated[Path, typer.Argument(metavar="DIR")],
        task: Annotated[int, typer.Option(min=0, metavar="N", help=words("opt_task"))],
        key: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_key"))] = None,
        passphrase_file: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_passphrase_file"))] = None,
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_audit_json"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Print a line a check; exit with 1 on any FAIL."""
        from fedmarket.cli.json_output import audit_json
        from fedmarket.cli.keyfile import read_key_file
        from fedmarket.cli.page import Page
        from fedmarket.cli.progress import Progress
        from fedmarket.cli.render_audit import OK, audit_sentence, checks_table, upshot

        secret = None if key is None else read_key_file(key, passphrase_file, words.lang)
        progress = Progress(sys.stderr)
        progress.show(words("stage_auditing"))
        checks = audit_export(folder, task, secret, int(time()))
        progress.clear()
        if as_json:
            typer.echo(audit_json(task, checks))
        else:
            Page(sys.stdout).show(checks_table(checks, words), "", audit_sentence(checks, words))
        if upshot(checks) != OK:
            raise typer.Exit(1)
