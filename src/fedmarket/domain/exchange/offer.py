"""What a seller offers and a buyer accepts, and the typed data (EIP-712) that they sign."""

from dataclasses import dataclass, fields

from eth_abi.abi import encode
from eth_hash.auto import keccak

from fedmarket.domain.exchange.chunks import SIZE_LIMIT, chunk_count
from fedmarket.domain.typed_data import SigningDomain, typed_digest

ANYBODY = "0x" + "0" * 40
"""The buyer of an offer that everybody may order."""
AMOUNT_LIMIT = 2**112
WINDOW_LIMIT = 2**24
LEAST_DISPUTE_WINDOW = 3600
LEAST_SPEED = 10**6
"""Bytes a second that a buyer is given time to decrypt and check."""

_ACCEPTANCE = "Acceptance(bytes32 order,bytes32 key_hash,bytes32 cipher_root)"


@dataclass(frozen=True)
class Offer:
    """A file for sale. Sizes are bytes, amounts base units, windows seconds, `expiry` a block's second.

    `file_root` is the root over the salted chunks, `buyer` ANYBODY or the only one who may order, `reference` the
    payee's own 32 bytes, `bond` what the buyer gets of the seller's stake where it proves a chunk wrong, `series` the
    seller's number on chain, which it raises to revoke what it signed.
    """

    seller: str
    buyer: str
    payee: str
    reference: bytes
    file_root: bytes
    size: int
    price: int
    bond: int
    expiry: int
    delivery_window: int
    dispute_window: int
    series: int

    @property
    def count(self) -> int:
        """The number of the file's chunks."""
        return chunk_count(self.size)

    def digest(self, domain: SigningDomain) -> bytes:
        """Return the 32 bytes that the seller signs in the exchange's domain; raises AccountError beyond a type."""
        return typed_digest(domain, _OFFER, [getattr(self, field.name) for field in fields(self)])

    def fault(self, exchange: str) -> str | None:
        """Return the contract's reason to refuse the offer as such at the address `exchange`; None for a sound one."""
        if self.payee in (ANYBODY, exchange):
            return "bad_payee"
        if self.price >= AMOUNT_LIMIT or self.bond >= AMOUNT_LIMIT:
            return "amount_too_large"
        if self.size > SIZE_LIMIT:
            return "file_too_large"
        if not 0 < self.delivery_window < WINDOW_LIMIT:
            return "bad_delivery_window"
        if not least_dispute_window(self.size) <= self.dispute_window < WINDOW_LIMIT:
            return "bad_dispute_window"
        return None


_KINDS = {str: "address", bytes: "bytes32", int: "uint256"}
_OFFER = f"Offer({','.join(f'{_KINDS[field.type]} {field.name}' for field in fields(Offer))})"  # type: ignore[index]


def least_dispute_window(size: int) -> int:
    """Return the seconds that a buyer of `size` bytes must have: an hour, or a second for each megabyte."""
    return max(LEAST_DISPUTE_WINDOW, -(-size // LEAST_SPEED))


@dataclass(frozen=True)
class Order:
    """One order of an offer: who ordered it, and in which second."""

    offer: Offer
    buyer: str
    opened_at: int

    def id(self, domain: SigningDomain) -> bytes:
        """Return the order's 32 bytes of id: keccak of what was offered, there, to whom and when."""
        types = ("bytes32", "address", "uint256")
        return keccak(encode(types, (self.offer.digest(domain), self.buyer, self.opened_at)))


@dataclass(frozen=True)
class Acceptance:
    """What a buyer signs once the ciphertext leads to `cipher_root`; all three fields are 32-byte hashes."""

    order: bytes
    key_hash: bytes
    cipher_root: bytes

    def digest(self, domain: SigningDomain) -> bytes:
        """Return the 32 bytes to sign in the exchange's domain; raises AccountError for a field beyond its type."""
        return typed_digest(domain, _ACCEPTANCE, [self.order, self.key_hash, self.cipher_root])


@dataclass(frozen=True)
class Signature:
    """A signature as the contract takes it."""

    v: int
    r: bytes
    s: bytes

    @classmethod
    def read(cls, raw: bytes) -> "Signature":
        """Read 65 bytes r, s, v as `accounts.sign` makes them."""
        return cls(raw[64], raw[:32], raw[32:64])

    @property
    def raw(self) -> bytes:
        """65 bytes r, s, v."""
        return self.r + self.s + bytes([self.v])
