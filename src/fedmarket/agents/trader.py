"""What a seller's and a buyer's agent share: a key, an exchange, a counter, and a folder of one's own."""

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from fedmarket.agents.actor import Action
from fedmarket.chain.exchange import ExchangeChain
from fedmarket.domain.accounts import address_of
from fedmarket.domain.errors import ChainError, ContractRefusal, MarketError
from fedmarket.domain.exchange.fold import fold
from fedmarket.domain.exchange.state import Sale
from fedmarket.domain.typed_data import SigningDomain
from fedmarket.exchange.counter import Counter
from fedmarket.exchange.crew import Crew
from fedmarket.store.age import AgeIdentity

ADDRESS, DELIVERY, ACCEPTANCE, PARCEL, HASHES = "address", "delivery", "acceptance", "parcel.age", "hashes"
"""Names on the counter; hashes lie under their file's root, the others under their order."""


@dataclass
class Trader:
    """An account that trades: `secret` is its 32-byte key; what it must be able to prove lies in `folder`, its own."""

    secret: bytes
    exchange: ExchangeChain
    counter: Counter
    folder: Path
    crew: Crew = field(default_factory=Crew)
    refusals: list[MarketError] = field(default_factory=list)

    @cached_property
    def account(self) -> str:
        """The account's address."""
        return address_of(self.secret)

    @cached_property
    def age(self) -> AgeIdentity:
        """The key that ciphertexts for this account are encrypted to."""
        return AgeIdentity.from_secret(self.secret)

    @cached_property
    def domain(self) -> SigningDomain:
        """Where this account's signatures count."""
        return SigningDomain(self.exchange.chain_id, self.exchange.address)

    def now(self) -> int:
        """Return the time of the latest block, in seconds."""
        return self.exchange.head().timestamp

    def sales(self) -> dict[bytes, Sale]:
        """Return all orders of the exchange by id, as its events tell."""
        return fold(self.exchange.events(-1))

    def call(self, verb: str, *args: Any, pays: int = 0) -> list[Action]:
        """Call a verb; an empty list where the contract refuses: somebody was faster, or a deadline passed."""
        try:
            receipt = self.exchange.call(self.secret, verb, *args, pays=pays)
        except ContractRefusal as refusal:
            self.remember(refusal)
            return []
        return [Action(self.account, verb, None, receipt)]

    def remember(self, refusal: MarketError) -> None:
        """Keep why something was not done, unless it only repeats the last one; raises ChainError on."""
        if isinstance(refusal, ChainError):
            raise refusal
        if not self.refusals or self.refusals[-1].args != refusal.args:
            self.refusals.append(refusal)

    def did(self, deed: str) -> list[Action]:
        """Return one thing done beside the chain."""
        return [Action(self.account, deed, None)]

    def own(self, order_id: bytes, name: str) -> Path:
        """Return the path of a file of one's own for an order; its folder exists."""
        folder = self.folder / order_id.hex()
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name


def keep(path: Path, data: bytes) -> None:
    """Write a small file of one's own for good: whole, or not at all, also where the power is cut."""
    part = path.with_name(path.name + ".part")
    path.parent.mkdir(parents=True, exist_ok=True)
    with part.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    os.replace(part, path)


def place_of(hash32: bytes) -> str:
    """Return the place on the counter of an order or of a file."""
    return "0x" + hash32.hex()
