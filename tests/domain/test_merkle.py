"""Merkle trees equal OpenZeppelin's: their own library wrote vectors/merkle.json (see make_merkle.mjs)."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from eth_hash.auto import keccak

from fedmarket.domain.merkle import MerkleError, StandardTree, Value, leaf_hash, verify
from tests.domain.refusals import refused

VECTORS = json.loads((Path(__file__).parent / "vectors" / "merkle.json").read_text(encoding="utf-8"))
ADMISSION = ("address", "uint256", "uint256")
ALICE, BOB, CAROL = ("0x" + digit * 40 for digit in "123")
VALUES: list[Value] = [(ALICE, 1, 10), (BOB, 2, 20), (CAROL, 3, 30)]


def vector_values(kind: str, types: list[str], count: int) -> list[Value]:
    """The values that make_merkle.mjs derives: sha256 of a text, cut to the type."""

    def field(i: int, j: int, type_: str) -> str | bytes | int:
        hashed = sha256(f"{kind}/{count}/{i}/{j}".encode()).digest()
        if type_ == "address":
            return "0x" + hashed[:20].hex()
        return hashed if type_ == "bytes32" else int.from_bytes(hashed, "big")

    return [tuple(field(i, j, type_) for j, type_ in enumerate(types)) for i in range(count)]


def unhex(texts: list[str]) -> list[bytes]:
    return [bytes.fromhex(text[2:]) for text in texts]


def test_an_empty_tree_is_refused() -> None:
    with refused(MerkleError, "merkle.empty"):
        StandardTree(ADMISSION, [])


@pytest.mark.parametrize(
    "value",
    [
        (ALICE, 1),
        (ALICE, 1, 2, 3),
        (ALICE, -1, 0),
        (ALICE, 2**256, 0),
        (ALICE, 1.0, 0),
        (ALICE, True, 0),
        ("0x12", 1, 0),
        (None, 1, 0),
    ],
)
def test_a_value_that_does_not_fit_the_types_is_refused(value: Value) -> None:
    with refused(MerkleError, "merkle.bad_value"):
        StandardTree(ADMISSION, [value])
    with pytest.raises(MerkleError):
        verify(bytes(32), ADMISSION, value, [])


def test_a_hash_of_another_length_is_refused_and_not_padded() -> None:
    for update in (b"", b"\x01" * 31, b"\x01" * 33):
        with pytest.raises(MerkleError):
            leaf_hash(("address", "bytes32", "uint256"), (ALICE, update, 1))


@pytest.mark.parametrize(
    ("leaf", "error_id"),
    [(-1, "merkle.no_such_index"), (3, "merkle.no_such_index"), ((ALICE, 1, 11), "merkle.no_such_leaf")],
)
def test_there_is_no_proof_for_a_leaf_outside_the_tree(leaf: int | Value, error_id: str) -> None:
    with refused(MerkleError, error_id):
        StandardTree(ADMISSION, VALUES).proof(leaf)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: f"{vector['kind']}-{vector['count']}")
def test_roots_nodes_and_proofs_equal_openzeppelins(vector: dict[str, Any]) -> None:
    values = vector_values(vector["kind"], vector["types"], vector["count"])
    tree = StandardTree(vector["types"], values)
    assert "0x" + tree.root.hex() == vector["root"]
    if vector["nodes"]:
        assert list(tree.nodes) == unhex(vector["nodes"])
    for index, proof in vector["proofs"].items():
        value = values[int(index)]
        assert tree.proof(int(index)) == tree.proof(value) == unhex(proof)
        assert verify(tree.root, vector["types"], value, unhex(proof))


def test_equal_values_each_have_a_place_as_openzeppelin_gives_it() -> None:
    vector, twin = VECTORS["twins"], (ALICE, 7, 0)
    tree = StandardTree(ADMISSION, [twin, (BOB, 7, 0), twin, twin])
    assert list(tree.nodes) == unhex(vector["nodes"])
    assert tree.proof(twin) == unhex(vector["by_value"])
    for index, proof in vector["proofs"].items():
        assert tree.proof(int(index)) == unhex(proof)


def test_the_order_of_values_does_not_change_the_root() -> None:
    assert StandardTree(ADMISSION, VALUES[::-1]).root == StandardTree(ADMISSION, VALUES).root


def test_a_proof_serves_its_own_value_and_root_only() -> None:
    tree = StandardTree(ADMISSION, VALUES)
    proof = tree.proof(0)
    assert verify(tree.root, ADMISSION, VALUES[0], proof)
    assert not verify(tree.root, ADMISSION, VALUES[1], proof)
    assert not verify(tree.root, ADMISSION, (ALICE, 1, 11), proof)
    assert not verify(bytes(32), ADMISSION, VALUES[0], proof)
    assert not verify(tree.root, ADMISSION, VALUES[0], proof[:-1])
    assert not verify(tree.root, ADMISSION, VALUES[0], [*proof, bytes(32)])
    assert not verify(tree.root, ADMISSION, VALUES[0], [])


def test_attack_second_preimage_by_a_leaf_of_64_bytes() -> None:
    """An inner node hashes 64 bytes; a leaf whose encoding is those bytes must not pass for that node."""
    types = ("bytes32", "bytes32")
    values: list[Value] = [(bytes([i]) * 32, bytes([i + 1]) * 32) for i in range(4)]
    tree = StandardTree(types, values)
    for node in range(3):
        children = tree.nodes[2 * node + 1], tree.nodes[2 * node + 2]
        forged = (min(children), max(children))
        rest = [] if node == 0 else [tree.nodes[3 - node]]
        assert keccak(forged[0] + forged[1]) == tree.nodes[node], "hashed once, the forged leaf would pass"
        assert not verify(tree.root, types, forged, rest)


def test_attack_a_leaf_hash_or_a_long_sibling_offered_as_proof() -> None:
    tree = StandardTree(ADMISSION, VALUES)
    long_sibling = b"".join(tree.proof(0))
    assert not verify(tree.root, ADMISSION, VALUES[0], [long_sibling])
    single = StandardTree(ADMISSION, VALUES[:1])
    assert single.root == leaf_hash(ADMISSION, VALUES[0]) and single.proof(0) == []
    assert not verify(single.root, ADMISSION, VALUES[0], [single.root])


def test_attack_an_empty_sibling_that_hashes_a_leaf_once_more() -> None:
    """A value whose hash is another value would climb to it past a sibling of no bytes."""
    value = b"\x07" * 32
    tree = StandardTree(("bytes32",), [(keccak(value),)])
    assert keccak(leaf_hash(("bytes32",), (value,))) == tree.root, "without the length check it would pass"
    assert not verify(tree.root, ("bytes32",), (value,), [b""])
