#pragma version 0.4.3
"""
@title Plain token
@notice The least token that the market can work with: everybody lets everybody draw.
"""

balanceOf: public(HashMap[address, uint256])


@external
def mint(owner: address, amount: uint256):
    self.balanceOf[owner] += amount


@external
@view
def allowance(owner: address, spender: address) -> uint256:
    return max_value(uint256)


@external
def transfer(to: address, amount: uint256) -> bool:
    self.balanceOf[msg.sender] -= amount
    self.balanceOf[to] += amount
    return True


@external
def transferFrom(source: address, to: address, amount: uint256) -> bool:
    self.balanceOf[source] -= amount
    self.balanceOf[to] += amount
    return True
