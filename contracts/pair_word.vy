#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Pair word
@license Apache-2.0
@notice Two amounts of the terms in one word; written once.
"""


struct Pay:
    performance: uint256  # 128 bits, base units
    participation: uint256  # 128, base units


struct PerSeat:
    aggregator: uint256  # 128 bits, base units
    evaluator: uint256  # 128, base units


@internal
@pure
def pack(low: uint256, high: uint256) -> uint256:
    return low | (high << 128)


@internal
@pure
def pay(word: uint256) -> Pay:
    return Pay(performance=word & (2**128 - 1), participation=word >> 128)


@internal
@pure
def per_seat(word: uint256) -> PerSeat:
    return PerSeat(aggregator=word & (2**128 - 1), evaluator=word >> 128)
