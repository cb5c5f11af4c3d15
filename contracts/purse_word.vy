#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Purse word
@license Apache-2.0
@notice What one task still holds for its providers, in one word: the budget they earn from, and their bonds.
@custom:invariant-claims_are_capped nothing is paid to a provider that its own task's purse does not hold.
"""

import refusal


struct Purse:
    budget: uint256  # 128 bits, base units
    bonds: uint256  # 128, base units


@internal
@pure
def pack(p: Purse) -> uint256:
    return p.budget | (p.bonds << 128)


@internal
@pure
def unpack(word: uint256) -> Purse:
    return Purse(budget=word & (2**128 - 1), bonds=word >> 128)


@internal
@pure
def less(word: uint256, owed: uint256, bond: uint256) -> uint256:
    """
    @notice The purse after a provider was paid `owed` of the budget and `bond` of the bonds.
    """
    p: Purse = self.unpack(word)
    refusal.require(owed <= p.budget, refusal.OWED_EXHAUSTED)
    refusal.require(bond <= p.bonds, refusal.BONDS_EXHAUSTED)
    return self.pack(Purse(budget=p.budget - owed, bonds=p.bonds - bond))
