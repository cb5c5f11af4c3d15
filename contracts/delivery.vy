#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Delivery
@license Apache-2.0
@notice Verbs from the key on: revealing it, proving a chunk wrong, and being paid.
"""

import chunk
import exchange_events as events
import exchange_ledger as ledger
import exchange_offer
import exchange_refusal
import order_word
import payments
import refusal

uses: ledger
uses: payments


@external
def reveal(
    order: exchange_offer.Order, key: bytes32, cipher_root: bytes32, acceptance: exchange_offer.Signature
):
    """
    @notice Reveal the key of the ciphertext that the buyer accepted by its signature; only the seller may, or a buyer
            could accept rubbish of its own and dispute it.
    """
    order_id: bytes32 = empty(bytes32)
    standing: order_word.Standing = empty(order_word.Standing)
    order_id, standing = ledger.find(order, order_word.ORDERED)
    refusal.require(msg.sender == order.offer.seller, exchange_refusal.NOT_THE_SELLER)
    refusal.require(block.timestamp <= standing.deadline, exchange_refusal.DELIVERY_DEADLINE_PASSED)
    digest: bytes32 = exchange_offer.acceptance_digest(order_id, keccak256(key), cipher_root)
    refusal.require(exchange_offer.signed_by(digest, acceptance, order.buyer), exchange_refusal.NOT_ACCEPTED)
    deadline: uint256 = block.timestamp + order.offer.dispute_window
    ledger.move(order_id, order_word.REVEALED, deadline, order_word.seal(key, cipher_root))
    log events.KeyRevealed(order=order_id, key=key, cipher_root=cipher_root)


@external
def dispute(
    order: exchange_offer.Order,
    key: bytes32,
    cipher_root: bytes32,
    index: uint256,
    plain_leaf: bytes32,
    words: uint256[chunk.WORDS],
    path: DynArray[chunk.Step, chunk.DEPTH],
):
    """
    @notice Prove that a chunk of the accepted ciphertext does not decrypt to the file's; the buyer gets the price back
            and the seller's bond. Anyone may; the chunk becomes public.
    """
    order_id: bytes32 = empty(bytes32)
    standing: order_word.Standing = empty(order_word.Standing)
    order_id, standing = ledger.find(order, order_word.REVEALED)
    refusal.require(block.timestamp <= standing.deadline, exchange_refusal.DISPUTE_DEADLINE_PASSED)
    refusal.require(order_word.seal(key, cipher_root) == standing.sealed, exchange_refusal.NOT_THE_DELIVERY)
    offer: exchange_offer.Offer = order.offer
    count: uint256 = chunk.count(offer.size)
    refusal.require(index < count, exchange_refusal.NO_SUCH_CHUNK)
    cipher_leaf: bytes32 = sha256(abi_encode(words))
    chunk.must_lead(index, count, cipher_leaf, plain_leaf, path, cipher_root, offer.file_root)
    right: bool = chunk.decrypted_hash(key, index, offer.size, words) == plain_leaf
    refusal.require(not right, exchange_refusal.CHUNK_IS_RIGHT)
    ledger.move(order_id, order_word.DISPUTED, standing.deadline, standing.sealed)
    log events.OrderDisputed(order=order_id, chunk=index, amount=offer.price, bond=offer.bond)
    payments.push(order.buyer, offer.price + offer.bond)


@external
def claim(order: exchange_offer.Order):
    """
    @notice Pay the payee of an order in which no chunk was proved wrong in time; anyone may, and the buyer before.
    """
    order_id: bytes32 = empty(bytes32)
    standing: order_word.Standing = empty(order_word.Standing)
    order_id, standing = ledger.find(order, order_word.REVEALED)
    over: bool = block.timestamp > standing.deadline
    refusal.require(over or msg.sender == order.buyer, exchange_refusal.DISPUTE_OPEN)
    offer: exchange_offer.Offer = order.offer
    ledger.move(order_id, order_word.PAID, standing.deadline, standing.sealed)
    ledger.add(offer.seller, offer.bond)
    log events.OrderPaid(order=order_id, payee=offer.payee, reference=offer.reference, amount=offer.price)
    payments.push(offer.payee, offer.price)
