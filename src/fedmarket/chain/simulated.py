"""The market as a pure-Python chain, for simulations: the same protocol over the reference ledger, nothing signed."""

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from fedmarket.chain.port import SINK, Head, Receipt
from fedmarket.domain import reference
from fedmarket.domain.accounts import address_of
from fedmarket.domain.reference.ledger import Ledger
from fedmarket.domain.reference.state import Event, require

MARKET = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
CHAIN_ID = 31_337


@dataclass
class _Ledger(Ledger):
    """The reference ledger whose callers permit the market to draw exactly what they said they would pay."""

    permitted: int = 0

    def pull(self, account: str, amount: int) -> None:
        require(amount in (0, self.permitted), "payment_failed")
        super().pull(account, amount)


class SimulatedChain:
    """A chain of one market (the `Chain` protocol) on which each call is one block, one second after the last.

    A refused call mines its block too, empty, as a reverted transaction would.
    """

    def __init__(
        self,
        *,
        genesis_time: int = 1,
        market: str = MARKET,
        chain_id: int = CHAIN_ID,
        sink: str = SINK,
        first_block: int = 0,
    ) -> None:
        """Begin at block `first_block`, which is `genesis_time` seconds."""
        self.ledger = _Ledger(market, chain_id, sink, now=genesis_time, block=first_block)
        self._accounts: dict[bytes, str] = {}

    @property
    def chain_id(self) -> int:
        """The chain's id (EIP-155)."""
        return self.ledger.chain_id

    @property
    def market(self) -> str:
        """The TaskMarket's address (EIP-55)."""
        return self.ledger.address

    @property
    def sink(self) -> str:
        """The address that forfeits go to (EIP-55)."""
        return self.ledger.sink

    @property
    def reorganisations(self) -> int:
        """None ever: what happened here stays."""
        return 0

    def head(self) -> Head:
        """Return the latest block."""
        return Head(self.ledger.block, self.ledger.now)

    def events(self, after_block: int) -> list[Event]:
        """Return the market's events in blocks > `after_block`, in order."""
        events = self.ledger.events
        return events[bisect_right(events, after_block, key=lambda event: event.block) :]

    def call(self, secret: bytes, verb: str, *args: Any, pays: int = 0) -> Receipt:
        """Call one verb in a block of its own; costs no gas. Raises ContractRefusal with the contract's reason."""
        self._mine()
        self.ledger.permitted = pays
        reference.call(self.ledger, self._account(secret), verb, *args)
        return Receipt(verb, 0, self.ledger.block, f"0x{self.ledger.block:064x}")

    def balance(self, account: str) -> int:
        """Return an account's tokens in base units."""
        return self.ledger.balances.get(account, 0)

    def mint(self, account: str, amount: int) -> None:
        """Give an account tokens, in a block of its own."""
        self._mine()
        self.ledger.balances[account] = self.balance(account) + amount

    def fund(self, account: str) -> None:
        """Mine the block in which a chain with gas would give an account coins."""
        self._mine()

    def advance_to(self, timestamp: int) -> None:
        """Mine an empty block at `timestamp`; nothing happens where the chain is there already."""
        if timestamp > self.ledger.now:
            self._mine(timestamp)

    def _mine(self, timestamp: int | None = None) -> None:
        self.ledger.block += 1
        self.ledger.now = timestamp or self.ledger.now + 1

    def _account(self, secret: bytes) -> str:
        if secret not in self._accounts:
            self._accounts[secret] = address_of(secret)
        return self._accounts[secret]
