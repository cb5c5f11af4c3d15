"""Exchange.vy's verbs in plain Python: the oracle of its tests. Every verb checks before it changes anything."""

from collections.abc import Callable, Sequence
from typing import Any

from eth_hash.auto import keccak

from fedmarket.domain.accounts import SignatureError, recover
from fedmarket.domain.exchange.chunks import CHUNK, chunk_length, crypt, leaf
from fedmarket.domain.exchange.offer import AMOUNT_LIMIT, ANYBODY, Acceptance, Offer, Order, Signature
from fedmarket.domain.exchange.state import Exchange, OrderStatus, Sale, refuse, require
from fedmarket.domain.exchange.tree import climb

Step = tuple[bytes, bytes]
"""The siblings in the ciphertext's tree and in the file's."""


def stake(exchange: Exchange, sender: str, amount: int) -> None:
    """Add to the stake that the bonds of the sender's offers are taken from."""
    require(amount > 0, "no_amount")
    require(amount < AMOUNT_LIMIT, "amount_too_large")
    exchange.pull(sender, amount)
    exchange.add(sender, amount)
    exchange.log("Staked", seller=sender, amount=amount)


def unstake(exchange: Exchange, sender: str, amount: int) -> None:
    """Take back of the sender's stake what no order holds."""
    require(amount > 0, "no_amount")
    exchange.take(sender, amount)
    exchange.push(sender, amount)
    exchange.log("Unstaked", seller=sender, amount=amount)


def revoke_offers(exchange: Exchange, sender: str) -> int:
    """Revoke every offer that the sender has signed so far; returns the number that its new ones must bear."""
    series = exchange.series.get(sender, 0) + 1
    exchange.series[sender] = series
    exchange.log("OffersRevoked", seller=sender, series=series)
    return series


def order(exchange: Exchange, sender: str, offer: Offer, signature: Signature) -> bytes:
    """Order what a seller offers: the price comes in, the bond is set aside; returns the order's id."""
    require(exchange.now <= offer.expiry, "offer_expired")
    require(offer.buyer in (ANYBODY, sender), "offered_to_another")
    if fault := offer.fault(exchange.address):
        refuse(fault)
    require(signed_by(offer.digest(exchange.domain), signature, offer.seller), "bad_offer_signature")
    require(offer.series == exchange.series.get(offer.seller, 0), "offer_revoked")
    made = Order(offer, sender, exchange.now)
    order_id = made.id(exchange.domain)
    require(order_id not in exchange.sales, "order_exists")
    require(exchange.stakes.get(offer.seller, 0) >= offer.bond, "stake_too_small")
    exchange.pull(sender, offer.price)
    exchange.take(offer.seller, offer.bond)
    exchange.sales[order_id] = Sale(made, OrderStatus.ORDERED, exchange.now + offer.delivery_window)
    exchange.log("Ordered", order=order_id, buyer=sender, opened_at=exchange.now, offer=offer)
    return order_id


def refund(exchange: Exchange, sender: str, order: Order) -> None:
    """Return the price of an order whose key was not revealed in time; anyone may, and the seller at once."""
    order_id, sale = exchange.find(order, OrderStatus.ORDERED)
    require(exchange.now > sale.deadline or sender == order.offer.seller, "delivery_open")
    sale.status = OrderStatus.REFUNDED
    exchange.add(order.offer.seller, order.offer.bond)
    exchange.push(order.buyer, order.offer.price)
    exchange.log("OrderRefunded", order=order_id, amount=order.offer.price)


def reveal(
    exchange: Exchange, sender: str, order: Order, key: bytes, cipher_root: bytes, acceptance: Signature
) -> None:
    """Reveal the key of the ciphertext that the buyer accepted; only the seller may."""
    order_id, sale = exchange.find(order, OrderStatus.ORDERED)
    require(sender == order.offer.seller, "not_the_seller")
    require(exchange.now <= sale.deadline, "delivery_deadline_passed")
    digest = Acceptance(order_id, keccak(key), cipher_root).digest(exchange.domain)
    require(signed_by(digest, acceptance, order.buyer), "not_accepted")
    sale.status = OrderStatus.REVEALED
    sale.deadline = exchange.now + order.offer.dispute_window
    sale.delivery = key, cipher_root
    exchange.log("KeyRevealed", order=order_id, key=key, cipher_root=cipher_root)


def dispute(
    exchange: Exchange,
    sender: str,
    order: Order,
    key: bytes,
    cipher_root: bytes,
    index: int,
    plain_leaf: bytes,
    words: Sequence[int],
    path: Sequence[Step],
) -> None:
    """Prove a chunk of the accepted ciphertext wrong: price and bond go to the buyer; anyone may."""
    order_id, sale = exchange.find(order, OrderStatus.REVEALED)
    require(exchange.now <= sale.deadline, "dispute_deadline_passed")
    require((key, cipher_root) == sale.delivery, "not_the_delivery")
    offer, cipher = order.offer, b"".join(word.to_bytes(32, "big") for word in words)
    require(index < offer.count, "no_such_chunk")
    ciphers, plains = ([step[side] for step in path] for side in (0, 1))
    led = climb(leaf(cipher), index, offer.count, ciphers) == cipher_root
    require(led and climb(plain_leaf, index, offer.count, plains) == offer.file_root, "wrong_chunk_proof")
    plain = crypt(key, index, cipher[: chunk_length(offer.size, index)])
    require(leaf(plain) != plain_leaf, "chunk_is_right")
    sale.status = OrderStatus.DISPUTED
    exchange.push(order.buyer, offer.price + offer.bond)
    exchange.log("OrderDisputed", order=order_id, chunk=index, amount=offer.price, bond=offer.bond)


def claim(exchange: Exchange, sender: str, order: Order) -> None:
    """Pay the payee of an order in which no chunk was proved wrong in time; anyone may, and the buyer before."""
    order_id, sale = exchange.find(order, OrderStatus.REVEALED)
    require(exchange.now > sale.deadline or sender == order.buyer, "dispute_open")
    offer, sale.status = order.offer, OrderStatus.PAID
    exchange.add(offer.seller, offer.bond)
    exchange.push(offer.payee, offer.price)
    exchange.log("OrderPaid", order=order_id, payee=offer.payee, reference=offer.reference, amount=offer.price)


def words_of(chunk: bytes) -> list[int]:
    """Return a chunk as the 128 numbers that `dispute` takes, filled up with zeros."""
    filled = chunk.ljust(CHUNK, b"\0")
    return [int.from_bytes(filled[start : start + 32], "big") for start in range(0, CHUNK, 32)]


def signed_by(digest: bytes, signature: Signature, signer: str) -> bool:
    """Tell whether `signer` signed a digest, in the one spelling that counts."""
    try:
        return recover(digest, signature.raw) == signer
    except SignatureError:
        return False


DISPATCH: dict[str, Callable[..., Any]] = {
    verb.__name__: verb for verb in (stake, unstake, revoke_offers, order, refund, reveal, dispute, claim)
}


def call(exchange: Exchange, sender: str, verb: str, *args: Any) -> Any:
    """Call one verb; a refusal (ContractRefusal) leaves the exchange as it was."""
    return DISPATCH[verb](exchange, sender, *args)
