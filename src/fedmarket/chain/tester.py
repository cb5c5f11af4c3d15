"""A whole EVM inside this process, whose every run is the same to the byte: for the demo and for tests."""

from collections.abc import Iterable
from hashlib import sha256
from threading import Lock
from typing import Any

from eth_hash.auto import keccak
from eth_tester import PyEVMBackend  # type: ignore[import-untyped]
from eth_tester.exceptions import TransactionFailed  # type: ignore[import-untyped]
from eth_tester.exceptions import ValidationError as RequestError
from eth_utils.exceptions import ValidationError
from web3 import EthereumTesterProvider, Web3
from web3.types import RPCEndpoint, RPCResponse

from fedmarket.chain.abi import artifact
from fedmarket.chain.deploy import Deployment, deploy
from fedmarket.chain.endpoint import Endpoint
from fedmarket.chain.gas import limit_of
from fedmarket.chain.outbox import MemoryOutbox, Order
from fedmarket.chain.rpc import RpcChain
from fedmarket.chain.sender import Pace, Sender
from fedmarket.domain.accounts import address_of
from fedmarket.domain.errors import ChainRefusal

GENESIS_TIME = 1_800_000_000
ETHER = 10**18
GRANT = 1_000 * ETHER

FAUCET = keccak(b"fedmarket tester faucet")
"""Secret of the account that deploys the contracts, mints tokens and holds the coins; worth nothing elsewhere."""

READER = (1).to_bytes(32, "big")
"""Secret of the account that py-evm makes calls from when none is named; they must be able to pay, and never do."""


class _Backend(PyEVMBackend):  # type: ignore[misc]
    """py-evm without the wall clock and without random blocks: each block is one second after the last."""

    def __init__(self, **genesis: Any) -> None:
        self._receipts: dict[bytes, Any] = {}
        super().__init__(**genesis)

    @property
    def next_time(self) -> int:
        """The time of the block that is being built, unless it is given another."""
        return int(self.chain.header.timestamp)

    def set_time(self, timestamp: int) -> None:
        """Give the block that is being built its time."""
        self.chain.header = self.chain.header.copy(timestamp=timestamp)

    def mine_blocks(self, num_blocks: int = 1, coinbase: bytes = bytes(20)) -> tuple[bytes, ...]:
        return tuple([self._mine_block(coinbase) for _ in range(num_blocks)])

    def _mine_block(self, coinbase: bytes) -> bytes:
        mix_hash = sha256(self.chain.header.parent_hash).digest()
        block = self.chain.mine_block(coinbase=coinbase, mix_hash=mix_hash, blob_gas_used=0)
        self.set_time(block.header.timestamp + 1)
        for transaction in block.transactions:
            self._receipts[transaction.hash] = super().get_transaction_receipt(transaction.hash)
        return bytes(block.hash)

    def get_transaction_receipt(self, transaction_hash: bytes) -> Any:
        # py-evm looks for a transaction block by block from the latest one back.
        known = self._receipts.get(transaction_hash)
        return known or super().get_transaction_receipt(transaction_hash)


class _Rpc(EthereumTesterProvider):
    """The backend as a JSON-RPC endpoint: one request at a time, errors as a node words them."""

    def __init__(self, backend: _Backend) -> None:
        super().__init__(backend)
        self._backend = backend
        self._lock = Lock()

    def mine_at(self, timestamp: int) -> None:
        """Mine an empty block at `timestamp`, unless the latest one is as late."""
        with self._lock:
            if timestamp >= self._backend.next_time:
                self._backend.set_time(timestamp)
                self._backend.mine_blocks()

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        try:
            with self._lock:
                return super().make_request(method, params)
        except TransactionFailed as error:
            return _error(3, str(error))
        except (ValidationError, RequestError) as error:
            return _error(-32_000, str(error))


def _error(code: int, message: str) -> RPCResponse:
    return {"jsonrpc": "2.0", "id": 0, "error": {"code": code, "message": message}}


class BareChain:
    """The in-process EVM by itself: no contract, coins for some accounts."""

    def __init__(self, funded: Iterable[str] = (), genesis_time: int = GENESIS_TIME) -> None:
        """Start at block 0, which is `genesis_time` seconds; each of `funded` has coins for its gas."""
        rich = {address_of(FAUCET): 10**9 * ETHER, address_of(READER): 10**9 * ETHER}
        grants = {account: GRANT for account in funded} | rich
        state = {
            bytes.fromhex(account[2:]): {"balance": coins, "nonce": 0, "code": b"", "storage": {}}
            for account, coins in grants.items()
        }
        parameters = PyEVMBackend.generate_genesis_params({"timestamp": genesis_time})
        backend = _Backend(genesis_parameters=parameters, genesis_state=state)
        backend.set_time(genesis_time + 1)
        self._rpc = _Rpc(backend)
        self.web3 = Web3(self._rpc, middleware=[])
        self.endpoint = Endpoint(self.web3)
        self._faucet = Sender(self.endpoint, self.endpoint.chain_id(), address_of(FAUCET), MemoryOutbox(), Pace())

    def fund(self, account: str, wei: int = GRANT) -> None:
        """Give an account coins to pay its gas with, in a block of its own."""
        self.send("fund", account, b"", wei)

    def advance_to(self, timestamp: int) -> None:
        """Mine an empty block at `timestamp`; nothing happens where the chain is there already."""
        self._rpc.mine_at(timestamp)

    def send(self, verb: str, to: str, data: bytes, wei: int = 0) -> None:
        """Send from the faucet, in a block of its own."""
        call_id = f"{verb} {to} {data.hex()} {wei}"
        order = Order(verb, to, "0x" + data.hex(), limit_of(verb, data), call_id, wei)
        if not self._faucet.send(FAUCET, order).succeeded:
            raise ChainRefusal("chain.reverted", verb=verb, transaction="")


class TesterChain(RpcChain):
    """A market with its token on a chain of its own, which lives as long as this object."""

    __test__ = False  # pytest takes every class whose name begins like this one's for a test

    def __init__(self, bare: BareChain, deployed: Deployment) -> None:
        """Use `start` to make one."""
        super().__init__(bare.web3, deployed.market, first_block=deployed.block)
        self._bare = bare

    @classmethod
    def start(cls, funded: Iterable[str] = (), genesis_time: int = GENESIS_TIME) -> "TesterChain":
        """Start a chain at `genesis_time` (seconds) on which each of `funded` has coins for its gas, and deploy."""
        bare = BareChain(funded, genesis_time)
        return cls(bare, deploy(bare.web3, FAUCET))

    @property
    def web3(self) -> Web3:
        """The way to this chain for whoever else wants to use it."""
        return self._bare.web3

    def mint(self, account: str, amount: int) -> None:
        """Give an account tokens (base units), in a block of its own."""
        self._bare.send("mint", self.token, artifact("Token").functions["mint"].encode(account, amount))

    def fund(self, account: str, wei: int = GRANT) -> None:
        """Give an account coins to pay its gas with, in a block of its own."""
        self._bare.fund(account, wei)

    def advance_to(self, timestamp: int) -> None:
        """Mine an empty block at `timestamp`; nothing happens where the chain is there already."""
        self._bare.advance_to(timestamp)
