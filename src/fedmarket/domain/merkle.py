"""Merkle trees in OpenZeppelin's StandardMerkleTree format, the one that the contracts verify.

A leaf is keccak(keccak(abi.encode(value))): hashed twice, so that no 64-byte value can pass for an inner
node. Leaf hashes are sorted, a node hashes its two children in ascending order, the nodes lie in one array,
root first.
"""

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import encode
from eth_abi.exceptions import EncodingError
from eth_hash.auto import keccak

from fedmarket.domain.errors import UsageError

Value = tuple[Any, ...]


class MerkleError(UsageError):
    """A tree cannot be built, or holds no such leaf."""


class StandardTree:
    """The tree over `values`, tuples of the ABI `types`; their order does not change the root."""

    def __init__(self, types: Sequence[str], values: Sequence[Value]) -> None:
        """Build the tree; raises MerkleError where there are no values or one does not fit its types."""
        if not values:
            raise MerkleError("merkle.empty")
        self.types = tuple(types)
        leaves = [leaf_hash(types, value) for value in values]
        order = sorted(range(len(leaves)), key=leaves.__getitem__)
        self._nodes = _nodes([leaves[i] for i in order])
        last = len(self._nodes) - 1
        self._positions = {index: last - rank for rank, index in enumerate(order)}
        self._indices = {leaf: index for index, leaf in enumerate(leaves)}

    @property
    def root(self) -> bytes:
        """The 32-byte root."""
        return self._nodes[0]

    @property
    def nodes(self) -> tuple[bytes, ...]:
        """All 2n - 1 nodes, the root first, the children of node i at 2i + 1 and 2i + 2."""
        return tuple(self._nodes)

    def proof(self, leaf: int | Value) -> list[bytes]:
        """Return the siblings on the way from a leaf (its index among the values, or its value) to the root.

        Raises MerkleError where the tree holds no such leaf.
        """
        index = leaf if isinstance(leaf, int) else self._index(leaf)
        if index not in self._positions:
            raise MerkleError("merkle.no_such_index", index=index, count=len(self._positions))
        position = self._positions[index]
        path = []
        while position:
            path.append(self._nodes[position + 1 if position % 2 else position - 1])
            position = (position - 1) // 2
        return path

    def _index(self, value: Value) -> int:
        leaf = leaf_hash(self.types, value)
        if leaf not in self._indices:
            raise MerkleError("merkle.no_such_leaf", value=value)
        return self._indices[leaf]


def leaf_hash(types: Sequence[str], value: Value) -> bytes:
    """Return the 32-byte hash of one leaf; raises MerkleError where `value` does not fit `types`."""
    for kind, field in zip(types, value, strict=False):
        # the ABI encoder pads short bytes on the right: two values would share a leaf
        if kind == "bytes32" and isinstance(field, bytes) and len(field) != 32:
            raise MerkleError("merkle.bad_value", value=value, detail=f"{len(field)} bytes where 32 belong")
    try:
        return keccak(keccak(encode(types, value)))
    except EncodingError as error:
        raise MerkleError("merkle.bad_value", value=value, detail=str(error)) from error


def verify(root: bytes, types: Sequence[str], value: Value, proof: Sequence[bytes]) -> bool:
    """Say whether `proof` leads from the leaf of `value` to `root`; refuses as `leaf_hash` does."""
    node = leaf_hash(types, value)
    for sibling in proof:
        if len(sibling) != 32:
            return False
        node = _parent(node, sibling)
    return node == root


def _nodes(leaves: Sequence[bytes]) -> list[bytes]:
    first_leaf = len(leaves) - 1
    nodes = [b""] * first_leaf + list(reversed(leaves))
    for i in reversed(range(first_leaf)):
        nodes[i] = _parent(nodes[2 * i + 1], nodes[2 * i + 2])
    return nodes


def _parent(left: bytes, right: bytes) -> bytes:
    return keccak(min(left, right) + max(left, right))
