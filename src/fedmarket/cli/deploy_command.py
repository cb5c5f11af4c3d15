"""`fedmarket deploy`: put a market on a chain, and write down where it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fedmarket.cli.amounts import DECIMALS, tokens
from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words
from fedmarket.cli.settings import Settings, needed_rpc, settle
from fedmarket.domain.errors import MarketError, SystemFault, UsageError

if TYPE_CHECKING:
    from web3 import Web3


def add_deploy(app: typer.Typer, words: Words, environ: Mapping[str, str]) -> None:
    """Give `app` the command, with its help in the words' language."""

    @app.command("deploy", cls=HelpfulCommand, help=words("deploy_help"), epilog=words("examples_deploy"))
    def deploy(
        token: Annotated[str | None, typer.Option(metavar="ADDRESS", help=words("opt_token"))] = None,
        rpc_url: Annotated[str | None, typer.Option(metavar="URL", help=words("opt_rpc_url"))] = None,
        account: Annotated[str | None, typer.Option(metavar="NAME|FILE", help=words("opt_account"))] = None,
        passphrase_file: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_passphrase_file"))] = None,
        deployment: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_deployment"))] = None,
        profile: Annotated[str | None, typer.Option(metavar="NAME", help=words("opt_profile"))] = None,
        replace: Annotated[bool, typer.Option("--replace", help=words("opt_replace"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Deploy token and market, or a market for a token that is there."""
        flags = {"rpc": rpc_url, "account": account, "deployment": deployment}
        settings = settle(environ, flags, profile)
        _deploy(settings, environ, words, token, passphrase_file, replace=replace)


def _deploy(
    settings: Settings,
    environ: Mapping[str, str],
    words: Words,
    token: str | None,
    passphrase_file: Path | None,
    *,
    replace: bool,
) -> None:
    """Check all that can be checked, ask for the key, deploy, and write the file."""
    from fedmarket.chain.deploy import deploy
    from fedmarket.chain.deployment import default_path, describe, write_deployment
    from fedmarket.chain.endpoint import Endpoint
    from fedmarket.chain.port import SINK
    from fedmarket.chain.rpc import connect
    from fedmarket.cli.accounts import open_account
    from fedmarket.cli.places import outbox_folder

    web3 = connect(needed_rpc(settings))
    chain_id = Endpoint(web3).chain_id()
    path = settings.deployment.value or default_path(chain_id)
    _make_way(web3, path, words, replace=replace)
    if token is not None:
        token = _checked_token(web3, token)
    if settings.account.value is None:
        raise UsageError("profile.needs_account")
    secret = open_account(environ, settings.account.value, passphrase_file, words.lang)
    deployed = deploy(web3, secret, token=token, outbox=outbox_folder(environ))
    found = describe(web3, deployed, SINK)
    _set_aside(path)
    try:
        write_deployment(path, found)
    except UsageError as error:
        raise UsageError("deployment.not_kept", market=found.market, token=found.token, path=path) from error
    typer.echo(words("deploy_done", market=found.market, chain=chain_id, block=found.first_block, gas=deployed.gas))
    typer.echo(words("deploy_token_given" if token else "deploy_token_made", token=found.token))
    if not _takes_permits(web3, found.token):
        typer.echo(words("deploy_token_no_permit", market=found.market))
    decimals = _ask_token(web3, found.token, "decimals")
    if decimals != DECIMALS:
        typer.echo(words("deploy_token_decimals", decimals="?" if decimals is None else decimals, shown=DECIMALS))
    typer.echo(words("deploy_kept", path=path))


def _make_way(web3: "Web3", path: Path, words: Words, *, replace: bool) -> None:
    """See to it that the file can be written; raises UsageError where that would lose the way to another market."""
    from fedmarket.chain.deployment import contents, read_deployment

    if path.exists() and not replace:
        try:
            named = read_deployment(path)
        except MarketError as error:
            raise UsageError("deployment.in_the_way", path=path) from error
        found = contents(web3, named)
        if found is None:
            raise UsageError("deployment.exists_elsewhere", path=path, market=named.market)
        amounts = {"tasks": found.tasks, "held": tokens(found.held)}
        raise UsageError("deployment.exists", path=path, market=named.market, **amounts)
    probe = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise UsageError("deployment.unwritable", path=path, detail=SystemFault.of(error)) from error


def _set_aside(path: Path) -> None:
    """Keep the file that is replaced, under the first free name."""
    if not path.exists():
        return
    number = 1
    while (old := path.with_suffix(f".old-{number}.json")).exists():
        number += 1
    path.rename(old)


def _checked_token(web3: "Web3", token: str) -> str:
    """Return a token's address; raises AccountError for what is none, UsageError where no token is there."""
    from fedmarket.chain.endpoint import Endpoint
    from fedmarket.domain.accounts import checksum

    address = checksum(token)
    if _ask_token(web3, address, "totalSupply") is None:
        raise UsageError("deployment.no_token", token=address, url=Endpoint(web3).url)
    return address


def _takes_permits(web3: "Web3", token: str) -> bool:
    """Return whether a token numbers permits (EIP-2612)."""
    return _ask_token(web3, token, "nonces", token) is not None


def _ask_token(web3: "Web3", token: str, view: str, *args: str) -> int | None:
    """Return the number that a token's view gives, or None where it gives none."""
    from fedmarket.chain.abi import artifact
    from fedmarket.chain.endpoint import Endpoint, NodeError

    data = artifact("Token").functions[view].encode(*args)
    try:
        answer = Endpoint(web3).call({"to": token, "data": "0x" + data.hex()})
    except NodeError:
        return None
    return int.from_bytes(answer, "big") if len(answer) == 32 else None
