"""A catalogue's deployment as a document: where it is, and the hash of the code that must be there."""

from dataclasses import dataclass
from pathlib import Path

from eth_hash.auto import keccak
from web3 import Web3

from fedmarket.chain.catalogue import RpcCatalogue
from fedmarket.chain.deploy import Deployment
from fedmarket.chain.deployment import FOLDER
from fedmarket.chain.endpoint import Endpoint
from fedmarket.domain import codec
from fedmarket.domain.accounts import checksum
from fedmarket.domain.errors import ChainError, MarketError, RefusedError, SystemFault, UsageError

SCHEMA = "fedmarket/catalogue/1"


@dataclass(frozen=True)
class CatalogueFile:
    """One catalogue on one chain: EIP-55 addresses, the block that holds it, and the keccak-256 of its code."""

    chain_id: int
    catalogue: str
    token: str
    first_block: int
    code_hash: bytes


def catalogue_path(chain_id: int) -> Path:
    """Return where a chain's catalogue is kept, relative to a project's folder."""
    return FOLDER / f"{chain_id}.catalogue.json"


def describe_catalogue(web3: Web3, deployed: Deployment) -> CatalogueFile:
    """Return the document of a catalogue that was just deployed."""
    endpoint = Endpoint(web3)
    code_hash = keccak(endpoint.code(deployed.market))
    return CatalogueFile(endpoint.chain_id(), deployed.market, deployed.token, deployed.block, code_hash)


def write_catalogue(path: Path, catalogue: CatalogueFile) -> None:
    """Write the document to a new file; raises UsageError where one is there, or it cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(codec.encode(catalogue, SCHEMA))
    except FileExistsError as error:
        raise UsageError("listing.catalogue_exists", path=path) from error
    except OSError as error:
        raise UsageError("deployment.unwritable", path=path, detail=SystemFault.of(error)) from error


def read_catalogue(path: Path) -> CatalogueFile:
    """Read the document; raises UsageError where the file is missing or is none."""
    try:
        found = codec.decode(path.read_bytes(), CatalogueFile, SCHEMA)
        for address in (found.catalogue, found.token):
            if checksum(address) != address:
                raise UsageError("account.bad_checksum", address=address[:80])
    except OSError as error:
        raise UsageError("listing.no_catalogue", path=path, detail=SystemFault.of(error)) from error
    except MarketError as error:
        raise UsageError("listing.not_a_catalogue", path=path, detail=error.sentence()) from error
    return found


def open_catalogue(web3: Web3, found: CatalogueFile, outbox: Path | None = None) -> RpcCatalogue:
    """Return the catalogue on its chain.

    Raises ChainError on another chain and where nothing is at the address, RefusedError where other code is.
    """
    endpoint = Endpoint(web3)
    chain_id = endpoint.chain_id()
    if chain_id != found.chain_id:
        raise ChainError("chain.wrong_chain", url=endpoint.url, found=chain_id, expected=found.chain_id)
    code = endpoint.code(found.catalogue)
    if not code:
        raise ChainError("chain.no_contract", address=found.catalogue, url=endpoint.url)
    if keccak(code) != found.code_hash:
        raise RefusedError("deployment.other_code", address=found.catalogue, url=endpoint.url)
    return RpcCatalogue(web3, found.catalogue, chain_id=chain_id, first_block=found.first_block, outbox=outbox)
