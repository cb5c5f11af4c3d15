"""An Exchange on a chain: what agents need of one, and one behind any EVM JSON-RPC endpoint."""

from typing import Any, ClassVar, Protocol

from fedmarket.chain.port import Head, Receipt
from fedmarket.chain.rpc import RpcChain
from fedmarket.domain.exchange.offer import Order
from fedmarket.domain.exchange.state import OrderStatus
from fedmarket.domain.reference.state import Event


class ExchangeChain(Protocol):
    """One deployed Exchange on one chain. Everything raises ChainError when the chain does not answer."""

    @property
    def chain_id(self) -> int:
        """The chain's id (EIP-155)."""

    @property
    def address(self) -> str:
        """The exchange's address (EIP-55)."""

    def head(self) -> Head:
        """Return the latest block."""

    def events(self, after_block: int) -> list[Event]:
        """Return the exchange's events in blocks > `after_block`, in order, with fields as the reference logs them."""

    def call(self, secret: bytes, verb: str, *args: Any, pays: int = 0) -> Receipt:
        """Sign and send one verb and wait until it is mined, as `Chain.call` does. Raises ContractRefusal."""

    def series_of(self, seller: str) -> int:
        """Return the number that a seller's offers must bear to count."""


class RpcExchange(RpcChain):
    """One Exchange on one chain; its verbs are those of the reference after (exchange, sender)."""

    contract: ClassVar[str] = "Exchange"
    permitted: ClassVar[frozenset[str]] = frozenset({"stake", "order"})

    @property
    def address(self) -> str:
        """The exchange's address (EIP-55)."""
        return self.market

    def standing(self, order_id: bytes) -> tuple[OrderStatus | None, int]:
        """Return an order's state, None for an unknown one, and that state's deadline in block seconds."""
        status, deadline, _ = self._view("standing", order_id)
        return OrderStatus(status) if status else None, deadline

    def stake_of(self, seller: str) -> int:
        """Return what of a seller's stake no order holds, in base units."""
        return int(self._view("stake_of", seller))

    def series_of(self, seller: str) -> int:
        """Return the number that a seller's offers must bear to count."""
        return int(self._view("series_of", seller))

    def order_id(self, order: Order) -> bytes:
        """Return an order's id, as the contract computes it."""
        return bytes(self._view("order_id", order))
