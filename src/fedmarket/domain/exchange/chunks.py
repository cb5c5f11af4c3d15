"""The arithmetic of files for sale, chunk by chunk: exactly what contracts/chunk.vy computes.

A file is cut into payloads of 4,080 bytes. A chunk is 16 bytes of salt and a payload, so that nobody can guess a
payload from its public hash; an empty file is one chunk, all salt. Chunks are hashed filled up with zeros to 4,096
bytes: a leaf's 4,096 bytes can never pass for the 64 of an inner node. Word w (32 bytes) of chunk i is encrypted by
exclusive or with sha256(key || 128 i + w), the counter as 32 bytes, big-endian: a key is for one order only.
"""

from hashlib import sha256

CHUNK = 4096
SALT = 16
PAYLOAD = CHUNK - SALT
WORDS = CHUNK // 32
SIZE_LIMIT = 2**40
"""The greatest file, in bytes."""


def chunk_count(size: int) -> int:
    """Return the number of chunks of a file of `size` bytes; an empty one has one."""
    return max(1, -(-size // PAYLOAD))


def chunk_length(size: int, index: int) -> int:
    """Return the bytes, salt included, of a file's chunk `index` (from 0)."""
    return SALT + max(0, min(PAYLOAD, size - PAYLOAD * index))


def sealed_size(size: int) -> int:
    """Return the bytes of the ciphertext of a file of `size` bytes: the file and a salt for each chunk."""
    return size + SALT * chunk_count(size)


def salt_of(seed: bytes, index: int) -> bytes:
    """Return the 16 bytes of salt of chunk `index`; `seed` is 32 secret bytes, one for each file that is offered."""
    return sha256(seed + index.to_bytes(32, "big")).digest()[:SALT]


def keystream(key: bytes, index: int, length: int = CHUNK) -> bytes:
    """Return the first `length` bytes of the keystream of chunk `index` under a 32-byte key."""
    # a counter stays below 2^36: its first 24 bytes are always zero
    start, prefix, hashed = WORDS * index, key + bytes(24), sha256
    counters = range(start, start + -(-length // 32))
    return b"".join([hashed(prefix + n.to_bytes(8, "big")).digest() for n in counters])[:length]


def crypt(key: bytes, index: int, chunk: bytes) -> bytes:
    """Encrypt chunk `index`, or decrypt it: the same exclusive or."""
    length = len(chunk)
    mixed = int.from_bytes(chunk, "big") ^ int.from_bytes(keystream(key, index, length), "big")
    return mixed.to_bytes(length, "big")


def leaf(chunk: bytes) -> bytes:
    """Return the 32-byte hash of a chunk, plain or encrypted, filled up with zeros to 4,096 bytes."""
    return sha256(chunk.ljust(CHUNK, b"\0")).digest()
