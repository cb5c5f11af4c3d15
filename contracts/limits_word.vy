#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Limits word
@license Apache-2.0
@notice What the terms say about opening a task and about its providers, in one word; written once.
"""


struct Limits:
    join_window: uint256  # 24 bits, seconds
    start_window: uint256  # 24
    patience: uint256  # 16; more than there can be rounds says never
    min_providers: uint256  # 16
    max_providers: uint256  # 16
    min_weight: uint256  # 40
    max_weight: uint256  # 40


@internal
@pure
def pack(l: Limits) -> uint256:
    windows: uint256 = l.join_window | (l.start_window << 24) | (min(l.patience, 2**16 - 1) << 48)
    counts: uint256 = (l.min_providers << 64) | (l.max_providers << 80)
    return windows | counts | (l.min_weight << 96) | (l.max_weight << 136)


@internal
@pure
def unpack(word: uint256) -> Limits:
    return Limits(
        join_window=word & (2**24 - 1),
        start_window=(word >> 24) & (2**24 - 1),
        patience=(word >> 48) & (2**16 - 1),
        min_providers=(word >> 64) & (2**16 - 1),
        max_providers=(word >> 80) & (2**16 - 1),
        min_weight=(word >> 96) & (2**40 - 1),
        max_weight=(word >> 136) & (2**40 - 1),
    )
