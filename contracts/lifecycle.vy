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
SEATS: constant(uint256) = 12
IN_OPEN: constant(uint256) = 2
IN_TRAINING: constant(uint256) = 4
IN_SCORING: constant(uint256) = 8
IN_SETTLED: constant(uint256) = 16
IN_FALLBACK: constant(uint256) = 32
IN_CANCELLED: constant(uint256) = 64
CLOSABLE: constant(uint256) = 14
PAYING: constant(uint256) = 48
FINAL: constant(uint256) = 112
