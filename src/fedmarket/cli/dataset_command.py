"""`fedmarket dataset`: a file looked at before it is offered."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words

AREA = "dataset"
UNUSABLE = 2


def add_dataset(group: typer.Typer, words: Words) -> None:
    """Give the group `dataset` its commands, with their help in the words' language."""
    own = words.of(AREA)

    @group.command("check", cls=HelpfulCommand, help=own("check_help"), epilog=own("examples_check"))
    def check(
        data_file: Annotated[Path, typer.Argument(metavar="FILE")],
        target: Annotated[str, typer.Option(metavar="COLUMN", help=own("opt_target"))],
        without: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help=own("opt_without"))] = None,
        encoding: Annotated[str | None, typer.Option(metavar="NAME", help=own("opt_encoding"))] = None,
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_json"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Print what was found; exit with 2 where the file is unusable as it is."""
        from fedmarket.cli.page import Page
        from fedmarket.cli.render_check import check_json, tell_check
        from fedmarket.learning.file_check import check_file

        found = check_file(data_file, target, encoding, tuple(without or ()))
        if as_json:
            typer.echo(check_json(found))
        else:
            tell_check(found, Page(sys.stdout), own)
        if not found.usable:
            raise typer.Exit(UNUSABLE)
