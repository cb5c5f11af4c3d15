#pragma version 0.4.3
"""
@title Rebasing token
@notice Takes from a holder's balance without any transfer.
"""

import balances

initializes: balances
exports: (balances.balanceOf, balances.mint, balances.allowance)


@external
def shrink(owner: address, amount: uint256):
    balances.balanceOf[owner] -= amount


@external
def transfer(to: address, amount: uint256) -> bool:
    balances.move(msg.sender, to, amount)
    return True


@external
def transferFrom(source: address, to: address, amount: uint256) -> bool:
    balances.move(source, to, amount)
    return True
