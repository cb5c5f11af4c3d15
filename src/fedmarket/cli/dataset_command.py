"""`fedmarket dataset`: a file looked at before it is offered, and the listing that offers it."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words

if TYPE_CHECKING:
    from fedmarket.domain.listing import Listing

AREA = "dataset"
UNUSABLE = 2


def add_dataset(group: typer.Typer, words: Words, environ: Mapping[str, str]) -> None:
    """Give the group `dataset` its commands, with their help in the words' language."""
    own = words.of(AREA)
    _add_check(group, words, own)
    _add_draft(group, words, own)
    _add_publish(group, words, own, environ)


def _add_check(group: typer.Typer, words: Words, own: Words) -> None:

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


def _add_draft(group: typer.Typer, words: Words, own: Words) -> None:
    @group.command("draft", cls=HelpfulCommand, help=own("draft_help"), epilog=own("examples_draft"))
    def draft(
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Print a file of words about data that only needs to be changed."""
        text = files("fedmarket.cli").joinpath(f"about_{words.lang}.toml").read_text(encoding="utf-8")
        typer.echo(text, nl=False)


def _add_publish(group: typer.Typer, words: Words, own: Words, environ: Mapping[str, str]) -> None:
    @group.command("publish", cls=HelpfulCommand, help=own("publish_help"), epilog=own("examples_publish"))
    def publish(
        data_file: Annotated[Path, typer.Argument(metavar="FILE")],
        target: Annotated[str, typer.Option(metavar="COLUMN", help=own("opt_target"))],
        about: Annotated[Path, typer.Option(metavar="FILE", help=own("opt_about"))],
        account: Annotated[str, typer.Option(metavar="NAME|FILE", help=own("opt_key"))],
        store: Annotated[Path, typer.Option(metavar="DIR", help=own("opt_store"))],
        without: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help=own("opt_without"))] = None,
        encoding: Annotated[str | None, typer.Option(metavar="NAME", help=own("opt_encoding"))] = None,
        passphrase_file: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_passphrase_file"))] = None,
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_json"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Check the file, make its listing, and keep it."""
        from fedmarket.cli.accounts import open_account
        from fedmarket.domain.listing_document import write_listing
        from fedmarket.embedded.about_file import read_about
        from fedmarket.embedded.listing_build import build_listing
        from fedmarket.learning.file_check import check_file
        from fedmarket.store.folder import FolderStore

        said = read_about(about)
        found = check_file(data_file, target, encoding, tuple(without or ()))
        secret = open_account(environ, account, passphrase_file, words.lang)
        listing = build_listing(found, said, secret, datetime.now(UTC).date())
        data = write_listing(listing)
        blob = FolderStore(store).put(data)
        if as_json:
            typer.echo(data.decode())
        else:
            _tell(listing, {"blob": blob, "size": f"{len(data):,}", "store": store}, own)


def _tell(listing: "Listing", kept: Mapping[str, object], words: Words) -> None:
    """Print where a listing is kept, and what of it its owner should look at twice."""
    typer.echo(words("published_stored", name=listing.name, owner=listing.owner, **kept))
    if listing.provenance.reviewed:
        columns = ", ".join(column for column, _ in listing.provenance.reviewed)
        typer.echo(words("published_personal", columns=columns))
    shown = listing.statistics
    if shown is None:
        typer.echo(words("published_statistics_none"))
        return
    named = [line.column for line in shown.moments] + [line.column for line in shown.counts]
    columns = ", ".join(dict.fromkeys(named))
    typer.echo(words("published_statistics", columns=columns, epsilon=shown.epsilon or words("epsilon_none")))
