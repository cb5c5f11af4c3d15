"""What a sale costs at most, on receipts of an in-process chain: the bounds that the design holds."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from eth_hash.auto import keccak

from fedmarket.chain.abi import artifact
from fedmarket.chain.deploy import deploy, deploy_exchange
from fedmarket.chain.exchange import RpcExchange
from fedmarket.chain.gas import LIMITS
from fedmarket.chain.tester import FAUCET, BareChain
from fedmarket.domain.exchange.chunks import CHUNK, chunk_count, crypt, leaf
from fedmarket.domain.exchange.offer import Order
from fedmarket.domain.exchange.reference import DISPATCH, words_of
from fedmarket.domain.exchange.tree import levels, path
from fedmarket.domain.typed_data import SigningDomain
from tests.contracts.cast import secret_of
from tests.contracts.exchange.wares import (
    BUYER,
    KEY,
    NAMES,
    SELLER,
    STRANGER,
    accepted,
    offer_of,
    parcel,
    signed,
)

SALE = 200_000
DISPUTE = 260_000
FIRST_PERMIT = 17_100 - 24
"""What a token takes more for an account's first permit ever: its counter of permits leaves zero."""
MIB = 2**20
COIN = 10**18
ODD = 123_456_789_123_456_789
"""An amount without a zero byte: the dearest call data."""


@dataclass
class Shop:
    """An exchange on a chain of its own, and the gas of each call by verb."""

    bare: BareChain = field(default_factory=lambda: BareChain(NAMES))
    gas: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        deployed = deploy(self.bare.web3, FAUCET)
        where = deploy_exchange(self.bare.web3, FAUCET, deployed.token)
        self.exchange = RpcExchange(self.bare.web3, where.market, first_block=where.block)
        self.domain = SigningDomain(self.exchange.chain_id, where.market)
        for account in NAMES:
            data = artifact("Token").functions["mint"].encode(account, 10**6 * COIN)
            self.bare.send("mint", deployed.token, data)

    @property
    def now(self) -> int:
        return self.exchange.head().timestamp

    def call(self, account: str, verb: str, *args: Any, pays: int = 0) -> int:
        receipt = self.exchange.call(secret_of(NAMES[account]), verb, *args, pays=pays)
        self.gas.setdefault(verb, []).append(receipt.gas_used)
        return receipt.gas_used

    def order(self, ware: Any, **changes: object) -> Order:
        offer = offer_of(ware, self.now, price=50 * COIN + ODD, bond=5 * COIN + ODD, **changes)
        self.call(BUYER, "order", offer, signed(offer, self.domain), pays=offer.price)
        return Order(offer, BUYER, self.now)

    def reveal(self, order: Order, cipher_root: bytes) -> None:
        acceptance = accepted(order, self.domain, KEY, cipher_root)
        self.call(SELLER, "reveal", order, KEY, cipher_root, acceptance)


@pytest.fixture(scope="module")
def shop() -> Shop:
    shop = Shop()
    shop.call(SELLER, "stake", 100 * COIN, pays=100 * COIN)
    return shop


def sell(shop: Shop) -> list[int]:
    """One honest sale, each step by who usually takes it; the buyer pays by a permit."""
    ware = parcel(10_000)
    order = shop.order(ware)
    shop.reveal(order, ware.cipher_root)
    shop.bare.advance_to(shop.now + order.offer.dispute_window + 1)
    shop.call(SELLER, "claim", order)
    return [shop.gas[verb][-1] for verb in ("order", "reveal", "claim")]


def test_a_whole_honest_sale_with_a_permit_among_accounts_that_trade(shop: Shop) -> None:
    first, second = sell(shop), sell(shop)
    assert sum(second) <= SALE
    assert sum(first) - sum(second) == FIRST_PERMIT


@dataclass(frozen=True)
class Big:
    """A file of so many bytes that differ nowhere but in one chunk: as large as one likes at no cost."""

    size: int
    spoiled: int

    @property
    def data(self) -> range:
        return range(self.size)

    def trees(self) -> tuple[list[list[bytes]], list[list[bytes]], bytes]:
        """The ciphertext's tree, the file's, and the spoiled chunk as sent."""
        sent = (keccak(b"sent") * 128)[:CHUNK]
        filler = [keccak(i.to_bytes(4, "big")) for i in range(chunk_count(self.size))]
        cipher, plain = [list(filler) for _ in range(2)]
        cipher[self.spoiled] = leaf(crypt(KEY, self.spoiled, sent))
        return levels(cipher), levels(plain), crypt(KEY, self.spoiled, sent)


@pytest.mark.parametrize("mebibytes", [1, 100])
def test_a_dispute_over_a_chunk_without_a_zero_byte(shop: Shop, mebibytes: int) -> None:
    big = Big(mebibytes * MIB, 77)
    cipher, plain, sent = big.trees()
    offer = {"file_root": plain[-1][0], "size": big.size, "dispute_window": 3_600}
    order = shop.order(parcel(1), **offer)
    shop.reveal(order, cipher[-1][0])
    steps = list(zip(path(cipher, 77), path(plain, 77), strict=True))
    used = shop.call(STRANGER, "dispute", order, KEY, cipher[-1][0], 77, plain[0][77], words_of(sent), steps)
    assert used <= DISPUTE


def test_every_verb_stays_a_quarter_below_the_limit_that_is_sent_with_it(shop: Shop) -> None:
    order = shop.order(parcel(1), reference=keccak(b"declined"))
    shop.call(SELLER, "refund", order)
    shop.call(SELLER, "revoke_offers")
    shop.call(SELLER, "unstake", 1)
    assert shop.gas.keys() >= DISPATCH.keys() - {"claim", "dispute"}
    assert {verb: max(used) for verb, used in shop.gas.items() if 5 * max(used) > 4 * LIMITS[verb]} == {}
