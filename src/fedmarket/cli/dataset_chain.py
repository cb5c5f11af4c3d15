"""`fedmarket dataset deploy` and `retire`, and the way to a catalogue for the other commands."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words
from fedmarket.cli.settings import Settings, needed_rpc, settle
from fedmarket.domain.errors import UsageError

if TYPE_CHECKING:
    from fedmarket.chain.catalogue import RpcCatalogue


def catalogue_of(settings: Settings, environ: Mapping[str, str], path: Path | None) -> "RpcCatalogue":
    """Return the catalogue that a file names, on the chain that the settings name.

    Raises UsageError without a chain or a file, ChainError, RefusedError for other code.
    """
    from fedmarket.chain.catalogue_file import catalogue_path, open_catalogue, read_catalogue
    from fedmarket.chain.endpoint import Endpoint
    from fedmarket.chain.rpc import connect
    from fedmarket.cli.places import outbox_folder

    web3 = connect(needed_rpc(settings))
    found = read_catalogue(path or catalogue_path(Endpoint(web3).chain_id()))
    return open_catalogue(web3, found, outbox_folder(environ))


def secret_of(settings: Settings, environ: Mapping[str, str], passphrase_file: Path | None, words: Words) -> bytes:
    """Return the key of the account in force; raises UsageError where none is named."""
    from fedmarket.cli.accounts import open_account

    if settings.account.value is None:
        raise UsageError("profile.needs_account")
    return open_account(environ, settings.account.value, passphrase_file, words.lang)


def add_deploy_catalogue(group: typer.Typer, words: Words, own: Words, environ: Mapping[str, str]) -> None:
    """Give the group the command that puts a catalogue on a chain."""

    @group.command("deploy", cls=HelpfulCommand, help=own("deploy_help"), epilog=own("examples_deploy"))
    def deploy(
        token: Annotated[str, typer.Option(metavar="ADDRESS", help=own("opt_token"))],
        rpc_url: Annotated[str | None, typer.Option(metavar="URL", help=words("opt_rpc_url"))] = None,
        account: Annotated[str | None, typer.Option(metavar="NAME|FILE", help=words("opt_account"))] = None,
        catalogue: Annotated[Path | None, typer.Option(metavar="FILE", help=own("opt_catalogue"))] = None,
        passphrase_file: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_passphrase_file"))] = None,
        profile: Annotated[str | None, typer.Option(metavar="NAME", help=words("opt_profile"))] = None,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Deploy a catalogue whose prices are in a token, and write down where it is."""
        from fedmarket.chain.catalogue_file import catalogue_path, describe_catalogue, write_catalogue
        from fedmarket.chain.deploy import deploy_catalogue
        from fedmarket.chain.endpoint import Endpoint
        from fedmarket.chain.rpc import connect
        from fedmarket.cli.places import outbox_folder
        from fedmarket.domain.accounts import checksum

        settings = settle(environ, {"rpc": rpc_url, "account": account}, profile)
        web3 = connect(needed_rpc(settings))
        endpoint = Endpoint(web3)
        path = catalogue or catalogue_path(endpoint.chain_id())
        if path.exists():
            raise UsageError("listing.catalogue_exists", path=path)
        address = checksum(token)
        if not endpoint.code(address):
            raise UsageError("deployment.no_token", token=address, url=endpoint.url)
        secret = secret_of(settings, environ, passphrase_file, words)
        deployed = deploy_catalogue(web3, secret, address, outbox=outbox_folder(environ))
        found = describe_catalogue(web3, deployed)
        write_catalogue(path, found)
        facts = {"catalogue": found.catalogue, "chain": found.chain_id, "gas": f"{deployed.gas:,}", "path": path}
        typer.echo(own("deployed", **facts))


def add_retire(group: typer.Typer, words: Words, own: Words, environ: Mapping[str, str]) -> None:
    """Give the group the command that ends an offer."""

    @group.command("retire", cls=HelpfulCommand, help=own("retire_help"), epilog=own("examples_retire"))
    def retire(
        dataset: Annotated[int, typer.Argument(metavar="N", min=1)],
        rpc_url: Annotated[str | None, typer.Option(metavar="URL", help=words("opt_rpc_url"))] = None,
        account: Annotated[str | None, typer.Option(metavar="NAME|FILE", help=words("opt_account"))] = None,
        catalogue: Annotated[Path | None, typer.Option(metavar="FILE", help=own("opt_catalogue"))] = None,
        passphrase_file: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_passphrase_file"))] = None,
        profile: Annotated[str | None, typer.Option(metavar="NAME", help=words("opt_profile"))] = None,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Offer a dataset no longer."""
        settings = settle(environ, {"rpc": rpc_url, "account": account}, profile)
        chain = catalogue_of(settings, environ, catalogue)
        receipt = chain.call(secret_of(settings, environ, passphrase_file, words), "retire", dataset)
        typer.echo(own("retired", dataset=dataset, gas=f"{receipt.gas_used:,}", transaction=receipt.transaction))
