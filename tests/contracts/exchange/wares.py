"""The cast of the exchange's tests, and files as they are sold: cut, salted, encrypted, and spoiled on purpose."""

from dataclasses import dataclass, replace
from functools import cached_property

from eth_hash.auto import keccak

from fedmarket.domain.accounts import sign
from fedmarket.domain.exchange.chunks import PAYLOAD, chunk_count, crypt, leaf, salt_of
from fedmarket.domain.exchange.offer import ANYBODY, Acceptance, Offer, Order, Signature
from fedmarket.domain.exchange.reference import Step, words_of
from fedmarket.domain.exchange.tree import levels, path
from fedmarket.domain.typed_data import SigningDomain
from tests.contracts.cast import account, secret_of, word

SELLER, RIVAL, BUYER, OTHER, PAYEE, STRANGER, PAUPER = (
    account(name) for name in ("seller", "rival", "buyer", "other buyer", "payee", "stranger", "pauper")
)
NAMES = {account(name): name for name in ("seller", "rival", "buyer", "other buyer", "payee", "stranger", "pauper")}
KEY, OTHER_KEY = word("key"), word("another key")
PRICE, BOND = 1_000, 30
DELIVERY, DISPUTE = 600, 3_600


@dataclass(frozen=True)
class Parcel:
    """A file, the salted chunks that its offer commits to, and a ciphertext: honest unless `spoiled` says otherwise.

    `spoiled` are the places whose chunks the seller encrypted with another content; `key` is what it encrypts with.
    """

    data: bytes
    key: bytes = KEY
    spoiled: frozenset[int] = frozenset()

    @property
    def count(self) -> int:
        return chunk_count(len(self.data))

    @cached_property
    def chunks(self) -> list[bytes]:
        return [salt_of(word("salts"), i) + self.data[PAYLOAD * i : PAYLOAD * (i + 1)] for i in range(self.count)]

    @cached_property
    def ciphers(self) -> list[bytes]:
        return [crypt(self.key, i, self._sent(i)) for i in range(self.count)]

    def _sent(self, index: int) -> bytes:
        chunk = self.chunks[index]
        return bytes([chunk[0] ^ 1]) + chunk[1:] if index in self.spoiled else chunk

    @cached_property
    def plain_tree(self) -> list[list[bytes]]:
        return levels([leaf(chunk) for chunk in self.chunks])

    @cached_property
    def cipher_tree(self) -> list[list[bytes]]:
        return levels([leaf(chunk) for chunk in self.ciphers])

    @property
    def file_root(self) -> bytes:
        return self.plain_tree[-1][0]

    @property
    def cipher_root(self) -> bytes:
        return self.cipher_tree[-1][0]

    def path(self, index: int) -> list[Step]:
        return list(zip(path(self.cipher_tree, index), path(self.plain_tree, index), strict=True))

    def proof(self, index: int) -> tuple[int, bytes, list[int], list[Step]]:
        """What `dispute` takes after the ciphertext's root."""
        return index, self.plain_tree[0][index], words_of(self.ciphers[index]), self.path(index)


def parcel(size: int, *spoiled: int, key: bytes = KEY) -> Parcel:
    """Return a file of so many bytes, none of them the same everywhere."""
    block = b"".join(keccak(i.to_bytes(4, "big")) for i in range(-(-size // 32)))
    return Parcel(block[:size], key, frozenset(spoiled))


SMALL = parcel(3 * PAYLOAD + 1_000)
"""Four chunks, the last one short."""


def offer_of(ware: Parcel, now: int, **changes: object) -> Offer:
    """Return what the seller offers of a file, good for a day."""
    honest = Offer(
        seller=SELLER,
        buyer=ANYBODY,
        payee=PAYEE,
        reference=word("model 7"),
        file_root=ware.file_root,
        size=len(ware.data),
        price=PRICE,
        bond=BOND,
        expiry=now + 86_400,
        delivery_window=DELIVERY,
        dispute_window=DISPUTE,
        series=0,
    )
    return replace(honest, **changes)  # type: ignore[arg-type]


def signed(offer: Offer, domain: SigningDomain, by: str | None = None) -> Signature:
    """Sign an offer as its seller would, or as somebody else of the cast."""
    return Signature.read(sign(offer.digest(domain), secret_of(NAMES[by or offer.seller])))


def accepted(order: Order, domain: SigningDomain, key: bytes, cipher_root: bytes, by: str | None = None) -> Signature:
    """Accept a ciphertext as the order's buyer would, or as somebody else of the cast."""
    message = Acceptance(order.id(domain), keccak(key), cipher_root)
    return Signature.read(sign(message.digest(domain), secret_of(NAMES[by or order.buyer])))
