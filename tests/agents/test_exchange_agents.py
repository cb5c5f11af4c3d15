"""Sellers and buyers that run by themselves: what they do in turn, when one of them cheats, stalls or dies."""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from fedmarket.agents.buyer import SEALED, Buyer
from fedmarket.agents.seller import MARGIN, Seller
from fedmarket.agents.trader import ACCEPTANCE, DELIVERY, HASHES, PARCEL, place_of
from fedmarket.chain.simulated_exchange import SimulatedExchange
from fedmarket.domain.errors import MarketError, RefusedError
from fedmarket.domain.exchange.chunks import PAYLOAD
from fedmarket.domain.exchange.state import OrderStatus
from fedmarket.embedded.sale import CorruptingSeller
from fedmarket.exchange.counter import FolderCounter
from fedmarket.exchange.papers import DeliveryPaper, OfferPaper
from tests.contracts.cast import account, secret_of, word

SELLER, BUYER = account("seller"), account("buyer")
PRICE, BOND, MONEY = 1_000, 30, 10_000
WINDOW = 3_600
DATA = b"".join(sha256(i.to_bytes(4, "big")).digest() for i in range(3 * PAYLOAD // 32 + 9))


@dataclass
class Market:
    """A seller and a buyer on a simulated exchange, with a counter between them."""

    folder: Path
    exchange: SimulatedExchange = field(default_factory=SimulatedExchange)

    def __post_init__(self) -> None:
        self.path = self.folder / "goods.bin"
        self.path.write_bytes(DATA)
        self.counter = FolderCounter(self.folder / "counter")
        for who in (SELLER, BUYER):
            self.exchange.mint(who, MONEY)
        self.seller, self.buyer = self.new_seller(), self.new_buyer()
        self.seller.call("stake", 100, pays=100)

    def new_seller(self, kind: type[Seller] = Seller) -> Seller:
        seller = kind(secret_of("seller"), self.exchange, self.counter, self.folder / "seller", settled=0)
        self.good = seller.take_in(self.path, "goods")
        return seller

    def new_buyer(self) -> Buyer:
        return Buyer(secret_of("buyer"), self.exchange, self.counter, self.folder / "buyer")

    def offer(self, **changes: Any) -> OfferPaper:
        facts = {"price": PRICE, "bond": BOND, "lasts": 100, "delivery_window": WINDOW} | changes
        return self.seller.offer(self.good, **facts)

    def order(self) -> bytes:
        assert [action.verb for action in self.buyer.order(self.offer())] == ["order"]
        return list(self.buyer.sales())[-1]

    def steps(self, rounds: int = 8) -> list[str]:
        """Let both step in turn; returns what was done."""
        return [action.verb for _ in range(rounds) for agent in (self.seller, self.buyer) for action in agent.step()]

    def status(self, order_id: bytes) -> OrderStatus:
        return self.exchange.book.sales[order_id].status

    def money(self) -> tuple[int, int, int]:
        """What seller and buyer hold, and the seller's free stake."""
        stake = self.exchange.book.stakes[SELLER]
        return self.exchange.balance(SELLER), self.exchange.balance(BUYER), stake


@pytest.fixture
def market(tmp_path: Path) -> Market:
    return Market(tmp_path)


def test_an_honest_sale_goes_by_itself_from_the_order_to_the_payment(market: Market) -> None:
    order_id = market.order()
    assert market.steps() == ["address", "deliver", "accept", "reveal", "open"]
    assert market.buyer.file_of(order_id).read_bytes() == DATA
    assert market.status(order_id) is OrderStatus.REVEALED
    market.exchange.advance(3_601)
    assert market.steps() == ["claim"]
    assert market.money() == (MONEY - 100 + PRICE, MONEY - PRICE, 100)
    assert not market.seller.refusals and not market.buyer.refusals


def test_a_corrupted_chunk_is_found_proved_and_paid_back_with_the_bond(market: Market) -> None:
    market.seller = market.new_seller(CorruptingSeller)
    order_id = market.order()
    assert market.steps() == ["address", "deliver", "accept", "reveal", "dispute"]
    assert market.status(order_id) is OrderStatus.DISPUTED
    assert market.money() == (MONEY - 100, MONEY + BOND, 100 - BOND)
    assert not market.buyer.file_of(order_id).exists()
    assert market.steps() == []


def test_a_silent_seller_is_paid_nothing_and_a_stranger_to_time_refunds(market: Market) -> None:
    order_id = market.order()
    assert [action.verb for action in market.buyer.step()] == ["address"]
    market.exchange.advance(WINDOW + 1)
    assert [action.verb for action in market.buyer.step()] == ["refund"]
    assert market.status(order_id) is OrderStatus.REFUNDED
    assert market.money() == (MONEY - 100, MONEY, 100)


def test_a_silent_buyer_costs_the_seller_nothing_but_its_work(market: Market) -> None:
    market.order()
    market.buyer.step()
    assert [action.verb for action in market.seller.step()] == ["deliver"]
    market.exchange.advance(WINDOW + 1)
    assert [action.verb for action in market.seller.step()] == ["refund"]
    assert market.money() == (MONEY - 100, MONEY, 100)


@pytest.mark.parametrize(("before", "reveals"), [(MARGIN + 5, True), (MARGIN - 1, False), (0, False)])
def test_a_key_is_broadcast_only_while_its_margin_lasts(market: Market, before: int, reveals: bool) -> None:
    order_id = market.order()
    assert market.steps(2)[:2] == ["address", "deliver"]
    market.buyer.step()
    assert market.counter.get(place_of(order_id), ACCEPTANCE) is not None
    market.exchange.advance(market.exchange.book.sales[order_id].deadline - before - market.exchange.book.now)
    assert [action.verb for action in market.seller.step()] == (["reveal"] if reveals else [])


def test_a_key_waits_until_the_orders_block_is_not_taken_back(market: Market) -> None:
    market.order()
    market.seller.settled = 60
    assert market.steps(4) == ["address", "deliver", "accept"]
    market.exchange.advance(60)
    assert market.steps(1) == ["reveal", "open"]


def test_a_buyer_that_swaps_the_delivery_paper_gets_no_key(market: Market) -> None:
    """It could dispute a ciphertext that it spoiled itself, and keep file, money and bond."""
    order_id = market.order()
    market.buyer.step()
    market.seller.step()
    place = place_of(order_id)
    honest = DeliveryPaper.read(market.counter.get(place, DELIVERY) or b"", order_id)
    forged = DeliveryPaper(order_id, honest.key_hash, word("a root of the buyer's own"))
    market.counter.put(place, DELIVERY, forged.encoded)
    market.counter.put(place, ACCEPTANCE, forged.accepted(market.buyer.domain, market.buyer.secret))
    assert market.seller.step() == []
    assert market.status(order_id) is OrderStatus.ORDERED


def test_a_seller_that_takes_its_hash_list_away_is_disputed_all_the_same(market: Market) -> None:
    market.seller = market.new_seller(CorruptingSeller)
    order_id = market.order()
    market.counter.put(place_of(market.good.hashes.root), HASHES, b"")
    assert market.steps()[-1] == "dispute"
    assert market.status(order_id) is OrderStatus.DISPUTED


def test_a_parcel_that_is_not_what_the_paper_says_is_not_accepted(market: Market) -> None:
    order_id = market.order()
    market.buyer.step()
    market.seller.step()
    paper = DeliveryPaper.read(market.counter.get(place_of(order_id), DELIVERY) or b"", order_id)
    other = DeliveryPaper(order_id, paper.key_hash, word("other root"))
    market.counter.put(place_of(order_id), DELIVERY, other.encoded)
    assert market.buyer.step() == []
    assert market.buyer.refusals[-1].error_id == "exchange.not_the_delivered"
    assert market.counter.get(place_of(order_id), ACCEPTANCE) is None


@pytest.mark.parametrize("rubbish", [b"", b"age-encryption.org/v1\n", b"x" * 5_000])
def test_rubbish_on_the_counter_is_not_accepted_and_a_later_parcel_is(market: Market, rubbish: bytes) -> None:
    order_id = market.order()
    market.buyer.step()
    market.seller.step()
    parcel = market.folder / "counter" / place_of(order_id) / PARCEL
    whole = parcel.read_bytes()
    parcel.write_bytes(rubbish)
    assert market.buyer.step() == []
    assert isinstance(market.buyer.refusals[-1], MarketError)
    parcel.write_bytes(whole)
    assert market.steps() == ["accept", "reveal", "open"]


def test_a_parcel_longer_than_its_file_is_not_even_fetched(market: Market) -> None:
    order_id = market.order()
    market.buyer.step()
    market.seller.step()
    parcel = market.folder / "counter" / place_of(order_id) / PARCEL
    parcel.write_bytes(bytes(2**20))
    assert market.buyer.step() == []
    assert market.buyer.refusals[-1].error_id == "exchange.parcel_too_large"


def test_agents_that_die_after_every_step_go_on(market: Market) -> None:
    order_id, done = market.order(), []
    for _ in range(8):
        market.seller, market.buyer = market.new_seller(), market.new_buyer()
        done += [action.verb for agent in (market.seller, market.buyer) for action in agent.step()]
    assert done == ["address", "deliver", "accept", "reveal", "open"]
    assert market.buyer.file_of(order_id).read_bytes() == DATA


def test_an_interrupted_fetch_goes_on_where_it_stopped(market: Market) -> None:
    order_id = market.order()
    market.buyer.step()
    market.seller.step()
    source = market.folder / "counter" / place_of(order_id) / PARCEL
    begun = market.buyer.own(order_id, PARCEL + ".part")
    begun.write_bytes(source.read_bytes()[:7_000])
    assert market.steps() == ["accept", "reveal", "open"]
    assert market.buyer.own(order_id, SEALED).exists()


def test_each_order_has_a_key_of_its_own(market: Market) -> None:
    first, second = market.order(), market.order()
    assert market.seller.key_of(first) != market.seller.key_of(second)
    market.steps()
    assert {market.status(order_id) for order_id in (first, second)} == {OrderStatus.REVEALED}


def test_an_offer_is_ordered_only_with_its_hash_list_and_its_signature(market: Market) -> None:
    paper = market.offer()
    assert OfferPaper.read(paper.encoded, market.buyer.domain) == paper
    cheaper = paper.encoded.replace(b'"price":"1000"', b'"price":"1"')
    with pytest.raises(RefusedError) as forged:
        OfferPaper.read(cheaper, market.buyer.domain)
    assert forged.value.error_id == "contract.bad_offer_signature"
    market.counter.put(place_of(market.good.hashes.root), HASHES, b"")
    with pytest.raises(RefusedError) as unlisted:
        market.buyer.order(paper)
    assert unlisted.value.error_id == "exchange.wrong_hashes"
    assert market.exchange.balance(BUYER) == MONEY


def test_an_offer_without_time_to_deliver_is_not_made(market: Market) -> None:
    with pytest.raises(RefusedError, match="ask for a longer delivery window"):
        market.offer(delivery_window=MARGIN)
    market.seller.settled = 60
    with pytest.raises(RefusedError, match="takes more than 360"):
        market.offer(delivery_window=MARGIN + 60)
