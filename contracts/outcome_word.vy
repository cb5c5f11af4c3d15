#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Outcome word
@license Apache-2.0
@notice How a task ended, in one word. Never zero: before the end it says that no seat committed a bad round.
"""

NO_SEAT: constant(uint256) = 2**8 - 1


struct Outcome:
    refund: uint256  # 128 bits, the requester's rest, base units
    rounds_paid: uint256  # 16
    best_round: uint256  # 16
    paid_seats: uint256  # 8, bitmap of evaluator seats
    forfeited_seats: uint256  # 8, bitmap of evaluator seats
    bad_seat: uint256  # 8, the aggregator seat whose round did not verify, or NO_SEAT


@internal
@pure
def pack(o: Outcome) -> uint256:
    rounds: uint256 = (o.rounds_paid << 128) | (o.best_round << 144)
    return o.refund | rounds | (o.paid_seats << 160) | (o.forfeited_seats << 168) | (o.bad_seat << 176)


@internal
@pure
def unpack(word: uint256) -> Outcome:
    return Outcome(
        refund=word & (2**128 - 1),
        rounds_paid=(word >> 128) & (2**16 - 1),
        best_round=(word >> 144) & (2**16 - 1),
        paid_seats=(word >> 160) & (2**8 - 1),
        forfeited_seats=(word >> 168) & (2**8 - 1),
        bad_seat=word >> 176,
    )
