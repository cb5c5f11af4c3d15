"""What every chain offers to the layers above, whatever runs underneath."""

from dataclasses import dataclass
from typing import Any, Protocol

from fedmarket.domain.reference.state import Event

SINK = "0x000000000000000000000000000000000000dEaD"
"""Where forfeits go by default: an address whose key nobody has."""


@dataclass(frozen=True)
class Head:
    """The latest block: its number, its time in seconds, and its hash ("0x…", empty where the chain has none)."""

    block: int
    timestamp: int
    hash: str = ""


@dataclass(frozen=True)
class Receipt:
    """What a mined call cost: gas, the block it is in, and its transaction hash ("0x…")."""

    verb: str
    gas_used: int
    block: int
    transaction: str


class Chain(Protocol):
    """One deployed TaskMarket on one chain."""

    @property
    def chain_id(self) -> int:
        """The chain's id (EIP-155)."""

    @property
    def market(self) -> str:
        """The TaskMarket's address (EIP-55)."""

    @property
    def sink(self) -> str:
        """The address that forfeits go to (EIP-55)."""

    @property
    def reorganisations(self) -> int:
        """How often the chain took back blocks whose events had been read: who read them begins anew."""

    def head(self) -> Head:
        """Return the latest block. Raises ChainError when the chain does not answer."""

    def events(self, after_block: int) -> list[Event]:
        """Return the market's events in blocks > `after_block`, in order, with fields as the reference logs them.

        They reach up to the latest block at the time of the question, which may be later than a `head()` before it.
        Each block is read once, so that asking often is cheap; after a reorganisation the answer is the new chain's.
        Raises ChainError when the chain does not answer.
        """

    def call(self, secret: bytes, verb: str, *args: Any, pays: int = 0) -> Receipt:
        """Sign and send one verb and wait until it is mined.

        `args` are those of the reference's verbs after (market, sender); `pays` is the amount in base units that
        the verb pulls from the caller, for which a permit is signed when the allowance is short.
        Raises ContractRefusal with the contract's reason (the refused call is mined all the same), UsageError where
        an argument does not fit its type, ChainError when the chain does not answer. After a ChainError the call may
        still be mined: made again with the same arguments, it is not sent twice.
        """

    def balance(self, account: str) -> int:
        """Return an account's tokens in base units."""
