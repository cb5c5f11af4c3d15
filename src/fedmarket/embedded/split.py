"""Rows dealt out: to sites, to the requester's validation set and to a test set, each with its share of every group."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]
STEP = (5**0.5 - 1) / 2
"""Multiples of the golden section fill the unit interval evenly however many there are (Weyl 1916)."""


def deal(groups: NDArray[np.int64], shares: Sequence[float], random: np.random.Generator) -> list[Places]:
    """Deal rows of `groups` (n,) into parts by `shares`, which sum to less than 1; one more part takes the rest.

    Rows are shuffled within their group and dealt in turn, so that every part has its share of every group to within a
    few rows. Returns len(shares) + 1 arrays of ascending places.
    """
    part = _parts(len(groups), shares)
    order = _in_groups(groups, random)
    return [np.sort(order[part == place]) for place in range(len(shares) + 1)]


def part_sizes(rows: int, shares: Sequence[float]) -> list[int]:
    """Return how many of so many rows `deal` puts into each part, the rest last: more rows, never fewer in a part."""
    return [int(size) for size in np.bincount(_parts(rows, shares), minlength=len(shares) + 1)]


def deal_evenly(groups: NDArray[np.int64], parts: int, random: np.random.Generator) -> list[Places]:
    """Deal rows of `groups` (n,) into `parts` of equal size, each with its share of every group to within a row."""
    order = _in_groups(groups, random)
    return [np.sort(order[place::parts]) for place in range(parts)]


def _parts(rows: int, shares: Sequence[float]) -> Places:
    return np.searchsorted(np.cumsum(shares), (np.arange(rows) + 0.5) * STEP % 1.0, side="right")


def _in_groups(groups: NDArray[np.int64], random: np.random.Generator) -> Places:
    """Return all places, group after group, in random order within each."""
    shuffled = random.permutation(len(groups))
    return shuffled[np.argsort(groups[shuffled], kind="stable")]
