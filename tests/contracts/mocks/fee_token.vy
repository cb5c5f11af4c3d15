#pragma version 0.4.3
"""
@title Fee token
@notice Keeps one unit of every transfer.
"""

import balances

initializes: balances
exports: (balances.balanceOf, balances.mint, balances.allowance)


@external
def transfer(to: address, amount: uint256) -> bool:
    balances.move(msg.sender, to, amount)
    balances.balanceOf[to] -= 1
    return True


@external
def transferFrom(source: address, to: address, amount: uint256) -> bool:
    balances.move(source, to, amount)
    balances.balanceOf[to] -= 1
    return True
