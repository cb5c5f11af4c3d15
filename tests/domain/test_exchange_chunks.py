"""Chunks and their trees: shapes, bounds, and vectors that a second writing in plain hashlib gives."""

from hashlib import sha256

import pytest

from fedmarket.domain.exchange.chunks import (
    CHUNK,
    PAYLOAD,
    SALT,
    SIZE_LIMIT,
    chunk_count,
    chunk_length,
    crypt,
    keystream,
    leaf,
    salt_of,
    sealed_size,
)
from fedmarket.domain.exchange.tree import climb, levels, node, path, root

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("size", "count", "last"),
    [
        (0, 1, SALT),
        (1, 1, SALT + 1),
        (PAYLOAD, 1, CHUNK),
        (PAYLOAD + 1, 2, SALT + 1),
        (2 * PAYLOAD, 2, CHUNK),
        (SIZE_LIMIT, 269_488_145, SALT + SIZE_LIMIT % PAYLOAD),
    ],
)
def test_a_files_chunks_follow_from_its_size(size: int, count: int, last: int) -> None:
    assert chunk_count(size) == count
    assert chunk_length(size, count - 1) == last
    assert sealed_size(size) == size + SALT * count
    if count < 10:
        assert sum(chunk_length(size, i) for i in range(count)) == sealed_size(size)


def test_the_greatest_file_has_fewer_chunks_than_the_contracts_depth_holds() -> None:
    assert chunk_count(SIZE_LIMIT) < 2**29


def test_the_keystream_is_sha256_of_key_and_counter() -> None:
    for index in (0, 1, 2**29):
        words = [sha256(KEY + (128 * index + w).to_bytes(32, "big")).digest() for w in range(128)]
        assert keystream(KEY, index) == b"".join(words)


def test_no_two_chunks_share_a_word_of_keystream() -> None:
    words = [keystream(KEY, i)[w : w + 32] for i in range(4) for w in range(0, CHUNK, 32)]
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("length", [0, 1, 16, 31, 32, 33, CHUNK])
def test_encrypting_twice_gives_the_chunk_back(length: int) -> None:
    chunk = bytes(range(256)) * 16
    assert crypt(KEY, 7, crypt(KEY, 7, chunk[:length])) == chunk[:length]
    assert crypt(KEY, 7, chunk[:length]) == crypt(KEY, 7, chunk)[:length]


def test_a_leaf_hashes_4096_bytes_whatever_the_chunks_length() -> None:
    assert leaf(b"abc") == sha256(b"abc" + bytes(CHUNK - 3)).digest()


def test_salts_differ_by_place_and_by_file() -> None:
    assert len({salt_of(seed, i) for seed in (KEY, bytes(32)) for i in range(100)}) == 200
    assert len(salt_of(KEY, 0)) == SALT


def test_an_odd_levels_last_node_rises_unpaired() -> None:
    a, b, c, d, e = (leaf(bytes([i])) for i in range(5))
    assert root([a]) == a
    assert root([a, b]) == node(a, b)
    assert root([a, b, c]) == node(node(a, b), c)
    assert root([a, b, c, d, e]) == node(node(node(a, b), node(c, d)), e)


@pytest.mark.parametrize("count", [*range(1, 18), 31, 33, 64, 100])
def test_every_leaf_climbs_to_the_root_and_only_from_its_own_place(count: int) -> None:
    leaves = [leaf(i.to_bytes(4, "big")) for i in range(count)]
    tree = levels(leaves)
    for index in range(count):
        siblings = path(tree, index)
        assert climb(leaves[index], index, count, siblings) == tree[-1][0]
        for other in {0, count // 2, count - 1} - {index}:
            assert climb(leaves[index], other, count, siblings) != tree[-1][0]
        assert climb(leaves[index], index, count, [*siblings, bytes(32)]) is None
        if siblings:
            assert climb(leaves[index], index, count, siblings[:-1]) is None


def test_no_two_numbers_of_equal_leaves_have_one_root() -> None:
    assert len({root([leaf(b"")] * count) for count in range(1, 40)}) == 39
