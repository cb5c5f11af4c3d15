"""The state of the reference exchange: what Exchange.vy stores, as plain Python values, and a plain token."""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NoReturn

from fedmarket.domain.errors import ContractRefusal
from fedmarket.domain.exchange.offer import Order
from fedmarket.domain.reference.state import Event
from fedmarket.domain.typed_data import SigningDomain


class OrderStatus(IntEnum):
    """Where an order stands, by the contract's numbers; the last three are final."""

    ORDERED = 1
    REVEALED = 2
    PAID = 3
    REFUNDED = 4
    DISPUTED = 5


@dataclass
class Sale:
    """One order's storage: its state, that state's deadline in block seconds, and what was delivered."""

    order: Order
    status: OrderStatus
    deadline: int
    delivery: tuple[bytes, bytes] | None = None
    """The key and the ciphertext's root."""


@dataclass
class Exchange:
    """The exchange's storage, and a plain token in which `address` holds its balance."""

    address: str
    chain_id: int
    now: int = 1
    block: int = 1
    balances: dict[str, int] = field(default_factory=dict)
    stakes: dict[str, int] = field(default_factory=dict)
    series: dict[str, int] = field(default_factory=dict)
    sales: dict[bytes, Sale] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    @property
    def domain(self) -> SigningDomain:
        """Where offers and acceptances count."""
        return SigningDomain(self.chain_id, self.address)

    def find(self, order: Order, status: OrderStatus) -> tuple[bytes, Sale]:
        """Return the id and the storage of an order that is in a state; refuses an unknown one or another state."""
        order_id = order.id(self.domain)
        if order_id not in self.sales:
            refuse("unknown_order")
        require(self.sales[order_id].status is status, "wrong_order_status")
        return order_id, self.sales[order_id]

    def pull(self, account: str, amount: int) -> None:
        """Move tokens from `account` into the exchange."""
        require(self.balances.get(account, 0) >= amount, "payment_failed")
        self._transfer(account, self.address, amount)

    def push(self, account: str, amount: int) -> None:
        """Move tokens from the exchange to `account`."""
        self._transfer(self.address, account, amount)

    def _transfer(self, source: str, target: str, amount: int) -> None:
        self.balances[source] = self.balances.get(source, 0) - amount
        self.balances[target] = self.balances.get(target, 0) + amount

    def add(self, seller: str, amount: int) -> None:
        """Add to a seller's free stake."""
        self.stakes[seller] = self.stakes.get(seller, 0) + amount

    def take(self, seller: str, amount: int) -> None:
        """Take from a seller's free stake; refuses more than there is."""
        require(self.stakes.get(seller, 0) >= amount, "stake_too_small")
        self.stakes[seller] = self.stakes.get(seller, 0) - amount

    def log(self, name: str, **fields: Any) -> None:
        """Append an event to the record."""
        self.events.append(Event(name, fields, self.block, self.now))

    def held(self) -> int:
        """Return what the exchange must hold in base units: all stakes, and the prices and bonds of open orders."""
        open_sales = (s for s in self.sales.values() if s.status in (OrderStatus.ORDERED, OrderStatus.REVEALED))
        return sum(self.stakes.values()) + sum(s.order.offer.price + s.order.offer.bond for s in open_sales)


def refuse(reason: str) -> NoReturn:
    """Raise the refusal that the contract would revert with."""
    raise ContractRefusal(f"contract.{reason}")


def require(condition: object, reason: str) -> None:
    """Refuse with `reason` unless `condition` holds."""
    if not condition:
        refuse(reason)
