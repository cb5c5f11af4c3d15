#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Exchange ledger
@license Apache-2.0
@notice The exchange's storage: one word an order, one word a seller.
"""

import exchange_offer
import exchange_refusal
import order_word
import refusal

SERIES_FROM: constant(uint256) = 192  # 2**80 stakes of the largest amount would not reach it
STAKE_MASK: constant(uint256) = 2**192 - 1

orders: HashMap[bytes32, uint256]  # order_word
sellers: HashMap[address, uint256]  # the free stake in base units, and above it the series of offers that count


@internal
@view
def find(order: exchange_offer.Order, status: uint256) -> (bytes32, order_word.Standing):
    """
    @notice The id and the standing of an order that is in a state.
    """
    order_id: bytes32 = exchange_offer.order_id(exchange_offer.digest(order.offer), order.buyer, order.opened_at)
    standing: order_word.Standing = order_word.unpack(self.orders[order_id])
    refusal.require(standing.status != order_word.UNKNOWN, exchange_refusal.UNKNOWN_ORDER)
    refusal.require(standing.status == status, exchange_refusal.WRONG_ORDER_STATUS)
    return order_id, standing


@internal
def open(order_id: bytes32, deadline: uint256):
    """
    @notice Write a new order down; refuses one that there is.
    @custom:invariant-never_ordered_twice an order's slot is never emptied, so its id never comes back.
    """
    refusal.require(self.orders[order_id] == 0, exchange_refusal.ORDER_EXISTS)
    self.move(order_id, order_word.ORDERED, deadline, 0)


@internal
def move(order_id: bytes32, status: uint256, deadline: uint256, sealed: uint256):
    """
    @notice Bring an order into a state.
    """
    self.orders[order_id] = order_word.pack(order_word.Standing(status=status, deadline=deadline, sealed=sealed))


@internal
@view
def stake(seller: address) -> uint256:
    return self.sellers[seller] & STAKE_MASK


@internal
@view
def series(seller: address) -> uint256:
    return self.sellers[seller] >> SERIES_FROM


@internal
def add(seller: address, amount: uint256):
    """
    @notice Add to a seller's free stake. It must never fail: a buyer's refund depends on it.
    """
    if amount != 0:
        self.sellers[seller] += amount


@internal
def take(seller: address, amount: uint256):
    """
    @notice Take from a seller's free stake; refuses more than there is.
    """
    if amount != 0:
        refusal.require(self.stake(seller) >= amount, exchange_refusal.STAKE_TOO_SMALL)
        self.sellers[seller] -= amount


@internal
def revoke(seller: address) -> uint256:
    """
    @notice Begin a new series; returns its number.
    """
    self.sellers[seller] += 1 << SERIES_FROM
    return self.series(seller)
