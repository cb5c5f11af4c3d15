"""The demo of the exchange: one file sold honestly, then with a corrupted chunk, on a chain in this process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from fedmarket.agents.actor import Action
from fedmarket.agents.buyer import Buyer
from fedmarket.agents.seller import Good, Seller
from fedmarket.chain.abi import artifact
from fedmarket.chain.deploy import deploy_exchange, deploy_token
from fedmarket.chain.exchange import RpcExchange
from fedmarket.chain.tester import FAUCET, BareChain
from fedmarket.domain.accounts import address_of
from fedmarket.domain.derive import hkdf
from fedmarket.domain.exchange.chunks import CHUNK, chunk_count
from fedmarket.domain.exchange.state import OrderStatus
from fedmarket.exchange.counter import FolderCounter
from fedmarket.exchange.files import Hashes, check

UNIT = 10**18
SIZE = 2**20
PRICE, BOND, STAKE, MONEY = 50 * UNIT, 2 * UNIT, 10 * UNIT, 200 * UNIT
LASTS, DELIVERY = 86_400, 3_600
PATIENCE = 10
"""Turns that a sale takes at most; the longest takes six."""


@dataclass
class CorruptingSeller(Seller):
    """A seller that delivers one chunk with a bit flipped: a cheat, or one with a broken disk."""

    corrupted: int = 2

    def seal(self, good: Good, key: bytes, target: Path) -> Hashes:
        """Encrypt the good, corrupt a chunk, and commit to what came of it."""
        super().seal(good, key, target)
        with target.open("r+b") as file:
            file.seek(CHUNK * self.corrupted + 100)
            byte = file.read(1)[0]
            file.seek(-1, 1)
            file.write(bytes([byte ^ 1]))
        return check(target, good.path.stat().st_size, self.crew)


@dataclass(frozen=True)
class Deed:
    """Something that was done in a sale: by "seller" or "buyer", and the gas it took where it was a call."""

    who: str
    verb: str
    gas: int | None


@dataclass(frozen=True)
class SaleLine:
    """One sale: what was done, how it ended, and whether the buyer has the file, byte for byte."""

    deeds: tuple[Deed, ...]
    status: OrderStatus
    delivered: bool

    @property
    def gas(self) -> int:
        """The gas of all its calls."""
        return sum(deed.gas or 0 for deed in self.deeds)


@dataclass(frozen=True)
class SaleDemo:
    """What came of the demo; amounts in base units. `balances` are before and after, by "seller" and "buyer"."""

    size: int
    chunks: int
    price: int
    bond: int
    corrupted: int
    honest: SaleLine
    spoiled: SaleLine
    balances: dict[str, tuple[int, int]]
    """Tokens, a seller's stake included."""
    left: int
    """What the exchange still holds, once the seller has taken its stake back."""


@dataclass
class _Stage:
    """A chain with an exchange, and the two that trade."""

    seed: int
    folder: Path
    deeds: list[Deed] = field(default_factory=list)

    def __post_init__(self) -> None:
        secrets = {name: hkdf(self.seed.to_bytes(8, "big"), "exchange demo", name) for name in ("seller", "buyer")}
        self.accounts = {name: address_of(secret) for name, secret in secrets.items()}
        self.chain = BareChain(self.accounts.values())
        token = deploy_token(self.chain.web3, FAUCET)
        where = deploy_exchange(self.chain.web3, FAUCET, token)
        self.exchange = RpcExchange(self.chain.web3, where.market, first_block=where.block)
        for account in self.accounts.values():
            self.chain.send("mint", token, artifact("Token").functions["mint"].encode(account, MONEY))
        counter = FolderCounter(self.folder / "counter")
        shared = (secrets["seller"], self.exchange, counter, self.folder / "seller")
        self.path = self.folder / "file"
        self.path.write_bytes(Random(self.seed).randbytes(SIZE))
        self.corrupted = Random(self.seed).randrange(chunk_count(SIZE))
        # the chain in this process takes no block back
        self.sellers = Seller(*shared, settled=0), CorruptingSeller(*shared, settled=0, corrupted=self.corrupted)
        self.buyer = Buyer(secrets["buyer"], self.exchange, counter, self.folder / "buyer")

    def sell(self, seller: Seller) -> SaleLine:
        """Play one sale to its end."""
        self.deeds = []
        good = seller.take_in(self.path, "demo")
        paper = seller.offer(good, price=PRICE, bond=BOND, lasts=LASTS, delivery_window=DELIVERY)
        self._note("buyer", self.buyer.order(paper))
        order_id = list(self.buyer.sales())[-1]
        for _ in range(PATIENCE):
            for who, agent in (("buyer", self.buyer), ("seller", seller)):
                self._note(who, agent.step())
            sale = seller.sales()[order_id]
            if sale.status is OrderStatus.REVEALED and self.buyer.file_of(order_id).exists():
                self.chain.advance_to(sale.deadline + 1)
        bought = self.buyer.file_of(order_id)
        delivered = bought.exists() and bought.read_bytes() == self.path.read_bytes()
        return SaleLine(tuple(self.deeds), seller.sales()[order_id].status, delivered)

    def _note(self, who: str, actions: list[Action]) -> None:
        self.deeds += [Deed(who, each.verb, each.receipt.gas_used if each.receipt else None) for each in actions]

    def balances(self) -> dict[str, int]:
        """Return what the two hold."""
        return {name: self.exchange.balance(account) for name, account in self.accounts.items()}


def run_sale(seed: int, folder: Path, on_sale: Callable[[int], None] = lambda number: None) -> SaleDemo:
    """Sell a file twice in `folder` and return what came of it; the same seed gives the same to the byte.

    `on_sale` is told before each sale. Raises MarketError.
    """
    stage = _Stage(seed, folder)
    before = stage.balances()
    honest, corrupting = stage.sellers
    honest.call("stake", STAKE, pays=STAKE)
    lines = []
    for number, seller in enumerate((honest, corrupting), 1):
        on_sale(number)
        lines.append(stage.sell(seller))
    honest.call("unstake", stage.exchange.stake_of(honest.account))
    after = stage.balances()
    return SaleDemo(
        size=SIZE,
        chunks=chunk_count(SIZE),
        price=PRICE,
        bond=BOND,
        corrupted=stage.corrupted,
        honest=lines[0],
        spoiled=lines[1],
        balances={name: (before[name], after[name]) for name in before},
        left=stage.exchange.balance(stage.exchange.address),
    )
