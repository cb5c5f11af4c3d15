#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Pair word
@license Apache-2.0
@notice Two amounts in one word, 128 bits each.
"""


@internal
@pure
def pack(first: uint256, second: uint256) -> uint256:
    return first | (second << 128)


@internal
@pure
def unpack(word: uint256) -> (uint256, uint256):
    return word & (2**128 - 1), word >> 128
