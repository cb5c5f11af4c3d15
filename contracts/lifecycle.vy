#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Lifecycle
@license Apache-2.0
@notice The states of a task and the roles of an account in it, numbered as everywhere else.
"""

# --- where a task stands; the last three are final
UNKNOWN: constant(uint256) = 0
OPEN: constant(uint256) = 1
TRAINING: constant(uint256) = 2
SCORING: constant(uint256) = 3
SETTLED: constant(uint256) = 4
FALLBACK: constant(uint256) = 5
CANCELLED: constant(uint256) = 6

# --- what an account is in one task; at most one of these
NOBODY: constant(uint256) = 0
REQUESTER: constant(uint256) = 1
AGGREGATOR: constant(uint256) = 2
EVALUATOR: constant(uint256) = 3
PROVIDER: constant(uint256) = 4

# --- sets of roles and of states, one bit each
SEATS: constant(uint256) = 2**AGGREGATOR | 2**EVALUATOR
IN_OPEN: constant(uint256) = 2**OPEN
IN_TRAINING: constant(uint256) = 2**TRAINING
IN_SCORING: constant(uint256) = 2**SCORING
IN_SETTLED: constant(uint256) = 2**SETTLED
IN_FALLBACK: constant(uint256) = 2**FALLBACK
CLOSABLE: constant(uint256) = 2**OPEN | 2**TRAINING | 2**SCORING
PAYING: constant(uint256) = 2**SETTLED | 2**FALLBACK
FINAL: constant(uint256) = 2**SETTLED | 2**FALLBACK | 2**CANCELLED
