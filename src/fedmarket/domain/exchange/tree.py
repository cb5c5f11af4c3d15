"""Hash trees over a file's chunks: in order, of any number of leaves, an odd level's last node rising unpaired.

The shape is that of RFC 9162, section 2.1, without its prefixes: a leaf here is the hash of 4,096 bytes and a node the
hash of 64, so that neither can pass for the other. A place and a number of leaves fix the length of a path.
"""

from collections.abc import Sequence
from hashlib import sha256


def levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Return all levels of the tree over at least one 32-byte leaf: the leaves first, the root last."""
    tree = [list(leaves)]
    while len(tree[-1]) > 1:
        below = tree[-1]
        level = [node(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)]
        tree.append([*level, below[-1]] if len(below) % 2 else level)
    return tree


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the 32-byte root over at least one leaf."""
    return levels(leaves)[-1][0]


def path(tree: Sequence[Sequence[bytes]], index: int) -> list[bytes]:
    """Return the siblings from leaf `index` up to the root of a tree that `levels` made."""
    siblings = []
    for level in tree[:-1]:
        if index % 2 or index + 1 < len(level):
            siblings.append(level[index ^ 1])
        index //= 2
    return siblings


def climb(leaf: bytes, index: int, count: int, siblings: Sequence[bytes]) -> bytes | None:
    """Return the root that a path leads to from leaf `index` of `count`; None where it is too short or too long."""
    here, last, waiting = leaf, count - 1, list(siblings)
    while last:
        if index % 2 or index != last:
            if not waiting:
                return None
            sibling = waiting.pop(0)
            here = node(sibling, here) if index % 2 else node(here, sibling)
        index, last = index // 2, last // 2
    return None if waiting else here


def node(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of two children."""
    return sha256(left + right).digest()
