"""What the same rounds would have given without one provider: leave-one-out through the rule that was used."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fedmarket.learning.rules import AggregationRule
from fedmarket.learning.server_step import ServerOptimiser
from fedmarket.learning.tensors import Tensors

Skill = Callable[[Tensors], int]


@dataclass(frozen=True)
class RuleInUse:
    """How a task's rounds are made: its rule, a maker of fresh server steps, and the updates' norm bound in quanta."""

    rule: AggregationRule
    server: Callable[[], ServerOptimiser]
    clip_quanta: int


class WithoutEach:
    """Goes through a task's rounds once for every account left out.

    Who is left out counts as having sent zeros (DESIGN, section 6): all weights, the other updates and the server's
    state stay as they were. Nobody trains anew, so it tells what the updates did, not what a task without the account
    would have come to.
    """

    def __init__(self, accounts: Sequence[str], initial: Tensors, used: RuleInUse, skill_ppb: Skill) -> None:
        """Start from model `initial`; `skill_ppb` measures a model."""
        self._used = used
        self._servers = {account: used.server() for account in accounts}
        self._models = dict.fromkeys(accounts, initial)
        self._skill = skill_ppb
        self._skills = {account: [skill_ppb(initial)] for account in accounts}

    def add(self, total: Tensors, updates: Mapping[str, Tensors], weights: Mapping[str, int], whole: int) -> None:
        """Take the next round: its exact int64 aggregate, int32 updates, their weights, and the sum of all weights."""
        rule, clip = self._used.rule, self._used.clip_quanta
        divisor = rule.total_weight(whole)
        for account, server in self._servers.items():
            kept = rule.total_without(account, total, updates, weights, clip) if account in updates else total
            self._models[account] = server.advance(self._models[account], kept, divisor)
            self._skills[account].append(self._skill(self._models[account]))

    def best(self, account: str) -> tuple[int, int]:
        """Return (skill in ppb, round) of the best round without `account`, the earliest of equals; 0 before any."""
        first, *later = self._skills[account]
        return (max(later), later.index(max(later)) + 1) if later else (first, 0)
