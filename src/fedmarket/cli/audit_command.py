"""`fedmarket audit`: replay an exported task and check its numbers; spoil a copy, or open it for other checkers."""

import sys
from collections.abc import Mapping
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Annotated

import typer

from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words
from fedmarket.cli.programs import Programs
from fedmarket.cli.settings import names_chain, needed_rpc, settle
from fedmarket.domain.errors import KeyfileError, UsageError

if TYPE_CHECKING:
    from fedmarket.audit.run import Check
    from fedmarket.audit.tamper import Change

TAMPER_METAVAR = "WHAT"


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
        tamper: Annotated[str | None, typer.Option(metavar=TAMPER_METAVAR, help=words("opt_tamper"))] = None,
        seed: Annotated[int, typer.Option(min=0, metavar="N", help=words("opt_tamper_seed"))] = 0,
        open_to: Annotated[Path | None, typer.Option("--open", metavar="DIR", help=words("opt_open"))] = None,
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_audit_json"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Print a line a check; exit with 1 on any FAIL."""
        from fedmarket.cli.json_output import audit_json
        from fedmarket.cli.keyfile import read_key_file
        from fedmarket.cli.page import Page
        from fedmarket.cli.progress import Progress
        from fedmarket.cli.render_audit import OK, audit_sentence, checks_table, upshot

        if tamper is not None and open_to is not None:
            raise UsageError("tamper.or_open")
        if passphrase_file is not None and key is None:
            raise KeyfileError("keyfile.passphrase_without_key")
        settings = None
        if names_chain(environ, rpc_url, profile):
            settings = settle(environ, {"rpc": rpc_url, "deployment": deployment}, profile)
            needed_rpc(settings)
        secret = None if key is None else read_key_file(key, passphrase_file, words.lang)
        progress = Progress(sys.stderr)
        progress.show(words("stage_auditing"))
        change: Change | None = None
        now = int(time())
        if tamper is not None:
            change, checks = _tampered(folder, task, secret, tamper, seed, now)
        elif settings is not None:
            place = (needed_rpc(settings), settings.deployment.value)
            checks = programs.audit_on_chain(folder, task, secret, now, *place)
        else:
            checks = programs.audit_export(folder, task, secret, now)
        opened = None if open_to is None else _open(folder, task, secret, open_to)
        progress.clear()
        if as_json:
            typer.echo(audit_json(task, checks, change, None if open_to is None else (open_to, opened or 0)))
        else:
            page = Page(sys.stdout)
            if change is not None:
                page.show(change.sentence(words.lang), "")
            page.show(checks_table(checks, words), "", audit_sentence(checks, words))
            if open_to is not None:
                page.show("", words("opened", count=opened, path=open_to))
        if upshot(checks) != OK:
            raise typer.Exit(1)


def _tampered(
    folder: Path, task: int, secret: bytes | None, what: str, seed: int, now: int
) -> "tuple[Change, tuple[Check, ...]]":
    from fedmarket.audit.tamper import tamper

    return tamper(folder, task, secret, what, seed, now)


def _open(folder: Path, task: int, secret: bytes | None, out: Path) -> int:
    from fedmarket.audit.opened import write_opened

    if secret is None:
        raise UsageError("opened.needs_seat", task=task)
    return write_opened(folder, task, secret, out)
