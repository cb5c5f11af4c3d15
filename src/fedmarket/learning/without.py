"""What the same rounds would have given without one provider: leave-one-out through the rule that was used."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from fedmarket.learning.server_step import ServerStep
from fedmarket.learning.tensors import Tensors

Skill = Callable[[Tensors], int]


class WithoutEach:
    """Goes through a task's rounds once for every account left out.

    Who is left out counts as having sent zeros (DESIGN, section 6): all weights, the other updates and the server's
    momentum stay as they were. Nobody trains anew, so it tells what the updates did, not what a task without the
    account would have come to.
    """

    def __init__(
        self, accounts: Sequence[str], initial: Tensors, server: Callable[[], ServerStep], skill_ppb: Skill
    ) -> None:
        """Start from model `initial`; `server` makes a fresh server step, `skill_ppb` measures a model."""
        self._servers = {account: server() for account in accounts}
        self._models = dict.fromkeys(accounts, initial)
        self._skill = skill_ppb
        self._skills = {account: [skill_ppb(initial)] for account in accounts}

    def add(self, total: Tensors, updates: Mapping[str, Tensors], weights: Mapping[str, int], whole: int) -> None:
        """Take the next round: its exact int64 sum, its int32 updates, their weights, and the sum of all weights."""
        for account, server in self._servers.items():
            kept = _left(total, updates[account], weights[account]) if account in updates else total
            self._models[account] = server.advance(self._models[account], kept, whole)
            self._skills[account].append(self._skill(self._models[account]))

    def best(self, account: str) -> tuple[int, int]:
        """Return (skill in ppb, round) of the best round without `account`, the earliest of equals; 0 before any."""
        first, *later = self._skills[account]
        return (max(later), later.index(max(later)) + 1) if later else (first, 0)


def _left(total: Tensors, update: Tensors, weight: int) -> Tensors:
    """Return what is left of an exact sum; it stays exact, as every part of it is (`learning.aggregate`)."""
    return {name: total[name] - update[name].astype(np.int64) * weight for name in total}
