"""The exchange on a real node (revm): two agents trade over it, and what the calls cost is what the tester says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fedmarket.agents.actor import Action
from fedmarket.agents.buyer import Buyer
from fedmarket.agents.seller import Seller
from fedmarket.chain.deploy import deploy_exchange
from fedmarket.chain.exchange import RpcExchange
from fedmarket.chain.rpc import connect
from fedmarket.chain.tester import FAUCET
from fedmarket.domain.errors import ContractRefusal
from fedmarket.domain.exchange.fold import fold
from fedmarket.domain.exchange.offer import Order
from fedmarket.domain.exchange.state import OrderStatus
from fedmarket.embedded.sale import CorruptingSeller
from fedmarket.exchange.counter import FolderCounter
from tests.chain.anvil_node import QUICK, AnvilChain, anvil, needs_anvil
from tests.contracts.cast import account, secret_of

pytestmark = needs_anvil
START = 1_800_000_000
SELLER, BUYER = account("seller"), account("buyer")
COIN = 10**18
PRICE, BOND = 50 * COIN, 2 * COIN


class Trade:
    """An exchange on anvil, and a counter."""

    def __init__(self, url: str, folder: Path) -> None:
        self.node = AnvilChain(url, (SELLER, BUYER))
        where = deploy_exchange(connect(url), FAUCET, self.node.token)
        self.exchange = RpcExchange(connect(url), where.market, first_block=where.block, pace=QUICK)
        for who in (SELLER, BUYER):
            self.node.mint(who, 1_000 * COIN)
        self.folder, self.counter = folder, FolderCounter(folder / "counter")
        self.path = folder / "file"
        self.path.write_bytes(bytes(range(256)) * 100)
        self.gas: dict[str, int] = {}
        self.buyer = Buyer(secret_of("buyer"), self.exchange, self.counter, folder / "buyer")

    def seller(self, kind: type[Seller]) -> Seller:
        return kind(secret_of("seller"), self.exchange, self.counter, self.folder / "seller", settled=0)

    def sell(self, seller: Seller) -> bytes:
        good = seller.take_in(self.path, "goods")
        paper = seller.offer(good, price=PRICE, bond=BOND, lasts=10_000, delivery_window=3_600)
        self.note(self.buyer.order(paper))
        for _ in range(4):
            self.note(self.buyer.step() + seller.step())
        return list(self.buyer.sales())[-1]

    def note(self, actions: list[Action]) -> None:
        self.gas |= {each.verb: each.receipt.gas_used for each in actions if each.receipt}


@pytest.fixture(scope="module")
def trade(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trade]:
    with anvil(START) as url:
        yield Trade(url, tmp_path_factory.mktemp("trade"))


def test_two_agents_trade_and_a_corrupted_chunk_is_paid_back(trade: Trade) -> None:
    honest, corrupting = trade.seller(Seller), trade.seller(CorruptingSeller)
    honest.call("stake", 10 * COIN, pays=10 * COIN)
    first = trade.sell(honest)
    assert trade.buyer.file_of(first).read_bytes() == trade.path.read_bytes()
    trade.node.advance_to(trade.buyer.sales()[first].deadline + 1)
    trade.note(honest.step())
    assert trade.buyer.sales()[first].status is OrderStatus.PAID
    second = trade.sell(corrupting)
    assert trade.buyer.sales()[second].status is OrderStatus.DISPUTED
    assert trade.exchange.balance(SELLER) == 1_000 * COIN - 10 * COIN + PRICE
    assert trade.exchange.balance(BUYER) == 1_000 * COIN - PRICE + BOND
    assert trade.exchange.stake_of(SELLER) == 10 * COIN - BOND
    assert sum(trade.gas[verb] for verb in ("order", "reveal", "claim")) <= 200_000
    assert trade.gas["dispute"] <= 260_000


def test_what_events_tell_is_what_the_contract_holds(trade: Trade) -> None:
    for order_id, sale in fold(trade.exchange.events(-1)).items():
        status, deadline = trade.exchange.standing(order_id)
        assert (status, deadline) == (sale.status, sale.deadline)
        assert trade.exchange.order_id(sale.order) == order_id == sale.order.id(trade.buyer.domain)


def test_a_refusal_comes_back_with_its_reason(trade: Trade) -> None:
    sale = next(iter(trade.buyer.sales().values()))
    with pytest.raises(ContractRefusal) as refused:
        trade.exchange.call(secret_of("buyer"), "claim", sale.order)
    assert refused.value.reason == "wrong_order_status"
    unknown = Order(sale.order.offer, BUYER, 1)
    with pytest.raises(ContractRefusal) as missing:
        trade.exchange.call(secret_of("buyer"), "refund", unknown)
    assert missing.value.reason == "unknown_order"
    assert trade.exchange.standing(bytes(32)) == (None, 0)
