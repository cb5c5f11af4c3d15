"""Scenes of a sale, each played once per session; a test starts in one and leaves it as it was."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fedmarket.domain.exchange.offer import Offer, Order, Signature
from tests.contracts.exchange.paired import PairedExchange
from tests.contracts.exchange.wares import BUYER, KEY, SELLER, SMALL, Parcel, accepted, offer_of, signed

STAKE = 1_000


@dataclass
class Deal:
    """One exchange, the file that is sold, and the order once there is one."""

    exchange: PairedExchange
    ware: Parcel
    order: Order | None = None

    @property
    def made(self) -> Order:
        assert self.order, "nothing was ordered"
        return self.order

    def offer(self, **changes: object) -> Offer:
        return offer_of(self.ware, self.exchange.now, **changes)

    def ordering(self, offer: Offer, *, by: str | None = None) -> tuple[Any, ...]:
        """What `order` takes for an offer."""
        return offer, signed(offer, self.exchange.book.domain, by)

    def place(self, buyer: str = BUYER, **changes: object) -> Order:
        """Order what the seller offers."""
        offer = self.offer(**changes)
        self.exchange.call(buyer, "order", *self.ordering(offer))
        self.order = Order(offer, buyer, self.exchange.now)
        return self.order

    def acceptance(self, key: bytes = KEY, root: bytes | None = None, by: str | None = None) -> Signature:
        return accepted(self.made, self.exchange.book.domain, key, root or self.ware.cipher_root, by)

    def revealing(self, key: bytes = KEY) -> tuple[Any, ...]:
        """What `reveal` takes for an honest delivery."""
        return self.made, key, self.ware.cipher_root, self.acceptance(key)

    def reveal(self, key: bytes = KEY) -> None:
        self.exchange.call(SELLER, "reveal", *self.revealing(key))

    def disputing(self, index: int, key: bytes = KEY) -> tuple[Any, ...]:
        """What `dispute` takes for a chunk."""
        return self.made, key, self.ware.cipher_root, *self.ware.proof(index)


Play = Callable[[PairedExchange, Parcel], Deal]


def staked(exchange: PairedExchange, ware: Parcel = SMALL) -> Deal:
    exchange.call(SELLER, "stake", STAKE)
    return Deal(exchange, ware)


def ordered(exchange: PairedExchange, ware: Parcel = SMALL) -> Deal:
    deal = staked(exchange, ware)
    deal.place()
    return deal


def revealed(exchange: PairedExchange, ware: Parcel = SMALL) -> Deal:
    deal = ordered(exchange, ware)
    deal.exchange.wait(10)
    deal.reveal()
    return deal
