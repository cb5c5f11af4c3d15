#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Chunk
@license Apache-2.0
@notice The arithmetic of files for sale, as far as an EVM must know it: chunks of 16 bytes of salt and 4,080 of the
        file, encrypted by sha256 in counter mode, under trees whose odd nodes rise unpaired.
"""

import exchange_refusal
import refusal

WORDS: constant(uint256) = 128
SALT: constant(uint256) = 16
PAYLOAD: constant(uint256) = 32 * WORDS - SALT
SIZE_LIMIT: constant(uint256) = 2**40
DEPTH: constant(uint256) = 29  # 2**40 bytes are fewer than 2**29 chunks


struct Step:
    cipher: bytes32  # the sibling in the ciphertext's tree
    plain: bytes32  # the sibling in the file's tree


@internal
@pure
def count(size: uint256) -> uint256:
    """
    @notice The number of chunks of a file; an empty one has one chunk, all salt.
    """
    return max(1, (size + PAYLOAD - 1) // PAYLOAD)


@internal
@pure
def decrypted_hash(key: bytes32, index: uint256, size: uint256, words: uint256[WORDS]) -> bytes32:
    """
    @notice The hash of a ciphertext chunk once decrypted: what lies behind the file's end counts as zeros.
    """
    left: uint256 = min(32 * WORDS, SALT + size - min(size, PAYLOAD * index))
    plain: uint256[WORDS] = empty(uint256[WORDS])
    for n: uint256 in range(WORDS):
        if left == 0:
            break
        word: uint256 = words[n] ^ convert(sha256(abi_encode(key, WORDS * index + n)), uint256)
        if left < 32:
            beyond: uint256 = 8 * (32 - left)
            word = (word >> beyond) << beyond
            left = 32
        plain[n] = word
        left -= 32
    return sha256(abi_encode(plain))


@internal
@pure
def must_lead(
    index: uint256,
    count: uint256,
    cipher_leaf: bytes32,
    plain_leaf: bytes32,
    path: DynArray[Step, DEPTH],
    cipher_root: bytes32,
    file_root: bytes32,
):
    """
    @notice Refuse unless the leaves stand at `index` of `count` under both roots. The last node of a level with an odd
            number of them has no sibling and rises as it is (the tree of RFC 9162, section 2.1).
    """
    cipher: bytes32 = cipher_leaf
    plain: bytes32 = plain_leaf
    place: uint256 = index
    last: uint256 = count - 1
    used: uint256 = 0
    for level: uint256 in range(DEPTH):
        if last == 0:
            break
        if place % 2 == 1 or place != last:
            refusal.require(used < len(path), exchange_refusal.WRONG_CHUNK_PROOF)
            step: Step = path[used]
            used += 1
            if place % 2 == 1:
                cipher = sha256(concat(step.cipher, cipher))
                plain = sha256(concat(step.plain, plain))
            else:
                cipher = sha256(concat(cipher, step.cipher))
                plain = sha256(concat(plain, step.plain))
        place //= 2
        last //= 2
    led: bool = used == len(path) and cipher == cipher_root and plain == file_root
    refusal.require(led, exchange_refusal.WRONG_CHUNK_PROOF)
