"""The seller's agent: offers files, delivers what is ordered, reveals a key in time or not at all, and is paid."""

from dataclasses import dataclass, field
from pathlib import Path

from eth_hash.auto import keccak

from fedmarket.agents.actor import Action
from fedmarket.agents.trader import ACCEPTANCE, ADDRESS, DELIVERY, HASHES, PARCEL, Trader, keep, place_of
from fedmarket.domain.derive import hkdf
from fedmarket.domain.errors import MarketError, RefusedError
from fedmarket.domain.exchange.offer import ANYBODY, Offer, Signature, least_dispute_window
from fedmarket.domain.exchange.state import OrderStatus, Sale
from fedmarket.exchange.files import Hashes, naming_faults, prepare, seal, size_of
from fedmarket.exchange.papers import AddressPaper, DeliveryPaper, OfferPaper
from fedmarket.store.age_files import encrypt_file

MARGIN = 300
"""Seconds before a deadline after which a key is not broadcast any more: it could be mined too late, and be public."""


SETTLED = 60
"""Seconds that an order must be old before its key is broadcast: a chain that took its block back would refuse the
key, which would be public all the same."""


@dataclass(frozen=True)
class Good:
    """A file that is offered: where it lies, the seed of its salts, and its hashes."""

    path: Path
    seed: bytes
    hashes: Hashes


@dataclass
class Seller(Trader):
    """Sells files. `goods` are known by their root; make them with `take_in` again after a restart.

    `margin` and `settled` are seconds: see MARGIN and SETTLED. Set `settled` to as long as the chain may take blocks
    back, 0 where it never does.
    """

    goods: dict[bytes, Good] = field(default_factory=dict)
    margin: int = MARGIN
    settled: int = SETTLED

    def take_in(self, path: Path, name: str) -> Good:
        """Prepare a file for sale under a name of the seller's own, and publish its hash list.

        The name fixes the salts: the same file under the same name has the same root. Raises DataError.
        """
        seed = hkdf(self.secret, "exchange salts", name)
        good = Good(path, seed, prepare(path, seed, self.crew))
        self.goods[good.hashes.root] = good
        self.counter.put(place_of(good.hashes.root), HASHES, good.hashes.leaves)
        return good

    def offer(
        self,
        good: Good,
        *,
        price: int,
        bond: int,
        lasts: int,
        delivery_window: int,
        buyer: str = ANYBODY,
        payee: str | None = None,
        reference: bytes = bytes(32),
    ) -> OfferPaper:
        """Sign an offer of a good for `lasts` seconds from now; amounts in base units, to oneself unless to a `payee`.

        Raises RefusedError where the delivery window leaves no time for a key, or the contract would refuse.
        """
        if delivery_window <= self.margin + self.settled:
            needed = self.margin + self.settled
            raise RefusedError("exchange.too_little_time", seconds=delivery_window, needed=needed)
        size = size_of(good.path)
        offer = Offer(
            seller=self.account,
            buyer=buyer,
            payee=payee or self.account,
            reference=reference,
            file_root=good.hashes.root,
            size=size,
            price=price,
            bond=bond,
            expiry=self.now() + lasts,
            delivery_window=delivery_window,
            dispute_window=least_dispute_window(size),
            series=self.exchange.series_of(self.account),
        )
        if fault := offer.fault(self.exchange.address):
            raise RefusedError(f"contract.{fault}")
        return OfferPaper.of(offer, self.domain, self.secret)

    def step(self) -> list[Action]:
        """Do the next thing that each of one's orders asks for."""
        done: list[Action] = []
        for order_id, sale in self.sales().items():
            if sale.order.offer.seller == self.account:
                try:
                    done += self._serve(order_id, sale)
                except MarketError as refusal:
                    self.remember(refusal)
        return done

    def key_of(self, order_id: bytes) -> bytes:
        """Return the 32-byte key of an order: derived, so that it is the same after a restart, and no other order's."""
        return hkdf(self.secret, "exchange key", self.exchange.chain_id, self.exchange.address, order_id)

    def seal(self, good: Good, key: bytes, target: Path) -> Hashes:
        """Encrypt a good into `target`; returns the ciphertext's hashes."""
        return seal(good.path, good.seed, key, good.hashes, target, self.crew)

    def _serve(self, order_id: bytes, sale: Sale) -> list[Action]:
        late = self.now() > sale.deadline
        if sale.status is OrderStatus.REVEALED:
            return self.call("claim", sale.order) if late else []
        if sale.status is not OrderStatus.ORDERED:
            return []
        if late:
            return self.call("refund", sale.order)
        if self.now() > sale.deadline - self.margin:
            return []
        kept = self.own(order_id, DELIVERY)
        if not kept.exists():
            return self._deliver(order_id, sale)
        return self._reveal(order_id, sale, DeliveryPaper.read(kept.read_bytes(), order_id))

    def _deliver(self, order_id: bytes, sale: Sale) -> list[Action]:
        """Encrypt the file under the order's key, then to the buyer, once the buyer has said where to."""
        raw = self.counter.get(place_of(order_id), ADDRESS)
        good = self.goods.get(sale.order.offer.file_root)
        if raw is None or good is None:
            return []
        address = AddressPaper.read(raw, order_id, sale.order.buyer, self.domain)
        sealed, parcel = self.own(order_id, "sealed"), self.own(order_id, PARCEL)
        cipher = self.seal(good, self.key_of(order_id), sealed)
        with naming_faults(parcel):
            encrypt_file(sealed, parcel, [address.age_key])
        self.counter.put_file(place_of(order_id), PARCEL, parcel)
        paper = DeliveryPaper(order_id, keccak(self.key_of(order_id)), cipher.root)
        self.counter.put(place_of(order_id), DELIVERY, paper.encoded)
        keep(self.own(order_id, DELIVERY), paper.encoded)
        for path in (sealed, parcel):
            path.unlink()
        return self.did("deliver")

    def _reveal(self, order_id: bytes, sale: Sale, paper: DeliveryPaper) -> list[Action]:
        """Reveal the key once the buyer has accepted exactly what was delivered.

        `paper` is the seller's own copy, never the counter's: a buyer could lay down there, and sign for, the root of a
        ciphertext that it spoiled itself, and dispute that.
        """
        signature = self.counter.get(place_of(order_id), ACCEPTANCE)
        if signature is None or not paper.is_accepted(signature, sale.order.buyer, self.domain):
            return []
        if self.now() < sale.order.opened_at + self.settled:
            return []
        key = self.key_of(order_id)
        return self.call("reveal", sale.order, key, paper.cipher_root, Signature.read(signature))
