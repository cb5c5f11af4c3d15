#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Task terms
@license Apache-2.0
@notice What a requester fixes when it opens a task, as far as the contract enforces it, and the limits it must
        keep. The whole terms are a document; `terms_hash` commits to it.
"""

import refusal

AMOUNT_LIMIT: constant(uint256) = 2**112
BOND_LIMIT: constant(uint256) = 2**120
WEIGHT_LIMIT: constant(uint256) = 2**40
WINDOW_LIMIT: constant(uint256) = 2**24
MAX_ROUNDS: constant(uint256) = 1000
MAX_PROVIDERS: constant(uint256) = 1024
MAX_AGGREGATORS: constant(uint256) = 4
MAX_EVALUATORS: constant(uint256) = 7
MAX_TABLE: constant(uint256) = 16_384  # bytes of a score table
WHOLE_BPS: constant(uint256) = 10_000


struct Windows:
    # lengths in seconds, each counted from the block that opened the window
    join: uint256
    start: uint256
    submit: uint256
    round: uint256
    commit: uint256
    reveal: uint256
    confirm: uint256
    claim: uint256


struct Terms:
    # amounts in base units of the token
    terms_hash: bytes32
    initial_model: bytes32
    admission_root: bytes32  # zero: open admission
    performance: uint256
    participation: uint256
    aggregator_fee: uint256  # a round
    evaluator_fee: uint256  # a seat
    aggregator_bond: uint256
    evaluator_bond: uint256
    provider_bond: uint256  # under open admission: for one unit of weight
    trigger_reward: uint256
    rounds: uint256
    patience: uint256  # rounds after which the requester may stop
    min_providers: uint256
    max_providers: uint256
    min_weight: uint256
    max_weight: uint256
    priced: bool  # whether the allow-list's leaves name prices that participation is paid by
    royalty_bps: uint256
    windows: Windows
    aggregators: DynArray[address, MAX_AGGREGATORS]  # the first one, then its standbys in order
    evaluators: DynArray[address, MAX_EVALUATORS]


struct Vote:
    # amounts in base units; a vote for no settlement is all zero
    payout_root: bytes32  # of leaves (account, owed, debit, share_ppb)
    owed: uint256  # to providers, all together
    refund: uint256  # to the requester
    debits: uint256  # out of bonds, and part of what is owed
    forfeits: uint256  # whole bonds of who delivered and announced nothing
    rounds_verified: uint256
    best_round: uint256
    unpaid: uint256  # bitmap of evaluator seats that get no fee
    forfeited: uint256  # bitmap of evaluator seats that lose their bond


@internal
@pure
def check(terms: Terms) -> uint256:
    """
    @notice Refuse terms that the words of a task cannot hold, or under which somebody could lose unfairly; returns the
            escrow, the requester's whole payment in base units.
    """
    refusal.require(terms.terms_hash != empty(bytes32), refusal.NO_TERMS)
    # the limit is a power of two: one amount reaches it if and only if all of them, bit by bit, do
    amounts: uint256 = terms.performance | terms.participation | terms.aggregator_fee | terms.evaluator_fee
    amounts |= terms.aggregator_bond | terms.evaluator_bond | terms.provider_bond | terms.trigger_reward
    refusal.require(amounts < AMOUNT_LIMIT, refusal.AMOUNT_TOO_LARGE)
    # a reward as large as the bond would hand it back to an owner of both seats
    least_bond: uint256 = min(terms.aggregator_bond, terms.evaluator_bond)
    refusal.require(2 * terms.trigger_reward <= least_bond, refusal.REWARD_TOO_LARGE)
    fees: uint256 = min(terms.rounds, MAX_ROUNDS) * terms.aggregator_fee
    fees += len(terms.evaluators) * terms.evaluator_fee
    escrow: uint256 = terms.performance + terms.participation + fees
    refusal.require(escrow > 0, refusal.NO_ESCROW)
    refusal.require(terms.rounds >= 1 and terms.rounds <= MAX_ROUNDS, refusal.BAD_ROUNDS)
    refusal.require(terms.patience >= 1, refusal.BAD_PATIENCE)
    few: bool = terms.min_providers <= terms.max_providers and terms.max_providers <= MAX_PROVIDERS
    refusal.require(terms.min_providers >= 1 and few, refusal.BAD_PROVIDER_LIMITS)
    light: bool = terms.min_weight <= terms.max_weight and terms.max_weight < WEIGHT_LIMIT
    refusal.require(terms.min_weight >= 1 and light, refusal.BAD_WEIGHT_LIMITS)
    refusal.require(terms.royalty_bps <= WHOLE_BPS, refusal.BAD_ROYALTY)
    refusal.require(len(terms.aggregators) >= 1, refusal.BAD_AGGREGATORS)
    refusal.require(len(terms.evaluators) % 2 == 1, refusal.EVALUATORS_NOT_ODD)
    fit: bool = self._windows_fit(terms.windows)
    refusal.require(fit, refusal.BAD_WINDOW)
    if terms.admission_root == empty(bytes32):
        refusal.require(terms.participation == 0, refusal.OPEN_WITH_PARTICIPATION)
        refusal.require(not terms.priced, refusal.OPEN_WITH_PRICES)
        refusal.require(terms.provider_bond * terms.min_weight >= 2 * terms.performance, refusal.BOND_TOO_SMALL)
        refusal.require(terms.provider_bond * terms.max_weight < BOND_LIMIT, refusal.AMOUNT_TOO_LARGE)
    return escrow


@internal
@pure
def _windows_fit(windows: Windows) -> bool:
    shortest: uint256 = min(min(windows.join, windows.start), min(windows.round, windows.commit))
    shortest = min(shortest, min(min(windows.reveal, windows.confirm), windows.claim))
    bits: uint256 = windows.join | windows.start | windows.round | windows.commit
    bits |= windows.reveal | windows.confirm | windows.claim
    return shortest != 0 and bits < WINDOW_LIMIT and windows.submit < windows.round
