"""Put the token and the market on a chain."""

from dataclasses import dataclass
from pathlib import Path

from eth_hash.auto import keccak
from web3 import Web3

from fedmarket.chain.abi import artifact
from fedmarket.chain.endpoint import Endpoint, Mined
from fedmarket.chain.gas import limit_of
from fedmarket.chain.outbox import FileOutbox, MemoryOutbox, Order
from fedmarket.chain.port import SINK
from fedmarket.chain.sender import Sender
from fedmarket.domain.accounts import address_of, checksum
from fedmarket.domain.errors import ChainRefusal

DEMO = ("fedmarket demonstration", "DEMO")
"""Name and symbol of the token that a market is given where none is named; worth nothing."""


@dataclass(frozen=True)
class Deployment:
    """Where a market is: its token, its own address (both EIP-55), and the block that holds it; and the gas it took."""

    token: str
    market: str
    block: int
    gas: int = 0


def deploy(
    web3: Web3, secret: bytes, *, token: str | None = None, sink: str = SINK, outbox: Path | None = None
) -> Deployment:
    """Deploy a TaskMarket that pays in `token` and sends forfeits to `sink`; without `token`, a demo token first.

    `outbox` is the folder of the account's outbox. Raises ChainError where the chain refuses or does not answer.
    """
    sender = _sender(web3, secret, outbox)
    gas = 0
    if token is None:
        mined = _create(sender, secret, "deploy_token", artifact("Token").deployment(*DEMO))
        token, gas = checksum(str(mined.created)), mined.gas_used
    mined = _create(sender, secret, "deploy_market", artifact("TaskMarket").deployment(token, sink))
    return Deployment(token, checksum(str(mined.created)), mined.block, gas + mined.gas_used)


def deploy_exchange(web3: Web3, secret: bytes, token: str, *, outbox: Path | None = None) -> Deployment:
    """Deploy an Exchange that is paid in `token`; its address is the deployment's `market`.

    `outbox` is the folder of the account's outbox. Raises ChainError where the chain refuses or does not answer.
    """
    return _paid_in(token, _sender(web3, secret, outbox), secret, "deploy_exchange", "Exchange")


def deploy_token(web3: Web3, secret: bytes) -> str:
    """Deploy a demonstration token and return its address; raises ChainError."""
    mined = _create(_sender(web3, secret, None), secret, "deploy_token", artifact("Token").deployment(*DEMO))
    return checksum(str(mined.created))


def deploy_catalogue(web3: Web3, secret: bytes, token: str, *, outbox: Path | None = None) -> Deployment:
    """Deploy a DataCatalog whose prices are in `token`; its address is the deployment's `market`.

    `outbox` is the folder of the account's outbox. Raises ChainError where the chain refuses or does not answer.
    """
    return _paid_in(token, _sender(web3, secret, outbox), secret, "deploy_catalogue", "DataCatalog")


def _sender(web3: Web3, secret: bytes, outbox: Path | None) -> Sender:
    endpoint, account = Endpoint(web3), address_of(secret)
    chain_id = endpoint.chain_id()
    return Sender(endpoint, chain_id, account, FileOutbox(outbox, chain_id, account) if outbox else MemoryOutbox())


def _paid_in(token: str, sender: Sender, secret: bytes, verb: str, contract: str) -> Deployment:
    mined = _create(sender, secret, verb, artifact(contract).deployment(token))
    return Deployment(token, checksum(str(mined.created)), mined.block, mined.gas_used)


def _create(sender: Sender, secret: bytes, verb: str, data: bytes) -> Mined:
    order = Order(verb, None, "0x" + data.hex(), limit_of(verb, data), keccak(data).hex())
    mined = sender.send(secret, order)
    if not mined.succeeded or mined.created is None:
        raise ChainRefusal("chain.reverted", verb=verb, transaction=mined.transaction)
    return mined
