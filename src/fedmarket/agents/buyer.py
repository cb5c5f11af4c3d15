"""The buyer's agent: orders, checks the ciphertext before it accepts, opens it, and proves what is wrong."""

from dataclasses import dataclass
from pathlib import Path

from fedmarket.agents.actor import Action
from fedmarket.agents.trader import ACCEPTANCE, ADDRESS, DELIVERY, HASHES, PARCEL, Trader, keep, place_of
from fedmarket.domain.errors import MarketError, RefusedError
from fedmarket.domain.exchange.chunks import sealed_size
from fedmarket.domain.exchange.offer import Offer
from fedmarket.domain.exchange.state import OrderStatus, Sale
from fedmarket.exchange.counter import HASHES_LIMIT
from fedmarket.exchange.files import Hashes, check, dispute, naming_faults, offered, unseal
from fedmarket.exchange.papers import AddressPaper, DeliveryPaper, OfferPaper
from fedmarket.store.age import HEADER_LIMIT
from fedmarket.store.age_files import decrypt_file

SEALED, OPENED, WRONG = "sealed", "file", "wrong chunk"


@dataclass
class Buyer(Trader):
    """Buys files: a bought one lies in its folder under the order's id."""

    def order(self, paper: OfferPaper) -> list[Action]:
        """Order what a signed offer offers, once its hash list is there and is its own; the price is paid in.

        Raises RefusedError before anything is paid; the contract's refusals are remembered.
        """
        self._hashes(paper.offer)
        return self.call("order", paper.offer, paper.taken, pays=paper.price)

    def file_of(self, order_id: bytes) -> Path:
        """Return where the file of an order lies once it is bought."""
        return self.own(order_id, OPENED)

    def step(self) -> list[Action]:
        """Do the next thing that each of one's orders asks for."""
        done: list[Action] = []
        for order_id, sale in self.sales().items():
            if sale.order.buyer == self.account:
                try:
                    done += self._receive(order_id, sale)
                except MarketError as refusal:
                    self.remember(refusal)
        return done

    def _receive(self, order_id: bytes, sale: Sale) -> list[Action]:
        if sale.status is OrderStatus.REVEALED:
            return self._open(order_id, sale)
        if sale.status is not OrderStatus.ORDERED:
            return []
        if self.now() > sale.deadline:
            return self.call("refund", sale.order)
        place = place_of(order_id)
        if self.counter.get(place, ADDRESS) is None:
            address = AddressPaper.of(order_id, self.age.public, self.domain, self.secret)
            self.counter.put(place, ADDRESS, address.encoded)
            return self.did("address")
        raw = self.counter.get(place, DELIVERY)
        if raw is None or self.counter.get(place, ACCEPTANCE) is not None:
            return []
        return self._accept(order_id, sale, DeliveryPaper.read(raw, order_id))

    def _accept(self, order_id: bytes, sale: Sale, paper: DeliveryPaper) -> list[Action]:
        """Fetch the ciphertext, and sign for it only where it leads to the root that the seller names."""
        size, sealed = sale.order.offer.size, self.own(order_id, SEALED)
        self._hashes(sale.order.offer)
        if not sealed.exists():
            parcel = self.own(order_id, PARCEL)
            # 64 KiB and a tag each: a parcel is a little longer than what is in it
            most = HEADER_LIMIT + sealed_size(size) + sealed_size(size) // 1024
            if not self.counter.get_file(place_of(order_id), PARCEL, parcel, most):
                return []
            try:
                with naming_faults(sealed):
                    decrypt_file(parcel, sealed, self.age, sealed_size(size))
            finally:
                parcel.unlink()
        if check(sealed, size, self.crew).root != paper.cipher_root:
            sealed.unlink()
            raise RefusedError("exchange.not_the_delivered", order=place_of(order_id))
        self.counter.put(place_of(order_id), ACCEPTANCE, paper.accepted(self.domain, self.secret))
        return self.did("accept")

    def _open(self, order_id: bytes, sale: Sale) -> list[Action]:
        """Decrypt and compare; prove the first wrong chunk while there is time."""
        if sale.delivery is None or self.file_of(order_id).exists():
            return []
        found = self.own(order_id, WRONG)
        if not found.exists():
            wrong = self._first_wrong(order_id, sale.order.offer, sale.delivery[0])
            if wrong is None:
                return self.did("open")
            keep(found, str(wrong).encode())
        if self.now() > sale.deadline:
            return []
        return self._dispute(order_id, sale, int(found.read_bytes()), *sale.delivery)

    def _first_wrong(self, order_id: bytes, offer: Offer, key: bytes) -> int | None:
        sealed, target = self.own(order_id, SEALED), self.file_of(order_id)
        return unseal(sealed, offer.size, key, self._hashes(offer), target, self.crew)

    def _dispute(self, order_id: bytes, sale: Sale, wrong: int, key: bytes, cipher_root: bytes) -> list[Action]:
        sealed, size, plain = self.own(order_id, SEALED), sale.order.offer.size, self._hashes(sale.order.offer)
        proof = dispute(sealed, size, wrong, plain, check(sealed, size, self.crew))
        found = (proof.index, proof.plain_leaf, proof.words, proof.path)
        return self.call("dispute", sale.order, key, cipher_root, *found)

    def _hashes(self, offer: Offer) -> Hashes:
        """Return the hash list of an offer: one's own copy, for the seller may take its away once it is paid."""
        own = self.folder / HASHES / offer.file_root.hex()
        if own.exists():
            return offered(own.read_bytes(), offer.size, offer.file_root)
        leaves = self.counter.get(place_of(offer.file_root), HASHES, HASHES_LIMIT)
        if leaves is None:
            raise RefusedError("exchange.no_hashes", root=place_of(offer.file_root))
        hashes = offered(leaves, offer.size, offer.file_root)
        keep(own, leaves)
        return hashes
