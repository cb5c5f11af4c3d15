"""A deployment as a document: where a market is, and the hash of the code that must be there."""

from dataclasses import dataclass
from pathlib import Path

from eth_hash.auto import keccak
from web3 import Web3

from fedmarket.chain.abi import Function, artifact
from fedmarket.chain.deploy import Deployment
from fedmarket.chain.endpoint import Endpoint, NodeError
from fedmarket.domain import codec
from fedmarket.domain.accounts import checksum
from fedmarket.domain.errors import ChainError, ChainUsageError, MarketError, RefusedError, SystemFault, UsageError

SCHEMA = "fedmarket/deployment/1"
FOLDER = Path("deployments")


@dataclass(frozen=True)
class DeploymentFile:
    """One market on one chain: EIP-55 addresses, the block that holds it, and the keccak-256 of its code."""

    chain_id: int
    market: str
    token: str
    sink: str
    first_block: int
    code_hash: bytes


@dataclass(frozen=True)
class Contents:
    """What a market has in it: how many tasks were ever opened, and the tokens that it holds (base units)."""

    tasks: int
    held: int


def default_path(chain_id: int) -> Path:
    """Return where a chain's deployment is kept, relative to a project's folder."""
    return FOLDER / f"{chain_id}.json"


def describe(web3: Web3, deployed: Deployment, sink: str) -> DeploymentFile:
    """Return the document of a market that was just deployed."""
    endpoint = Endpoint(web3)
    code_hash = keccak(endpoint.code(deployed.market))
    return DeploymentFile(endpoint.chain_id(), deployed.market, deployed.token, sink, deployed.block, code_hash)


def read_deployment(path: Path) -> DeploymentFile:
    """Read a deployment; raises UsageError where the file is missing or is not one."""
    try:
        found = codec.decode(path.read_bytes(), DeploymentFile, SCHEMA)
        for address in (found.market, found.token, found.sink):
            if checksum(address) != address:
                raise UsageError("account.bad_checksum", address=address[:80])
    except OSError as error:
        raise UsageError("deployment.unreadable", path=path, detail=SystemFault.of(error)) from error
    except MarketError as error:
        raise UsageError("deployment.not_one", path=path, detail=error.sentence()) from error
    return found


def write_deployment(path: Path, deployment: DeploymentFile) -> None:
    """Write a deployment to a file that is whole or not there; raises UsageError where that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_bytes(codec.encode(deployment, SCHEMA))
        new.replace(path)
    except OSError as error:
        raise UsageError("deployment.unwritable", path=path, detail=SystemFault.of(error)) from error


def check_deployment(web3: Web3, deployment: DeploymentFile) -> None:
    """Compare a deployment with its chain.

    Raises what `_check_market` does, and UsageError where the market did not begin in the first block: events are
    read from there on. A node that keeps no state so old cannot tell.
    """
    endpoint = Endpoint(web3)
    _check_market(endpoint, deployment)
    if not _may_begin_in(endpoint, deployment.market, deployment.first_block):
        where = {"address": deployment.market, "url": endpoint.url}
        raise UsageError("deployment.other_block", block=deployment.first_block, **where)


def _check_market(endpoint: Endpoint, deployment: DeploymentFile) -> None:
    """Raise ChainUsageError on another chain and where nothing is at the address, RefusedError where other code is."""
    found = endpoint.chain_id()
    if found != deployment.chain_id:
        raise ChainUsageError("chain.wrong_chain", url=endpoint.url, found=found, expected=deployment.chain_id)
    code = endpoint.code(deployment.market)
    if not code:
        raise ChainUsageError("chain.no_contract", address=deployment.market, url=endpoint.url)
    if keccak(code) != deployment.code_hash:
        raise RefusedError("deployment.other_code", address=deployment.market, url=endpoint.url)


def _may_begin_in(endpoint: Endpoint, market: str, block: int) -> bool:
    """Tell whether a contract came into being in a block, as far as the node remembers."""
    if block > endpoint.latest().number:
        return False
    try:
        return bool(endpoint.code(market, block)) and not (block and endpoint.code(market, block - 1))
    except NodeError:
        return True


def contents(web3: Web3, deployment: DeploymentFile) -> Contents | None:
    """Return what the market has in it, or None where it is not on this chain."""
    try:
        _check_market(Endpoint(web3), deployment)
    except (ChainError, RefusedError):
        return None
    tasks = _read(web3, deployment.market, artifact("TaskMarket").functions["task_count"])
    return Contents(tasks, _read(web3, deployment.token, artifact("Token").functions["balanceOf"], deployment.market))


def _read(web3: Web3, contract: str, view: Function, *args: str) -> int:
    answer = Endpoint(web3).call({"to": contract, "data": "0x" + view.encode(*args).hex()})
    return int(view.decode(answer)[0])
