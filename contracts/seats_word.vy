#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Seats word
@license Apache-2.0
@notice What the named seats of a task did, in one word: which aggregator seat committed from which round on, and how
        far the evaluators are. Never zero, since the first aggregator's first round is 1.
@dev A place numbers all seats of a task: aggregators from 0, evaluators from 4.
"""

EVALUATORS_FROM: constant(uint256) = 4
PLACES: constant(uint256) = 11


struct Seats:
    aggregators: uint256  # 4 bits, how many are named
    evaluators: uint256  # 4, how many are named
    first_rounds: uint256  # 4 x 16, by aggregator seat; 0: never active
    stalled: uint256  # 4, bitmap of aggregator seats that forfeited by letting a window pass
    committed: uint256  # 7, bitmap of evaluator seats
    revealed: uint256  # 7, bitmap of evaluator seats
    voted: uint256  # 7, bitmap of evaluator seats
    commits_done_at: uint256  # 40, block seconds; 0: not yet
    reveals_done_at: uint256  # 40, block seconds; 0: not yet
    commit_window: uint256  # 24, seconds
    reveal_window: uint256  # 24, seconds
    confirm_window: uint256  # 24, seconds


@internal
@pure
def pack(s: Seats) -> uint256:
    relay: uint256 = s.aggregators | (s.evaluators << 4) | (s.first_rounds << 8) | (s.stalled << 72)
    ballots: uint256 = (s.committed << 83) | (s.revealed << 90) | (s.voted << 97)
    times: uint256 = (s.commits_done_at << 104) | (s.reveals_done_at << 144)
    return relay | ballots | times | (s.commit_window << 184) | (s.reveal_window << 208) | (s.confirm_window << 232)


@internal
@pure
def unpack(word: uint256) -> Seats:
    return Seats(
        aggregators=word & (2**4 - 1),
        evaluators=(word >> 4) & (2**4 - 1),
        first_rounds=(word >> 8) & (2**64 - 1),
        stalled=(word >> 72) & (2**4 - 1),
        committed=(word >> 83) & (2**7 - 1),
        revealed=(word >> 90) & (2**7 - 1),
        voted=(word >> 97) & (2**7 - 1),
        commits_done_at=(word >> 104) & (2**40 - 1),
        reveals_done_at=(word >> 144) & (2**40 - 1),
        commit_window=(word >> 184) & (2**24 - 1),
        reveal_window=(word >> 208) & (2**24 - 1),
        confirm_window=word >> 232,
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
    @notice How many of rounds 1..upto an aggregator seat committed, of `committed` in all.
    """
    first: uint256 = self.first_round(first_rounds, seat)
    if first == 0:
        return 0
    end: uint256 = committed + 1
    for offset: uint256 in range(1, 4):
        later: uint256 = self.first_round(first_rounds, seat + offset)
        if later != 0:
            end = later
            break
    end = min(end, upto + 1)
    return end - first if end > first else 0


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
def count(seats: uint256) -> uint256:
    """
    @notice How many evaluator seats a bitmap holds: neighbours are added, then pairs, then nibbles.
    """
    pairs: uint256 = (seats & 85) + ((seats >> 1) & 85)
    nibbles: uint256 = (pairs & 51) + ((pairs >> 2) & 51)
    return (nibbles & 15) + (nibbles >> 4)


@internal
@pure
def everybody(evaluators: uint256) -> uint256:
    """
    @notice The bitmap of so many seats.
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
