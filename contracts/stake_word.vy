#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Stake word
@license Apache-2.0
@notice What the terms say about providers' bonds and prices, and what a trigger is repaid, in one word; written once.
"""


struct Stake:
    provider_bond: uint256  # 112 bits, base units
    trigger_reward: uint256  # 112, base units
    open_admission: bool
    priced: bool


@internal
@pure
def pack(s: Stake) -> uint256:
    flags: uint256 = (convert(s.open_admission, uint256) << 224) | (convert(s.priced, uint256) << 225)
    return s.provider_bond | (s.trigger_reward << 112) | flags


@internal
@pure
def unpack(word: uint256) -> Stake:
    return Stake(
        provider_bond=word & (2**112 - 1),
        trigger_reward=(word >> 112) & (2**112 - 1),
        open_admission=(word >> 224) & 1 == 1,
        priced=(word >> 225) & 1 == 1,
    )


@internal
@pure
def bond_of(s: Stake, weight: uint256) -> uint256:
    """
    @notice A provider's bond in base units: the same for all on an allow-list, for each unit under open admission.
    """
    return s.provider_bond * weight if s.open_admission else s.provider_bond
