#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Outcome word
@license Apache-2.0
@notice How a task ended, and what of its terms counts from then on, in one word. Never zero, since the claim window
        is written when the task opens.
"""


struct Outcome:
    refund: uint256  # 128 bits, the requester's rest, base units
    rounds_paid: uint256  # 16
    best_round: uint256  # 16
    paid_seats: uint256  # 8, bitmap of evaluator seats
    forfeited: uint256  # 16, bitmap of places, see seats_word; without the stalled ones
    claim_window: uint256  # 24, seconds
    royalty_bps: uint256  # 16


@internal
@pure
def pack(o: Outcome) -> uint256:
    rounds: uint256 = (o.rounds_paid << 128) | (o.best_round << 144)
    seats: uint256 = (o.paid_seats << 160) | (o.forfeited << 168)
    return o.refund | rounds | seats | (o.claim_window << 184) | (o.royalty_bps << 208)


@internal
@pure
def unpack(word: uint256) -> Outcome:
    return Outcome(
        refund=word & (2**128 - 1),
        rounds_paid=(word >> 128) & (2**16 - 1),
        best_round=(word >> 144) & (2**16 - 1),
        paid_seats=(word >> 160) & (2**8 - 1),
        forfeited=(word >> 168) & (2**16 - 1),
        claim_window=(word >> 184) & (2**24 - 1),
        royalty_bps=word >> 208,
    )
