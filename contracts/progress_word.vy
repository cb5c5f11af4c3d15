#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Progress word
@license Apache-2.0
@notice Where a task stands, in one word, so that a round rewrites one slot beside its own.
"""


struct Progress:
    status: uint256  # 8 bits, see lifecycle
    attempt: uint256  # 8, the active aggregator's seat
    round: uint256  # 16, rounds committed
    last_round: uint256  # 16, rounds in the terms
    opened_at: uint256  # 40, when the present window opened, block seconds
    submit_window: uint256  # 24, seconds
    round_window: uint256  # 24, seconds
    providers: uint256  # 12
    total_weight: uint256  # 40
    seated: uint256  # 11, aggregator seats from bit 0, evaluator seats from bit 4; cleared when a seat is paid out


@internal
@pure
def pack(p: Progress) -> uint256:
    head: uint256 = p.status | (p.attempt << 8) | (p.round << 16) | (p.last_round << 32) | (p.opened_at << 48)
    windows: uint256 = (p.submit_window << 88) | (p.round_window << 112)
    counts: uint256 = (p.providers << 136) | (p.total_weight << 148)
    return head | windows | counts | (p.seated << 188)


@internal
@pure
def status(word: uint256) -> uint256:
    return word & (2**8 - 1)


@internal
@pure
def unpack(word: uint256) -> Progress:
    return Progress(
        status=word & (2**8 - 1),
        attempt=(word >> 8) & (2**8 - 1),
        round=(word >> 16) & (2**16 - 1),
        last_round=(word >> 32) & (2**16 - 1),
        opened_at=(word >> 48) & (2**40 - 1),
        submit_window=(word >> 88) & (2**24 - 1),
        round_window=(word >> 112) & (2**24 - 1),
        providers=(word >> 136) & (2**12 - 1),
        total_weight=(word >> 148) & (2**40 - 1),
        seated=word >> 188,
    )
