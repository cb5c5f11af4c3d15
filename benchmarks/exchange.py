"""What a sale of a file costs: gas of each call, and the seconds and the memory of preparing, sealing and opening."""

import os
import resource
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from eth_hash.auto import keccak

from benchmarks.command import run
from benchmarks.result import Cell, Found, Size, Table, Verdict
from benchmarks.timing import timed
from fedmarket.chain.abi import artifact
from fedmarket.chain.deploy import deploy_exchange, deploy_token
from fedmarket.chain.exchange import RpcExchange
from fedmarket.chain.tester import FAUCET, BareChain
from fedmarket.domain.accounts import address_of, sign
from fedmarket.domain.exchange.chunks import CHUNK, chunk_count, crypt, leaf
from fedmarket.domain.exchange.offer import ANYBODY, Acceptance, Offer, Order, Signature, least_dispute_window
from fedmarket.domain.exchange.reference import words_of
from fedmarket.domain.exchange.tree import levels, path
from fedmarket.domain.typed_data import SigningDomain
from fedmarket.exchange.crew import Crew
from fedmarket.exchange.files import check, dispute, prepare, seal, unseal

COIN = 10**18
ODD = 123_456_789_123_456_789
"""An amount without a zero byte: the dearest call data."""
MIB = 2**20
SELLER, BUYER = keccak(b"seller"), keccak(b"buyer")
KEY, SEED = keccak(b"key"), keccak(b"salts")
SPOILED = 77


@dataclass
class Shop:
    """An exchange on a chain of its own, and the gas of every call by verb."""

    gas: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        accounts = [address_of(secret) for secret in (SELLER, BUYER)]
        self.bare = BareChain(accounts)
        token = deploy_token(self.bare.web3, FAUCET)
        where = deploy_exchange(self.bare.web3, FAUCET, token)
        self.exchange = RpcExchange(self.bare.web3, where.market, first_block=where.block)
        self.domain = SigningDomain(self.exchange.chain_id, where.market)
        for account in accounts:
            self.bare.send("mint", token, artifact("Token").functions["mint"].encode(account, 10**6 * COIN))
        self.call(SELLER, "stake", 100 * COIN, pays=100 * COIN)

    def call(self, secret: bytes, verb: str, *args: Any, pays: int = 0) -> None:
        """Make a call and keep its gas."""
        self.gas.setdefault(verb, []).append(self.exchange.call(secret, verb, *args, pays=pays).gas_used)

    def deliver(self, size: int, file_root: bytes, cipher_root: bytes) -> Order:
        """Order a file and have its key revealed."""
        now = self.exchange.head().timestamp
        offer = Offer(
            seller=address_of(SELLER),
            buyer=ANYBODY,
            payee=address_of(SELLER),
            reference=keccak(b"reference"),
            file_root=file_root,
            size=size,
            price=50 * COIN + ODD,
            bond=5 * COIN + ODD,
            expiry=now + 86_400,
            delivery_window=3_600,
            dispute_window=least_dispute_window(size),
            series=0,
        )
        signature = Signature.read(sign(offer.digest(self.domain), SELLER))
        self.call(BUYER, "order", offer, signature, pays=offer.price)
        order = Order(offer, address_of(BUYER), self.exchange.head().timestamp)
        acceptance = Acceptance(order.id(self.domain), keccak(KEY), cipher_root)
        signed = Signature.read(sign(acceptance.digest(self.domain), BUYER))
        self.call(SELLER, "reveal", order, KEY, cipher_root, signed)
        return order

    def sell(self) -> int:
        """Make one honest sale; returns the gas of its three calls."""
        order = self.deliver(10_000, keccak(b"root"), keccak(b"cipher"))
        self.bare.advance_to(self.exchange.head().timestamp + order.offer.dispute_window + 1)
        self.call(SELLER, "claim", order)
        return sum(self.gas[verb][-1] for verb in ("order", "reveal", "claim"))

    def dispute(self, size: int) -> int:
        """Prove a chunk without a zero byte wrong in a file of `size` bytes; returns the gas of the dispute."""
        filler = [keccak(i.to_bytes(4, "big")) for i in range(chunk_count(size))]
        sent = crypt(KEY, SPOILED, (keccak(b"sent") * 128)[:CHUNK])
        plain = levels(filler)
        cipher = levels([*filler[:SPOILED], leaf(sent), *filler[SPOILED + 1 :]])
        order = self.deliver(size, plain[-1][0], cipher[-1][0])
        steps = list(zip(path(cipher, SPOILED), path(plain, SPOILED), strict=True))
        self.call(BUYER, "dispute", order, KEY, cipher[-1][0], SPOILED, plain[0][SPOILED], words_of(sent), steps)
        return self.gas["dispute"][-1]


