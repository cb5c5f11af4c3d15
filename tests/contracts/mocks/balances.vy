#pragma version 0.4.3
"""
@title Balances
@notice What the tokens of the attack tests share: anybody mints, everybody lets everybody draw.
"""

balanceOf: public(HashMap[address, uint256])


@external
def mint(owner: address, amount: uint256):
    self.balanceOf[owner] += amount


@external
@view
def allowance(owner: address, spender: address) -> uint256:
    return max_value(uint256)


@internal
def move(source: address, to: address, amount: uint256):
    self.balanceOf[source] -= amount
    self.balanceOf[to] += amount
