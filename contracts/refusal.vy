#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Refusal
@license Apache-2.0
@notice Every reason for which the market refuses is the id of a sentence elsewhere, of at most 32 bytes.
@dev One function, because a reason written at an `assert` of its own costs twice as much code.
"""


@internal
@pure
def require(condition: bool, reason: String[32]):
    """
    @notice Revert with `reason` unless the condition holds.
    """
    assert condition, reason
