"""What sellers and buyers hand each other beside the chain: signed offers, addresses, deliveries, acceptances."""

from dataclasses import dataclass, fields

from fedmarket.domain import codec
from fedmarket.domain.accounts import SignatureError, recover, sign
from fedmarket.domain.codec import Amount
from fedmarket.domain.errors import RefusedError
from fedmarket.domain.exchange.offer import Acceptance, Offer, Signature
from fedmarket.domain.typed_data import SigningDomain, typed_digest

_ADDRESS = "Address(bytes32 order,bytes32 age_key)"


@dataclass(frozen=True)
class OfferPaper:
    """An offer with its seller's signature, and the exchange that it counts at."""

    chain_id: int
    exchange: str
    seller: str
    buyer: str
    payee: str
    reference: bytes
    file_root: bytes
    size: Amount
    price: Amount
    bond: Amount
    expiry: int
    delivery_window: int
    dispute_window: int
    series: int
    signature: bytes

    SCHEMA = "fedmarket/offer/1"

    @classmethod
    def of(cls, offer: Offer, domain: SigningDomain, secret: bytes) -> "OfferPaper":
        """Sign an offer with its seller's key."""
        signature = sign(offer.digest(domain), secret)
        return cls(domain.chain_id, domain.contract, **vars(offer), signature=signature)

    @classmethod
    def read(cls, data: bytes, domain: SigningDomain) -> "OfferPaper":
        """Read an offer for one exchange; raises DocumentError, and RefusedError where it is for another or unsigned.

        What the contract would refuse of the offer itself is refused here too, before any money moves.
        """
        paper = codec.decode(data, cls, cls.SCHEMA)
        if (paper.chain_id, paper.exchange) != (domain.chain_id, domain.contract):
            raise RefusedError("exchange.other_exchange", chain_id=paper.chain_id, exchange=paper.exchange)
        if not signed(paper.offer.digest(domain), paper.signature, paper.seller):
            raise RefusedError("contract.bad_offer_signature")
        if fault := paper.offer.fault(domain.contract):
            raise RefusedError(f"contract.{fault}")
        return paper

    @property
    def encoded(self) -> bytes:
        """The canonical bytes."""
        return codec.encode(self, self.SCHEMA)

    @property
    def offer(self) -> Offer:
        """The offer as the contract takes it."""
        return Offer(**{field.name: getattr(self, field.name) for field in fields(Offer)})

    @property
    def taken(self) -> Signature:
        """The signature as the contract takes it."""
        return Signature.read(self.signature)


@dataclass(frozen=True)
class AddressPaper:
    """Where an order goes: the age key that its buyer wants the ciphertext encrypted to, signed by the buyer."""

    order: bytes
    age_key: bytes
    signature: bytes

    SCHEMA = "fedmarket/address/1"

    @classmethod
    def of(cls, order: bytes, age_key: bytes, domain: SigningDomain, secret: bytes) -> "AddressPaper":
        """Sign an address with the buyer's key."""
        return cls(order, age_key, sign(typed_digest(domain, _ADDRESS, [order, age_key]), secret))

    @classmethod
    def read(cls, data: bytes, order: bytes, buyer: str, domain: SigningDomain) -> "AddressPaper":
        """Read the address of an order; raises DocumentError, and RefusedError where its buyer did not sign it."""
        paper = codec.decode(data, cls, cls.SCHEMA)
        digest = typed_digest(domain, _ADDRESS, [paper.order, paper.age_key])
        if paper.order != order or not signed(digest, paper.signature, buyer):
            raise RefusedError("exchange.not_the_buyers", order="0x" + order.hex())
        return paper

    @property
    def encoded(self) -> bytes:
        """The canonical bytes."""
        return codec.encode(self, self.SCHEMA)


@dataclass(frozen=True)
class DeliveryPaper:
    """What a seller delivered: the hash of the key and the ciphertext's root. Unsigned: a buyer checks it itself."""

    order: bytes
    key_hash: bytes
    cipher_root: bytes

    SCHEMA = "fedmarket/delivery/1"

    @classmethod
    def read(cls, data: bytes, order: bytes) -> "DeliveryPaper":
        """Read the delivery of an order; raises DocumentError, and RefusedError where it is another's."""
        paper = codec.decode(data, cls, cls.SCHEMA)
        if paper.order != order or not len(paper.key_hash) == len(paper.cipher_root) == 32:
            raise RefusedError("exchange.not_this_delivery", order="0x" + order.hex())
        return paper

    @property
    def encoded(self) -> bytes:
        """The canonical bytes."""
        return codec.encode(self, self.SCHEMA)

    def accepted(self, domain: SigningDomain, secret: bytes) -> bytes:
        """Return the buyer's signature for it, 65 bytes."""
        return sign(Acceptance(self.order, self.key_hash, self.cipher_root).digest(domain), secret)

    def is_accepted(self, signature: bytes, buyer: str, domain: SigningDomain) -> bool:
        """Tell whether the buyer signed for exactly this."""
        return signed(Acceptance(self.order, self.key_hash, self.cipher_root).digest(domain), signature, buyer)


def signed(digest: bytes, signature: bytes, signer: str) -> bool:
    """Tell whether `signer` made a 65-byte signature of a digest."""
    try:
        return recover(digest, signature) == signer
    except SignatureError:
        return False
