#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Ordering
@license Apache-2.0
@notice Verbs before a key: the seller's stake and its offers, the order, and the refund of one that came to nothing.
"""

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
def stake(amount: uint256, permit: payments.Permit):
    """
    @notice Add to the stake that the bonds of one's offers are taken from.
    """
    refusal.require(amount > 0, exchange_refusal.NO_AMOUNT)
    refusal.require(amount < exchange_offer.AMOUNT_LIMIT, refusal.AMOUNT_TOO_LARGE)
    ledger.add(msg.sender, amount)
    log events.Staked(seller=msg.sender, amount=amount)
    payments.pull(msg.sender, amount, permit)


@external
def unstake(amount: uint256):
    """
    @notice Take back of one's stake what no order holds.
    """
    refusal.require(amount > 0, exchange_refusal.NO_AMOUNT)
    ledger.take(msg.sender, amount)
    log events.Unstaked(seller=msg.sender, amount=amount)
    payments.push(msg.sender, amount)


@external
def revoke_offers() -> uint256:
    """
    @notice Revoke every offer that one has signed so far, and return the number that new ones must bear. Orders stay
            as they are.
    """
    series: uint256 = ledger.revoke(msg.sender)
    log events.OffersRevoked(seller=msg.sender, series=series)
    return series


@external
def order(offer: exchange_offer.Offer, signature: exchange_offer.Signature, permit: payments.Permit) -> bytes32:
    """
    @notice Order what a seller offers: the price comes in, the seller's bond is set aside. Returns the order's id.
    """
    refusal.require(block.timestamp <= offer.expiry, exchange_refusal.OFFER_EXPIRED)
    named: bool = offer.buyer == empty(address) or offer.buyer == msg.sender
    refusal.require(named, exchange_refusal.OFFERED_TO_ANOTHER)
    exchange_offer.must_keep_limits(offer)
    digest: bytes32 = exchange_offer.digest(offer)
    signed: bool = exchange_offer.signed_by(digest, signature, offer.seller)
    refusal.require(signed, exchange_refusal.BAD_OFFER_SIGNATURE)
    refusal.require(offer.series == ledger.series(offer.seller), exchange_refusal.OFFER_REVOKED)
    order_id: bytes32 = exchange_offer.order_id(digest, msg.sender, block.timestamp)
    ledger.open(order_id, block.timestamp + offer.delivery_window)
    ledger.take(offer.seller, offer.bond)
    log events.Ordered(order=order_id, buyer=msg.sender, opened_at=block.timestamp, offer=offer)
    payments.pull(msg.sender, offer.price, permit)
    return order_id


@external
def refund(order: exchange_offer.Order):
    """
    @notice Return the price of an order whose key was not revealed in time; anyone may, and the seller at once.
    """
    order_id: bytes32 = empty(bytes32)
    standing: order_word.Standing = empty(order_word.Standing)
    order_id, standing = ledger.find(order, order_word.ORDERED)
    late: bool = block.timestamp > standing.deadline
    refusal.require(late or msg.sender == order.offer.seller, exchange_refusal.DELIVERY_OPEN)
    ledger.move(order_id, order_word.REFUNDED, standing.deadline, 0)
    ledger.add(order.offer.seller, order.offer.bond)
    log events.OrderRefunded(order=order_id, amount=order.offer.price)
    payments.push(order.buyer, order.offer.price)
