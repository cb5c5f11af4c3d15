"""One JSON-RPC endpoint: every question this package asks a chain, with a sentence where the answer fails.

Only methods that every EVM node has are used, on web3's provider and without its middleware, so that a chain whose
blocks carry extra fields needs no special treatment.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from web3 import Web3
from web3.exceptions import Web3Exception
from web3.types import RPCEndpoint

from fedmarket.chain.shown import shown
from fedmarket.domain.errors import ChainError

_ERROR_STRING = "08c379a0"


class NodeError(ChainError):
    """The node answered a request with an error; `message` and `data` are its own."""

    def __init__(self, url: str, method: str, error: Mapping[str, Any]) -> None:
        self.message = str(error.get("message", error))
        self.data = str(error.get("data", ""))
        super().__init__("chain.node_error", url=url, method=method, message=self.message)

    @property
    def reason(self) -> str | None:
        """The contract's reason string where the error is a revert that gives one."""
        found = re.search(_ERROR_STRING + "((?:[0-9a-fA-F]{2})+)", self.data)
        if found:
            try:
                return str(decode(["string"], bytes.fromhex(found.group(1)))[0])
            except (DecodingError, UnicodeDecodeError):
                return None
        said = re.search(r"revert(?:ed)?:? *(.*)", self.message, re.IGNORECASE)
        return said.group(1).strip("\"' ") if said else None


@dataclass(frozen=True)
class Block:
    """A block's number, hashes ("0x…"), time in seconds, and its base fee in wei (None before EIP-1559)."""

    number: int
    hash: str
    parent: str
    timestamp: int
    base_fee: int | None


@dataclass(frozen=True)
class Log:
    """One raw log; `timestamp` is the block's where the node gives it."""

    block: int
    index: int
    topics: tuple[bytes, ...]
    data: bytes
    timestamp: int | None


@dataclass(frozen=True)
class Mined:
    """A mined transaction: whether it succeeded, its gas and block, and the contract that it created."""

    transaction: str
    succeeded: bool
    gas_used: int
    block: int
    created: str | None


class Endpoint:
    """A chain behind one web3 provider."""

    def __init__(self, web3: Web3) -> None:
        self._web3 = Web3(web3.provider, middleware=[])
        self.url = shown(str(getattr(web3.provider, "endpoint_uri", None) or ""))

    def ask(self, method: str, *params: Any) -> Any:
        """Make one request. Raises NodeError for an error of the node's, ChainError where nothing answers."""
        request = self._web3.provider.request_func(self._web3, self._web3.middleware_onion)
        try:
            answer = request(RPCEndpoint(method), list(params))
        except (OSError, Web3Exception, JSONDecodeError) as error:
            raise self._unreachable(type(error).__name__) from error
        if not isinstance(answer, Mapping) or not ("result" in answer or "error" in answer):
            raise self._unreachable("not a JSON-RPC answer")
        said: Any = answer.get("error")
        if said:
            raise NodeError(self.url, method, said if isinstance(said, Mapping) else {"message": said})
        return answer.get("result")

    def _unreachable(self, detail: str) -> ChainError:
        return ChainError("chain.unreachable", url=self.url, detail=detail)

    def chain_id(self) -> int:
        """Return the chain's id (EIP-155)."""
        return _integer(self.ask("eth_chainId"))

    def block(self, number: int | str = "latest") -> Block | None:
        """Return a block by its number or tag, or None where the node does not have it."""
        tag = number if isinstance(number, str) else hex(number)
        found = self.ask("eth_getBlockByNumber", tag, False)
        if found is None:
            return None
        base_fee = found.get("baseFeePerGas")
        return Block(
            _integer(found["number"]),
            _hex(found["hash"]),
            _hex(found["parentHash"]),
            _integer(found["timestamp"]),
            None if base_fee is None else _integer(base_fee),
        )

    def latest(self) -> Block:
        """Return the latest block."""
        found = self.block()
        if found is None:
            raise self._unreachable("no latest block")
        return found

    def nonce(self, account: str, tag: str) -> int:
        """Return how many transactions an account has sent, as of "latest" or "pending"."""
        return _integer(self.ask("eth_getTransactionCount", account, tag))

    def code(self, address: str, block: int | str = "latest") -> bytes:
        """Return the code at an address in the state after a block, empty where there is none.

        Raises NodeError where the node no longer keeps that state.
        """
        tag = block if isinstance(block, str) else hex(block)
        return _bytes(self.ask("eth_getCode", address, tag))

    def gas_price(self) -> int:
        """Return the price of gas that the node proposes, in wei."""
        return _integer(self.ask("eth_gasPrice"))

    def tip(self) -> int:
        """Return the priority fee that the node proposes, in wei."""
        return _integer(self.ask("eth_maxPriorityFeePerGas"))

    def call(self, transaction: Mapping[str, Any], block: int | str = "latest") -> bytes:
        """Run a call without sending it, in the state after a block; raises NodeError where it reverts."""
        tag = block if isinstance(block, str) else hex(block)
        return _bytes(self.ask("eth_call", dict(transaction), tag))

    def send(self, raw: str) -> None:
        """Hand over a signed transaction ("0x…")."""
        self.ask("eth_sendRawTransaction", raw)

    def mined(self, transaction: str) -> Mined | None:
        """Return what became of a transaction, or None while it is not mined."""
        try:
            found = self.ask("eth_getTransactionReceipt", transaction)
        except NodeError as error:
            if "indexing" in error.message:
                return None
            raise
        if found is None or found.get("blockNumber") is None:
            return None
        return Mined(
            transaction,
            _integer(found["status"]) == 1,
            _integer(found["gasUsed"]),
            _integer(found["blockNumber"]),
            found.get("contractAddress"),
        )

    def logs(self, address: str, first: int, last: int) -> list[Log]:
        """Return an address's logs in blocks first..last, in order."""
        query = {"fromBlock": hex(first), "toBlock": hex(last), "address": address}
        found = [_log(entry) for entry in self.ask("eth_getLogs", query) if not entry.get("removed")]
        return sorted(found, key=lambda log: (log.block, log.index))


def _log(entry: Mapping[str, Any]) -> Log:
    given = entry.get("blockTimestamp")
    return Log(
        _integer(entry["blockNumber"]),
        _integer(entry["logIndex"]),
        tuple(_bytes(topic) for topic in entry["topics"]),
        _bytes(entry["data"]),
        None if given is None else _integer(given),
    )


def _integer(value: int | str) -> int:
    return value if isinstance(value, int) else int(value, 16)


def _bytes(value: bytes | str) -> bytes:
    return bytes(value) if isinstance(value, bytes) else bytes.fromhex(value.removeprefix("0x"))


def _hex(value: bytes | str) -> str:
    return value if isinstance(value, str) else "0x" + bytes(value).hex()
