"""`fedmarket chain up`: a chain on this machine that keeps its state."""

import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words
from fedmarket.cli.progress import Progress

if TYPE_CHECKING:
    from fedmarket.chain.anvil_state import StateFolder

ANVIL_VARIABLE = "FEDMARKET_ANVIL"
PORT = 8545


def add_chain_up(group: typer.Typer, words: Words, environ: Mapping[str, str]) -> None:
    """Give the group `chain` the command, with its help in the words' language."""

    @group.command("up", cls=HelpfulCommand, help=words("chain_up_help"), epilog=words("examples_chain_up"))
    def up(
        port: Annotated[int, typer.Option(min=1, max=65535, metavar="N", help=words("opt_port", default=PORT))] = PORT,
        state: Annotated[Path | None, typer.Option(metavar="DIR", help=words("opt_state"))] = None,
        install: Annotated[bool, typer.Option("--install", help=words("opt_install"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Run the node until it is stopped."""
        from fedmarket.chain.anvil_node import running
        from fedmarket.chain.anvil_state import StateFolder
        from fedmarket.cli.places import home

        binary = _binary(environ, words, install=install)
        folder = StateFolder(state or home(environ) / "chain")
        account = _funded_account(folder)
        signal.signal(signal.SIGTERM, _stop)
        with running(binary, folder, port) as node:
            node.fund(account)
            facts = {"url": node.url, "chain": node.endpoint.chain_id(), "folder": folder.folder}
            if node.restored:
                typer.echo(words("chain_restored", folder=folder.folder))
            typer.echo(words("chain_is_up", **facts))
            typer.echo(words("chain_account", account=account, path=folder.key))
            typer.echo(words("chain_go_on", path=folder.key, **facts))
            node.watch()


def _binary(environ: Mapping[str, str], words: Words, *, install: bool) -> Path:
    from fedmarket.chain.anvil_binary import find_anvil, install_anvil
    from fedmarket.cli.places import anvil_folder

    home = anvil_folder(environ)
    if not install:
        return find_anvil(home, environ.get(ANVIL_VARIABLE), environ.get("PATH"))
    progress = Progress(sys.stderr)
    progress.show(words("stage_installing"))
    try:
        binary = install_anvil(home, environ.get("PATH"))
    finally:
        progress.clear()
    typer.echo(words("chain_installed", path=binary))
    return binary


def _funded_account(folder: "StateFolder") -> str:
    """Return the account that has the chain's coins; its key is made with the chain."""
    from fedmarket.cli.accounts import fresh_secret
    from fedmarket.cli.keyfile import read_key_file, write_key_file
    from fedmarket.domain.accounts import address_of

    if not folder.key.exists():
        write_key_file(folder.key, fresh_secret())
    return address_of(read_key_file(folder.key, None, "en"))


def _stop(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt
