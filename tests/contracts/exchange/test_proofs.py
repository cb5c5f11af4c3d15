"""Which proofs of a wrong chunk count: any chunk of any file, and no path that is not exactly its own."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fedmarket.domain.exchange.chunks import CHUNK, PAYLOAD, chunk_length
from tests.contracts.cast import word
from tests.contracts.exchange import scenes
from tests.contracts.exchange.scenes import Deal
from tests.contracts.exchange.wares import BOND, BUYER, KEY, OTHER_KEY, PRICE, SELLER, STRANGER, parcel

At = Callable[..., Deal]
SIZES = [0, 1, 15, 16, 31, PAYLOAD - 1, PAYLOAD, PAYLOAD + 1, 3 * PAYLOAD - 7, 5 * PAYLOAD, 6 * PAYLOAD + 1]
SIZES += [PAYLOAD * 7 + 4_000, 9 * PAYLOAD - 1]


@pytest.mark.parametrize("size", SIZES)
def test_any_wrong_chunk_of_a_file_of_any_length_is_proved_by_anyone(at: At, size: int) -> None:
    for wrong in range(parcel(size).count):
        deal = at(scenes.revealed, parcel(size, wrong))
        before = deal.exchange.balance(BUYER)
        deal.exchange.call(STRANGER, "dispute", *deal.disputing(wrong))
        assert deal.exchange.balance(BUYER) == before + PRICE + BOND


def test_a_wrong_key_makes_every_chunk_wrong(at: At) -> None:
    for index in range(4):
        deal = at(scenes.ordered)
        deal.reveal(OTHER_KEY)
        args = (deal.made, OTHER_KEY, deal.ware.cipher_root, *deal.ware.proof(index))
        deal.exchange.call(BUYER, "dispute", *args)


def test_another_file_than_the_offered_one_is_wrong(at: At) -> None:
    deal = at(scenes.ordered)
    other = parcel(len(deal.ware.data), 0, 1, 2, 3)
    acceptance = deal.acceptance(root=other.cipher_root)
    deal.exchange.call(SELLER, "reveal", deal.made, KEY, other.cipher_root, acceptance)
    deal.exchange.call(BUYER, "dispute", deal.made, KEY, other.cipher_root, *other.proof(2))


def test_what_lies_behind_the_files_end_counts_as_zeros(at: At) -> None:
    """A ciphertext that goes on behind the end is as right as its chunks: they are cut where the file ends."""
    ware = parcel(PAYLOAD + 100)
    length = chunk_length(len(ware.data), 1)
    longer = replace(ware)
    longer.__dict__["ciphers"] = [ware.ciphers[0], (ware.ciphers[1] + b"rubbish").ljust(CHUNK, b"\1")]
    assert len(ware.ciphers[1]) == length
    deal = at(scenes.revealed, longer)
    deal.exchange.refused("chunk_is_right", BUYER, "dispute", *deal.disputing(1))


def test_a_chunk_that_the_file_does_not_have_is_refused(at: At) -> None:
    deal = at(scenes.revealed, parcel(9_000, 0))
    order, key, root, _, *proof = deal.disputing(0)
    for index in (3, 4, 2**255, 2**256 - 1):
        deal.exchange.refused("no_such_chunk", BUYER, "dispute", order, key, root, index, *proof)


def test_a_path_is_exactly_as_long_as_its_place_asks(at: At) -> None:
    for count in (1, 2, 3, 5, 6, 7):
        size = count * PAYLOAD - 5
        for wrong in {0, count // 2, count - 1}:
            deal = at(scenes.revealed, parcel(size, wrong))
            *head, path = deal.disputing(wrong)
            for spoiled in (
                path[:-1],
                [*path, (word("x"), word("y"))],
                path + path[-1:],
                [(word("a"), word("b"))] * 29,
            ):
                if spoiled != path:
                    deal.exchange.refused("wrong_chunk_proof", BUYER, "dispute", *head, spoiled)
            deal.exchange.call(BUYER, "dispute", *head, path)


def test_every_sibling_on_both_paths_counts(at: At) -> None:
    deal = at(scenes.revealed, parcel(7 * PAYLOAD, 6))
    for wrong in (6,):
        *head, path = deal.disputing(wrong)
        for i, (cipher, plain) in enumerate(path):
            for step in ((word("x"), plain), (cipher, word("x")), (plain, cipher)):
                deal.exchange.refused("wrong_chunk_proof", BUYER, "dispute", *head, [*path[:i], step, *path[i + 1 :]])


def test_a_chunk_proved_at_another_place_is_refused(at: At) -> None:
    """The honest chunk 2 decrypted as chunk 3 would be rubbish: a path fixes its place."""
    deal = at(scenes.revealed, parcel(4 * PAYLOAD))
    order, key, root, _, leaf, words, path = deal.disputing(2)
    for place in (0, 1, 3):
        deal.exchange.refused("wrong_chunk_proof", BUYER, "dispute", order, key, root, place, leaf, words, path)


def test_a_foreign_leaf_or_chunk_is_refused(at: At) -> None:
    deal = at(scenes.revealed, parcel(4 * PAYLOAD))
    order, key, root, index, leaf, words, path = deal.disputing(1)
    deal.exchange.refused("wrong_chunk_proof", BUYER, "dispute", order, key, root, index, word("leaf"), words, path)
    changed = [words[0] ^ 1, *words[1:]]
    deal.exchange.refused("wrong_chunk_proof", BUYER, "dispute", order, key, root, index, leaf, changed, path)


def test_an_inner_node_does_not_pass_for_a_leaf(at: At) -> None:
    """With a count of its own a shorter path could end at an inner node: the count follows from the offer's size."""
    deal = at(scenes.revealed, parcel(4 * PAYLOAD))
    inner = deal.ware.plain_tree[1][0]
    order, key, root, _, _, words, path = deal.disputing(0)
    deal.exchange.refused("wrong_chunk_proof", BUYER, "dispute", order, key, root, 0, inner, words, path[1:])
