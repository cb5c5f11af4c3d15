"""`fedmarket account`: named keys behind passphrases."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words


def add_accounts(group: typer.Typer, words: Words, environ: Mapping[str, str]) -> None:
    """Give the group `account` its commands, with their help in the words' language."""

    @group.command("new", cls=HelpfulCommand, help=words("account_new_help"), epilog=words("examples_account_new"))
    def new(
        name: Annotated[str, typer.Argument(metavar="NAME")],
        passphrase_file: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_new_passphrase"))] = None,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Make a key and keep it."""
        from fedmarket.cli.accounts import check_free, fresh_secret

        check_free(environ, name)
        _keep(environ, words, name, fresh_secret(), passphrase_file)

    @group.command(
        "import", cls=HelpfulCommand, help=words("account_import_help"), epilog=words("examples_account_import")
    )
    def take(
        name: Annotated[str, typer.Argument(metavar="NAME")],
        key: Annotated[Path, typer.Argument(metavar="FILE")],
        passphrase_file: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_new_passphrase"))] = None,
        old_passphrase_file: Annotated[
            Path | None, typer.Option(metavar="FILE", help=words("opt_old_passphrase"))
        ] = None,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Keep a key that there is already."""
        from fedmarket.cli.accounts import check_free
        from fedmarket.cli.keyfile import read_key_file

        check_free(environ, name)
        secret = read_key_file(key, old_passphrase_file, words.lang)
        _keep(environ, words, name, secret, passphrase_file)

    @group.command("list", cls=HelpfulCommand, help=words("account_list_help"), epilog=words("examples_account_list"))
    def show(
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Print a line an account; the first damaged one is refused after all others are shown."""
        from fedmarket.cli.accounts import list_accounts
        from fedmarket.cli.page import Page, plain_table, printable

        lines = list_accounts(environ)
        if not lines:
            typer.echo(words("accounts_none"))
        readable = [line for line in lines if line.address]
        if readable:
            table = plain_table(words("name"), words("address"), right=0)
            for line in readable:
                table.add_row(printable(line.name), line.address)
            Page(sys.stdout).show(table)
        for line in lines:
            if line.fault:
                raise line.fault


def _keep(environ: Mapping[str, str], words: Words, name: str, secret: bytes, passphrase_file: Path | None) -> None:
    from fedmarket.cli.accounts import add_account
    from fedmarket.cli.passphrase import new_passphrase
    from fedmarket.domain.accounts import address_of

    passphrase = new_passphrase(name, passphrase_file, words.lang)
    path = add_account(environ, name, secret, passphrase)
    typer.echo(words("account_kept", name=name, address=address_of(secret), path=path))
