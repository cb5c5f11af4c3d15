#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Seats word
@license Apache-2.0
@notice What the named seats of a task did, in one word: which aggregator seat committed from which round on, and
        how far the evaluators are. Never zero, since the first aggregator's first round is 1.
"""


struct Seats:
    aggregators: uint256  # 4 bits, how many are named
    evaluators: uint256  # 4
    first_rounds: uint256  # 4 x 16, by aggregator seat; 0: never active
    stalled: uint256  # 4, bitmap of aggregator seats that forfeited by letting a window pass
    committed: uint256  # 7, bitmap of evaluator seats
    revealed: uint256  # 7
    voted: uint256  # 7
    commits_done_at: uint256  # 40, block seconds; 0: not yet
    reveals_done_at: uint256  # 40
    commit_window: uint256  # 24, seconds
    reveal_window: uint256  # 24
    confirm_window: uint256  # 24


@internal
@pure
def pack(s: Seats) -> uint256:
    relay: uint256 = s.aggregators | (s.evaluators << 4) | (s.first_rounds << 8) | (s.stalled << 72)
    ballots: uint256 = (s.committed << 76) | (s.revealed << 83) | (s.voted << 90)
    times: uint256 = (s.commits_done_at << 97) | (s.reveals_done_at << 137)
    return relay | ballots | times | (s.commit_window << 177) | (s.reveal_window << 201) | (s.confirm_window << 225)


@internal
@pure
def unpack(word: uint256) -> Seats:
    return Seats(
        aggregators=word & (2**4 - 1),
        evaluators=(word >> 4) & (2**4 - 1),
        first_rounds=(word >> 8) & (2**64 - 1),
        stalled=(word >> 72) & (2**4 - 1),
        committed=(word >> 76) & (2**7 - 1),
        revealed=(word >> 83) & (2**7 - 1),
        voted=(word >> 90) & (2**7 - 1),
        commits_done_at=(word >> 97) & (2**40 - 1),
        reveals_done_at=(word >> 137) & (2**40 - 1),
        commit_window=(word >> 177) & (2**24 - 1),
        reveal_window=(word >> 201) & (2**24 - 1),
        confirm_window=word >> 225,
    )


@internal
@pure
def first_round(first_rounds: uint256, seat: uint256) -> uint256:
    """
    @notice The first round of an aggregator seat; 0 where it never was active.
    """
    return (first_rounds >> (16 * seat)) & (2**16 - 1)


@internal
@pure
def rounds_of(first_rounds: uint256, seat: uint256, committed: uint256, upto: uint256) -> uint256:
    """
    @notice How many of rounds 1..upto the aggregator seat committed, of `committed` in all.
    """
    first: uint256 = self.first_round(first_rounds, seat)
    if first == 0:
        return 0
    last: uint256 = committed
    for offset: uint256 in range(1, 4):
        later: uint256 = self.first_round(first_rounds, seat + offset)
        if later != 0:
            last = later - 1
            break
    last = min(last, upto)
    return last + 1 - first if last >= first else 0


@internal
@pure
def committer_of(first_rounds: uint256, round: uint256) -> uint256:
    """
    @notice The aggregator seat that committed a round (from 1).
    """
    seat: uint256 = 0
    for later: uint256 in range(1, 4):
        first: uint256 = self.first_round(first_rounds, later)
        if first != 0 and first <= round:
            seat = later
    return seat


@internal
@pure
def count(bitmap: uint256) -> uint256:
    """
    @notice How many seats a bitmap holds; each turn clears its lowest bit.
    """
    rest: uint256 = bitmap
    for total: uint256 in range(8):
        if rest == 0:
            return total
        rest &= rest - 1
    raise "bad_bitmap"


@internal
@pure
def everybody(evaluators: uint256) -> uint256:
    """
    @notice The bitmap of all evaluator seats.
    """
    return (1 << evaluators) - 1


@internal
@pure
def reveal_deadline(s: Seats, opened_at: uint256) -> uint256:
    """
    @notice The last second in which tables may be revealed; the commits end when all are in, or at their deadline.
    """
    end: uint256 = s.commits_done_at if s.commits_done_at != 0 else opened_at + s.commit_window
    return end + s.reveal_window


@internal
@pure
def confirm_deadline(s: Seats, opened_at: uint256) -> uint256:
    """
    @notice The last second in which evaluators may vote; the reveals end when all are in, or at their deadline.
    """
    end: uint256 = s.reveals_done_at if s.reveals_done_at != 0 else self.reveal_deadline(s, opened_at)
    return end + s.confirm_window