@dataclass(frozen=True)
class Handled:
    """The seconds of each thing that is done to a file in a sale, and the most memory any of its processes took."""

    seconds: dict[str, float]
    peak_mib: float


def handle(size: int, workers: int, seed: int) -> Handled:
    """Take a file of random bytes through a sale on disk, both sides, and prove a chunk of it."""
    with TemporaryDirectory() as folder:
        file, sealed, opened = (Path(folder) / name for name in ("file", "sealed", "opened"))
        _fill(file, size, seed)
        crew, seconds = Crew(workers), {}

        def step(name: str, way: Callable[[], Any]) -> Any:
            seconds[name], value = timed(way)
            return value

        step("sha256", lambda: _digest(file))
        plain = step("prepare", lambda: prepare(file, SEED, crew))
        step("root", lambda: plain.root)
        cipher = step("seal", lambda: seal(file, SEED, KEY, plain, sealed, crew))
        accepted = step("check", lambda: check(sealed, size, crew))
        wrong = step("unseal", lambda: unseal(sealed, size, KEY, plain, opened, crew))
        step("prove", lambda: dispute(sealed, size, 0, plain, cipher))
        if accepted.root != cipher.root or wrong is not None or _digest(opened) != _digest(file):
            raise AssertionError("the file did not come through its sale")
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return Handled(seconds, max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024)


def measure(size: Size, seed: int) -> Found:
    """Sell on a chain, dispute at two sizes, and take files through a sale on one core and on all."""
    shop = Shop()
    first, later = shop.sell(), shop.sell()
    disputes = {mebibytes: shop.dispute(mebibytes * MIB) for mebibytes in (1, 100)}
    large = 1024 * MIB if size is Size.FULL else 5 * MIB
    cores = os.cpu_count() or 1
    alone = _apart(large // 4, 1, seed)
    together = _apart(large, cores, seed)
    gas: tuple[tuple[Cell, ...], ...] = (
        *((verb, max(shop.gas[verb])) for verb in ("stake", "order", "reveal", "claim")),
        ("sale_later", later),
        ("sale_first", first),
        *((f"dispute_{mebibytes}", used) for mebibytes, used in disputes.items()),
    )
    return Found(
        tables=(
            Table("gas", ("what", "gas"), gas),
            Table("speed", ("what", "one_core", "all_cores", "seconds_large"), _speeds(alone, together, large)),
        ),
        verdicts=(
            Verdict("sale", 200_000, later),
            Verdict("dispute_1", 260_000, disputes[1]),
            Verdict("dispute_100", 260_000, disputes[100]),
            Verdict("peak", 200, max(alone.peak_mib, together.peak_mib)),
        ),
        facts={"file_mib": large // MIB, "workers": cores},
    )


def _apart(size: int, workers: int, seed: int) -> Handled:
    """Handle a file in a process of its own, so that its memory is its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(handle, size, workers, seed).result()


def _speeds(alone: Handled, together: Handled, large: int) -> tuple[tuple[Cell, ...], ...]:
    """Return megabytes a second on one core and on all, and the seconds of the large file."""
    rows = [
        (name, large / 4e6 / alone.seconds[name], large / 1e6 / together.seconds[name], together.seconds[name])
        for name in ("sha256", "prepare", "seal", "check", "unseal")
    ]
    return (*rows, ("prove", None, None, together.seconds["prove"]))


def _fill(file: Path, size: int, seed: int) -> None:
    random = Random(seed)
    with file.open("wb") as out:
        for start in range(0, size, MIB):
            out.write(random.randbytes(min(MIB, size - start)))


def _digest(file: Path) -> bytes:
    digest = sha256()
    with file.open("rb") as source:
        while block := source.read(MIB):
            digest.update(block)
    return digest.digest()


if __name__ == "__main__":
    run("exchange", measure)
