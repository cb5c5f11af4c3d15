"""The exchange as a pure-Python chain, for simulations: the same protocol over the reference, nothing signed."""

from typing import Any

from fedmarket.chain.port import Head, Receipt
from fedmarket.domain.accounts import address_of
from fedmarket.domain.exchange import reference
from fedmarket.domain.exchange.state import Exchange
from fedmarket.domain.reference.state import Event

ADDRESS = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
CHAIN_ID = 31_337


class SimulatedExchange:
    """A chain of one exchange (the `ExchangeChain` protocol): each call is one block, a second after the last."""

    def __init__(self, *, genesis_time: int = 1) -> None:
        self.book = Exchange(ADDRESS, CHAIN_ID, now=genesis_time)

    @property
    def chain_id(self) -> int:
        """The chain's id (EIP-155)."""
        return self.book.chain_id

    @property
    def address(self) -> str:
        """The exchange's address (EIP-55)."""
        return self.book.address

    def head(self) -> Head:
        """Return the latest block."""
        return Head(self.book.block, self.book.now)

    def events(self, after_block: int) -> list[Event]:
        """Return the events in blocks > `after_block`, in order."""
        return [event for event in self.book.events if event.block > after_block]

    def call(self, secret: bytes, verb: str, *args: Any, pays: int = 0) -> Receipt:
        """Call one verb in a block of its own; costs no gas. Raises ContractRefusal with the contract's reason."""
        self.advance(1)
        reference.call(self.book, address_of(secret), verb, *args)
        return Receipt(verb, 0, self.book.block, f"0x{self.book.block:064x}")

    def series_of(self, seller: str) -> int:
        """Return the number that a seller's offers must bear to count."""
        return self.book.series.get(seller, 0)

    def mint(self, account: str, amount: int) -> None:
        """Give an account tokens in base units."""
        self.book.balances[account] = self.book.balances.get(account, 0) + amount

    def balance(self, account: str) -> int:
        """Return an account's tokens in base units."""
        return self.book.balances.get(account, 0)

    def advance(self, seconds: int) -> None:
        """Mine an empty block so much later."""
        self.book.block += 1
        self.book.now += seconds
