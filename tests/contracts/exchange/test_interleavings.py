"""Every pairing of an honest or cheating seller with an honest or cheating buyer, and where the money ends."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import pytest

from fedmarket.domain.errors import ContractRefusal
from fedmarket.domain.exchange.state import OrderStatus
from tests.contracts.exchange import scenes
from tests.contracts.exchange.scenes import STAKE, Deal
from tests.contracts.exchange.wares import (
    BOND,
    BUYER,
    DELIVERY,
    DISPUTE,
    KEY,
    OTHER_KEY,
    PAYEE,
    PRICE,
    SELLER,
    SMALL,
    STRANGER,
    Parcel,
    parcel,
)

At = Callable[..., Deal]


@dataclass(frozen=True)
class SellersWay:
    """What the seller delivers, the key it reveals, and when: never, or so many seconds after the order."""

    ware: Parcel
    key: bytes = KEY
    after: int | None = 10
    declines: bool = False


@dataclass(frozen=True)
class BuyersWay:
    """Whether the buyer accepts, which chunks it disputes, and how long it takes after the key."""

    accepts: bool = True
    disputes: tuple[int, ...] = ()
    after: int = 20
    releases: bool = False


SHORT = parcel(3 * 4_080 + 1_000, 3)
SELLERS = {
    "honest": SellersWay(SMALL),
    "at the last second": SellersWay(SMALL, after=DELIVERY),
    "a second late": SellersWay(SMALL, after=DELIVERY + 1),
    "wrong last chunk": SellersWay(SHORT),
    "wrong first chunk": SellersWay(parcel(3 * 4_080 + 1_000, 0)),
    "wrong key": SellersWay(SMALL, key=OTHER_KEY),
    "never reveals": SellersWay(SMALL, after=None),
    "declines": SellersWay(SMALL, after=None, declines=True),
}
ALL = (0, 1, 2, 3)
BUYERS = {
    "never accepts": BuyersWay(accepts=False),
    "accepts and is silent": BuyersWay(),
    "checks every chunk": BuyersWay(disputes=ALL),
    "checks at the last second": BuyersWay(disputes=ALL, after=DISPUTE),
    "checks a second late": BuyersWay(disputes=ALL, after=DISPUTE + 1),
    "disputes an honest chunk": BuyersWay(disputes=(1,)),
    "releases": BuyersWay(releases=True),
}


PAIRINGS = list(product(SELLERS, BUYERS))


def expected(seller: SellersWay, buyer: BuyersWay) -> OrderStatus:
    """Say how an order must end, from what the two did and nothing else."""
    delivered = buyer.accepts and seller.after is not None and seller.after <= DELIVERY
    if not delivered:
        return OrderStatus.REFUNDED
    wrong = set(ALL) if seller.key != KEY else seller.ware.spoiled
    proved = wrong & set(buyer.disputes) and buyer.after <= DISPUTE
    return OrderStatus.DISPUTED if proved else OrderStatus.PAID


def play(deal: Deal, seller: SellersWay, buyer: BuyersWay) -> None:
    """Let the two do as they do; what is refused changes nothing, and a stranger ends what is left."""
    exchange, order = deal.exchange, deal.made
    if seller.declines:
        exchange.call(SELLER, "refund", order)
    if seller.after is not None:
        exchange.wait(seller.after)
        acceptance = deal.acceptance(seller.key) if buyer.accepts else deal.acceptance(seller.key, by=SELLER)
        tried(deal, SELLER, "reveal", order, seller.key, seller.ware.cipher_root, acceptance)
    if buyer.releases:
        tried(deal, BUYER, "claim", order)
    exchange.wait(buyer.after)
    for index in buyer.disputes:
        tried(deal, BUYER, "dispute", order, seller.key, seller.ware.cipher_root, *seller.ware.proof(index))
    exchange.wait(DELIVERY + DISPUTE + 1)
    for verb in ("refund", "claim"):
        tried(deal, STRANGER, verb, order)


def tried(deal: Deal, sender: str, verb: str, *args: object) -> bool:
    try:
        deal.exchange.call(sender, verb, *args)
    except ContractRefusal:
        return False
    return True


@pytest.mark.parametrize(("seller", "buyer"), PAIRINGS)
def test_silence_keeps_nothing_and_the_money_ends_where_it_belongs(at: At, seller: str, buyer: str) -> None:
    ways = SELLERS[seller], BUYERS[buyer]
    deal = at(scenes.staked, ways[0].ware)
    before = {account: deal.exchange.balance(account) for account in (BUYER, PAYEE)}
    deal.place()
    play(deal, *ways)
    end = expected(*ways)
    assert deal.exchange.view("standing", deal.exchange.id(deal.made))[0] == end
    gained = [deal.exchange.balance(account) - before[account] for account in (BUYER, PAYEE)]
    assert (*gained, deal.exchange.view("stake_of", SELLER)) == {
        OrderStatus.REFUNDED: (0, 0, STAKE),
        OrderStatus.PAID: (-PRICE, PRICE, STAKE),
        OrderStatus.DISPUTED: (BOND, 0, STAKE - BOND),
    }[end]


def test_every_end_is_reached() -> None:
    ends = {expected(SELLERS[seller], BUYERS[buyer]) for seller, buyer in PAIRINGS}
    assert ends == {OrderStatus.REFUNDED, OrderStatus.PAID, OrderStatus.DISPUTED}
