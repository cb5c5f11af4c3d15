"""A chain that is asked what it logged, by somebody who does not believe an export."""

from functools import cached_property

from web3 import Web3

from fedmarket.chain.abi import artifact
from fedmarket.chain.endpoint import Endpoint
from fedmarket.chain.events import EventLog
from fedmarket.chain.genuine import address_in, is_genuine
from fedmarket.domain.errors import ChainUsageError
from fedmarket.domain.reference.state import Event


class ChainWitness:
    """One market's own logs on one chain, from `first_block` on."""

    def __init__(self, web3: Web3, chain_id: int, market: str, first_block: int) -> None:
        """Look whether the chain and the contract are there; raises ChainUsageError where they are not."""
        self._endpoint = Endpoint(web3)
        self.first_block = first_block
        self._market = market
        found = self._endpoint.chain_id()
        if found != chain_id:
            raise ChainUsageError("chain.wrong_chain", url=self._endpoint.url, found=found, expected=chain_id)
        if not self._endpoint.code(market):
            raise ChainUsageError("chain.no_contract", address=market, url=self._endpoint.url)

    @property
    def place(self) -> str:
        """Where the node is, without its access keys."""
        return self._endpoint.url

    @cached_property
    def genuine(self) -> bool:
        """Whether the contract is this version's TaskMarket: any other may log what it likes."""
        return is_genuine(self._endpoint, self._market)

    @cached_property
    def sink(self) -> str:
        """Where the market sends forfeits."""
        return address_in(self._endpoint, self._market, "sink")

    @cached_property
    def events(self) -> list[Event]:
        """The market's events from the first block to the latest one."""
        log = EventLog(self._endpoint, artifact("TaskMarket"), self._market, first_block=self.first_block)
        return log.after(self.first_block - 1)

    def block_hash(self, number: int) -> bytes | None:
        """Return the hash of a block, or None where the chain has none of this number."""
        block = self._endpoint.block(number)
        return bytes.fromhex(block.hash.removeprefix("0x")) if block else None
