#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Order word
@license Apache-2.0
@notice Where an order stands, in one word: an order rewrites one slot only.
"""

UNKNOWN: constant(uint256) = 0
ORDERED: constant(uint256) = 1  # the money is in; the seller has until the deadline to reveal the key
REVEALED: constant(uint256) = 2  # the buyer has until the deadline to prove a wrong chunk
PAID: constant(uint256) = 3
REFUNDED: constant(uint256) = 4
DISPUTED: constant(uint256) = 5


struct Standing:
    status: uint256  # 8 bits
    deadline: uint256  # 40, block seconds
    sealed: uint256  # 208, of the hash of key and ciphertext root; 0 before the key is revealed


@internal
@pure
def pack(s: Standing) -> uint256:
    return s.status | (s.deadline << 8) | (s.sealed << 48)


@internal
@pure
def unpack(word: uint256) -> Standing:
    return Standing(status=word & (2**8 - 1), deadline=(word >> 8) & (2**40 - 1), sealed=word >> 48)


@internal
@pure
def seal(key: bytes32, cipher_root: bytes32) -> uint256:
    """
    @notice What binds a dispute to the key that was revealed and the ciphertext that was accepted.
    """
    return convert(keccak256(abi_encode(key, cipher_root)), uint256) >> 48
