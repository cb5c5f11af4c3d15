#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Exchange events
@license Apache-2.0
@notice What Exchange logs. The events alone suffice to rebuild every order and every stake.
"""

import exchange_offer


# a seller added to the stake that its offers' bonds are taken from
event Staked:
    seller: indexed(address)
    amount: uint256


# a seller took back what no order holds
event Unstaked:
    seller: indexed(address)
    amount: uint256


# a seller revoked every offer that it had signed; those it signs from now on bear the number `series`
event OffersRevoked:
    seller: indexed(address)
    series: uint256


# a buyer paid the price in, and the seller's bond was set aside
event Ordered:
    order: indexed(bytes32)
    buyer: indexed(address)
    opened_at: uint256
    offer: exchange_offer.Offer


# the seller revealed the key of the ciphertext that the buyer had accepted
event KeyRevealed:
    order: indexed(bytes32)
    key: bytes32
    cipher_root: bytes32


# the key was not revealed in time, or the seller declined: the price went back
event OrderRefunded:
    order: indexed(bytes32)
    amount: uint256


# a chunk was proved wrong: the price went back, and the bond to the buyer
event OrderDisputed:
    order: indexed(bytes32)
    chunk: uint256
    amount: uint256
    bond: uint256


# nobody proved a chunk wrong in time, or the buyer said so before: the price went to the payee
event OrderPaid:
    order: indexed(bytes32)
    payee: indexed(address)
    reference: indexed(bytes32)
    amount: uint256
