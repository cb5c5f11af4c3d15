#pragma version 0.4.3
"""
@title False token
@notice While it refuses, it moves nothing and returns false instead of reverting. It may also claim to have moved.
"""

import balances

initializes: balances
exports: (balances.balanceOf, balances.mint, balances.allowance)

answer: bool
moves: bool


@external
def set(answer: bool, moves: bool):
    self.answer = answer
    self.moves = moves


@external
def transfer(to: address, amount: uint256) -> bool:
    return self._transfer(msg.sender, to, amount)


@external
def transferFrom(source: address, to: address, amount: uint256) -> bool:
    return self._transfer(source, to, amount)


@internal
def _transfer(source: address, to: address, amount: uint256) -> bool:
    if self.moves:
        balances.move(source, to, amount)
    return self.answer
