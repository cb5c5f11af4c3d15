"""What every coalition's updates alone would have made of each round, through the actual rule and server step.

The reference that contributions are compared with: `valuation.exact` and the other estimators take its games. Absent
means a zero update, in this round and in all before it, with all weights staying as they are; each round starts from
the model that it actually started from.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.terms import Aggregation, Strategy
from fedmarket.learning.recipe import Recipe
from fedmarket.learning.rules import build_rule
from fedmarket.learning.server_step import build_server_step
from fedmarket.learning.table import Table
from fedmarket.learning.tensors import Tensors, TensorSpec, flatten
from fedmarket.valuation.games import Coalitions, FloatArray, FloatVector, Tabulated, all_coalitions

_POINTS = "points"
_BLOCK = 64


@dataclass(frozen=True, eq=False)
class PlayedRound:
    """A round as it was: the model it started from, the int32 updates and the weights of who sent one."""

    base: Tensors
    updates: Mapping[str, Tensors]
    weights: Mapping[str, int]


@dataclass(frozen=True)
class RuleGame:
    """Replays a task's rounds for many coalitions at once.

    Rules and server steps work coordinate by coordinate, so m coalitions are one model of m x p coordinates.
    """

    recipe: Recipe
    strategy: Strategy
    aggregation: Aggregation
    clip_quanta: int
    validation: Table

    def games(self, rounds: Sequence[PlayedRound]) -> list[Tabulated]:
        """Return each round's game, v(S) = -validation loss after the step of S alone, in nats.

        Players are all accounts that sent an update in any round, in sorted order; 2^n coalitions are evaluated.
        """
        players = len(accounts_of(rounds))
        return [Tabulated(values.tolist()) for values in self.values(rounds, all_coalitions(players))]

    def values(self, rounds: Sequence[PlayedRound], coalitions: Coalitions) -> Iterator[FloatVector]:
        """Yield round by round the utilities (m,) of coalitions (m, players)."""
        server, rule = build_server_step(self.strategy), build_rule(self.aggregation)
        inside = dict(zip(accounts_of(rounds), coalitions.T, strict=True))
        spec = TensorSpec({_POINTS: (len(coalitions), self.recipe.spec.parameters)}, "I32")
        for each in rounds:
            sent = {account: _sent(update, inside[account]) for account, update in each.updates.items()}
            total = rule.total(sent, each.weights, spec, self.clip_quanta)
            weight = sum(each.weights[account] for account in sent)
            base = {_POINTS: np.tile(flatten(each.base), (len(coalitions), 1))}
            after = server.advance(base, total, rule.total_weight(weight))
            yield -self._losses(after[_POINTS])

    def _losses(self, points: NDArray[np.float32]) -> FloatVector:
        blocks = [points[at : at + _BLOCK].astype(np.float64) for at in range(0, len(points), _BLOCK)]
        return np.concatenate([self._mean_losses(block) for block in blocks])

    def _mean_losses(self, points: FloatArray) -> FloatVector:
        """Return the mean losses (m,) of models (m, p): those of nothing plus one of them each."""
        losses = self.recipe.coalition_losses(np.zeros(points.shape[1]), points, self.validation)
        return losses(np.eye(len(points)))


def accounts_of(rounds: Sequence[PlayedRound]) -> list[str]:
    """Return every account that sent an update in any of the rounds, sorted: the players."""
    return sorted({account for each in rounds for account in each.updates})


def _sent(update: Tensors, inside: NDArray[np.bool_]) -> Tensors:
    """Return what an account sends in each coalition, (m, p): its update where it is inside, else zeros."""
    return {_POINTS: np.where(inside[:, None], flatten(update)[None], np.int32(0))}
