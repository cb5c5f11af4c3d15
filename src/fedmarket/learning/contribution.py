"""What each provider's data taught the model: its share of the step that was actually taken.

Two roles must compute this alike, so all of it is a pure function of the record and the validation set.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fedmarket.learning.metrics import to_ppb
from fedmarket.learning.recipe import Recipe
from fedmarket.learning.table import IntVector, Table, fold_weights
from fedmarket.learning.tensors import Tensors, flatten
from fedmarket.valuation.folds import fold_stderr
from fedmarket.valuation.games import Coalitions, FloatArray, FloatVector
from fedmarket.valuation.path import segment_shares


@dataclass(frozen=True, eq=False)
class RoundScores:
    """One round's contributions in units of the validation loss, by account."""

    phi: Mapping[str, float]
    """Signed shares of the fall in loss."""
    by_fold: Mapping[str, FloatVector]
    """The same as each validation fold alone sees it, (folds,)."""


def score_round(
    recipe: Recipe,
    base: Tensors,
    after: Tensors,
    shares: Mapping[str, FloatVector],
    validation: Table,
    folds: IntVector,
) -> RoundScores:
    """Share the fall in validation loss from model `base` to model `after` among the accounts of `shares`.

    `shares` are those of `ServerStep.shares` for this step, (p,) each; none for a round without updates.
    `folds` (n,) numbers each validation row's fold. phi_i = -<mean gradient from base to after, s_i>: the
    Aumann-Shapley value (`valuation.path`), whose sum is the fall in loss; a zero share earns exactly 0.
    """
    if not shares:
        return RoundScores({}, {})
    accounts = sorted(shares)
    found = segment_shares(
        lambda path: recipe.path_gradients(base, after, path, validation, folds),
        flatten(base).astype(np.float64),
        flatten(after).astype(np.float64),
        np.stack([shares[account] for account in accounts]),
        fold_weights=fold_weights(folds),
    )
    assert found.by_fold is not None
    by_fold = dict(zip(accounts, found.by_fold.T, strict=True))
    return RoundScores(dict(zip(accounts, found.phi.tolist(), strict=True)), by_fold)


class ScoreBook:
    """Signed sums of contributions over the first rounds, as the integers that are revealed and paid on."""

    def __init__(self, folds: IntVector, reference: float) -> None:
        """Take `folds` (n,) as in `score_round`; `reference` is `metrics.reference_loss` of the validation set."""
        self._weights = fold_weights(folds)
        self._reference = reference
        self._rounds: list[RoundScores] = []

    def add(self, scores: RoundScores) -> None:
        """Append the next round's scores, rounds in order from 1."""
        self._rounds.append(scores)

    def score_ppb(self, rounds: int) -> dict[str, int]:
        """Return each account's signed contribution over rounds 1 to `rounds`, in ppb of skill."""
        totals: dict[str, float] = {}
        for scores in self._rounds[:rounds]:
            for account, phi in scores.phi.items():
                totals[account] = totals.get(account, 0.0) + phi
        return {account: to_ppb(phi / self._reference) for account, phi in sorted(totals.items())}

    def stderr_ppb(self, rounds: int) -> dict[str, int]:
        """Return the jackknife standard errors of `score_ppb(rounds)` over folds, in ppb of skill."""
        totals: dict[str, FloatVector] = {}
        for scores in self._rounds[:rounds]:
            for account, by_fold in scores.by_fold.items():
                totals[account] = totals.get(account, np.zeros(len(self._weights))) + by_fold
        if not totals:
            return {}
        accounts = sorted(totals)
        errors = fold_stderr(np.stack([totals[account] for account in accounts], axis=1), self._weights)
        return {
            account: to_ppb(error / self._reference) for account, error in zip(accounts, errors.tolist(), strict=True)
        }


class RoundGame:
    """The fixed-weight game of one round: v(S) = -validation loss of the model after the step of S alone.

    Absent means a zero update and no momentum, all weights staying as they are. The step of S is taken to be
    the sum of its shares: exactly so for the mean with a linear server step (FedAvg, FedProx, FedAvgM); for
    other rules and strategies play `rule_game`. For comparison and audit with `valuation.exact` and the other
    estimators.
    """

    def __init__(self, recipe: Recipe, base: Tensors, shares: Mapping[str, FloatVector], validation: Table) -> None:
        """Players are the accounts of `shares` (`ServerStep.shares` of this round), in sorted order."""
        self.accounts: Sequence[str] = sorted(shares)
        moves = np.stack([shares[account] for account in self.accounts])
        self._losses = recipe.coalition_losses(flatten(base).astype(np.float64), moves, validation)

    @property
    def players(self) -> int:
        """How many accounts have a share."""
        return len(self.accounts)

    def values(self, coalitions: Coalitions) -> FloatVector:
        """Return the utilities (m,), in units of the loss, of coalitions (m, players)."""
        return self.mixtures(coalitions.astype(np.float64))

    def mixtures(self, mixes: FloatArray) -> FloatVector:
        """Return the utilities (m,) after base + mixes (m, players) @ shares, whatever the mix, as other games ask."""
        return -self._losses(mixes)
