#pragma version 0.4.3
"""
@title Silent token
@notice Moves what it should and returns nothing, as some old tokens do.
"""

import balances

initializes: balances
exports: (balances.balanceOf, balances.mint, balances.allowance)


@external
def transfer(to: address, amount: uint256):
    balances.move(msg.sender, to, amount)


@external
def transferFrom(source: address, to: address, amount: uint256):
    balances.move(source, to, amount)
