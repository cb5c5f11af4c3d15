"""`fedmarket provider preview`: everything that would leave the building if one joined a task."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words
from fedmarket.cli.programs import PreviewTask

AREA = "preview"


def add_preview(provider: typer.Typer, words: Words, preview_task: PreviewTask) -> None:
    """Give the group `provider` the command, with its help in the words' language."""
    own = words.of(AREA)

    @provider.command("preview", cls=HelpfulCommand, help=own("help"), epilog=own("examples"))
    def preview(
        own_file: Annotated[Path, typer.Argument(metavar="FILE")],
        task: Annotated[int, typer.Option(min=0, metavar="N", help=own("opt_task"))],
        record: Annotated[Path, typer.Option(metavar="DIR", help=own("opt_record"))],
        key: Annotated[Path | None, typer.Option(metavar="FILE", help=own("opt_key"))] = None,
        passphrase_file: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_passphrase_file"))] = None,
        weight: Annotated[int | None, typer.Option(min=1, metavar="N", help=own("opt_weight"))] = None,
        encoding: Annotated[str | None, typer.Option(metavar="NAME", help=own("opt_encoding"))] = None,
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_json"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Rehearse the task with a file of one's own, and list what would be sent."""
        from fedmarket.cli.keyfile import read_key_file
        from fedmarket.cli.page import Page
        from fedmarket.cli.preview_json import preview_json
        from fedmarket.cli.render_preview import tell_preview

        secret = None if key is None else read_key_file(key, passphrase_file, words.lang)
        found = preview_task(record, task, own_file, secret, weight, encoding)
        if as_json:
            typer.echo(preview_json(found))
        else:
            tell_preview(found, own_file.name, Page(sys.stdout), own)
