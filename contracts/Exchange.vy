#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Exchange
@license Apache-2.0
@notice Files for money, so that neither side can keep both. A seller signs an offer; a buyer pays in; the seller
        encrypts under a fresh key and hands the ciphertext over; the buyer checks it against its root and accepts by a
        signature; the seller reveals the key here; the buyer has time to prove one wrong chunk; then the payee is paid.
        Nobody can move another's money, nothing can be upgraded, and every state has a way out.
@dev Every verb: find the order, guard, change, log, call the token last. A verb is allowed at `<=` its deadline and its
     opposite at `>`. Sellers and buyers sign with keys of their own: contracts cannot (no EIP-1271).
@custom:invariant-covered the token balance covers all stakes and what is held for every order.
@custom:invariant-orders_are_apart no verb on one order changes another one, nor another seller's stake.
@custom:invariant-ends_once an order is paid, refunded or disputed once, and stays so.
@custom:invariant-paid_for_a_key nobody is paid unless the key was revealed in time and the buyer had its time.
@custom:invariant-silence_keeps_nothing after its deadline anybody can end an order, to the side that was not silent.
@custom:invariant-bonds_pay_buyers a bond goes back to its seller, or to the buyer that proved a chunk wrong.
@custom:invariant-signed_by_both no order without the seller's signature, no key taken without the buyer's.
"""

import delivery
import exchange_ledger
import exchange_offer
import order_word
import ordering
import payments

initializes: exchange_ledger
initializes: payments
initializes: ordering[ledger := exchange_ledger, payments := payments]
initializes: delivery[ledger := exchange_ledger, payments := payments]

# nothing is forfeited to anybody but a buyer: the payments' sink stays unused
NOBODY: constant(address) = 0x000000000000000000000000000000000000dEaD

exports: (
    ordering.stake,
    ordering.unstake,
    ordering.revoke_offers,
    ordering.order,
    ordering.refund,
    delivery.reveal,
    delivery.dispute,
    delivery.claim,
    payments.token,
)


@deploy
def __init__(token: address):
    """
    @notice An exchange for one token.
    """
    payments.__init__(token, NOBODY)


# --- what anybody may read; the whole history is in the events


@external
@view
def standing(order_id: bytes32) -> order_word.Standing:
    """
    @notice Where an order stands: its status, its deadline, and the seal of what was delivered.
    """
    return order_word.unpack(exchange_ledger.orders[order_id])


@external
@view
def stake_of(seller: address) -> uint256:
    """
    @notice What of a seller's stake no order holds, in base units.
    """
    return exchange_ledger.stake(seller)


@external
@view
def series_of(seller: address) -> uint256:
    """
    @notice The number that a seller's offers must bear to count.
    """
    return exchange_ledger.series(seller)


@external
@view
def order_id(order: exchange_offer.Order) -> bytes32:
    """
    @notice The id of an order.
    """
    return exchange_offer.order_id(exchange_offer.digest(order.offer), order.buyer, order.opened_at)


@external
@view
def offer_digest(offer: exchange_offer.Offer) -> bytes32:
    """
    @notice What the seller of an offer signs.
    """
    return exchange_offer.digest(offer)
