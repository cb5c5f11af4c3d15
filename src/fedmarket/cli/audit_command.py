"""`fedmarket audit`: replay an exported task and check its numbers."""

import sys
from collections.abc import Mapping
from pathlib import Path
from time import time
from typing import Annotated

import typer

from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words
from fedmarket.cli.programs import Programs
from fedmarket.cli.settings import names_chain, needed_rpc, settle


def add_audit(app: typer.Typer, words: Words, programs: Programs, environ: Mapping[str, str]) -> None:
    """Give `app` the command, with its help in the words' language."""

    @app.command("audit", cls=HelpfulCommand, help=words("audit_help"), epilog=words("examples_audit"))
    def audit(
        folder: Annotated[Path, typer.Argument(metavar="DIR")],
        task: Annotated[int, typer.Option(min=0, metavar="N", help=words("opt_task"))],
        key: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_key"))] = None,
        passphrase_file: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_passphrase_file"))] = None,
        rpc_url: Annotated[str | None, typer.Option(metavar="URL", help=words("opt_audit_rpc_url"))] = None,
        deployment: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_audit_deployment"))] = None,
        profile: Annotated[str | None, typer.Option(metavar="NAME", help=words("opt_profile"))] = None,
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_audit_json"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Print a line a check; exit with 1 on any FAIL."""
        from fedmarket.cli.json_output import audit_json
        from fedmarket.cli.keyfile import read_key_file
        from fedmarket.cli.page import Page
        from fedmarket.cli.progress import Progress
        from fedmarket.cli.render_audit import OK, audit_sentence, checks_table, upshot

        settings = None
        if names_chain(environ, rpc_url, profile):
            settings = settle(environ, {"rpc": rpc_url, "deployment": deployment}, profile)
            needed_rpc(settings)
        secret = None if key is None else read_key_file(key, passphrase_file, words.lang)
        progress = Progress(sys.stderr)
        progress.show(words("stage_auditing"))
        now = int(time())
        if settings is None:
            checks = programs.audit_export(folder, task, secret, now)
        else:
            place = (needed_rpc(settings), settings.deployment.value)
            checks = programs.audit_on_chain(folder, task, secret, now, *place)
        progress.clear()
        if as_json:
            typer.echo(audit_json(task, checks))
        else:
            Page(sys.stdout).show(checks_table(checks, words), "", audit_sentence(checks, words))
        if upshot(checks) != OK:
            raise typer.Exit(1)
