"""Games whose Shapley value is known without enumeration: the yardsticks of every estimator here."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, comb, factorial
from typing import Protocol

import numpy as np

from fedmarket.valuation.games import Coalitions, FloatArray, FloatVector, Game

Numbers = tuple[float, ...]


class SolvedGame(Game, Protocol):
    """A game that also knows its own answer."""

    def shapley(self) -> FloatVector:
        """Return the exact Shapley value, shape (players,)."""
        ...


@dataclass(frozen=True)
class Additive:
    """v(S) = sum of `worths` over S: nobody depends on anybody.

    Shapley value: phi_i = worths_i (Shapley 1953, A value for n-person games).
    """

    worths: Numbers

    @property
    def players(self) -> int:
        """One for each worth."""
        return len(self.worths)

    def values(self, coalitions: Coalitions) -> FloatVector:
        """Return the utilities (m,) of coalitions (m, players)."""
        sums: FloatVector = coalitions @ np.array(self.worths)
        return sums

    def shapley(self) -> FloatVector:
        """Return the worths themselves, shape (players,)."""
        return np.array(self.worths)


@dataclass(frozen=True)
class Airport:
    """v(S) = the greatest of `needs` (>= 0) in S: the longest runway serves all.

    Shapley value: with needs ascending, the step from c_(k-1) to c_k is shared equally by the players k..n
    who need it (Littlechild and Owen 1973, A simple expression for the Shapley value in a special case).
    """

    needs: Numbers

    @property
    def players(self) -> int:
        """One for each need."""
        return len(self.needs)

    def values(self, coalitions: Coalitions) -> FloatVector:
        """Return the utilities (m,) of coalitions (m, players)."""
        greatest: FloatVector = np.where(coalitions, np.array(self.needs), 0.0).max(axis=1)
        return greatest

    def shapley(self) -> FloatVector:
        """Return the value, shape (players,)."""
        needs = np.array(self.needs)
        order = np.argsort(needs)
        steps = np.diff(needs[order], prepend=0.0)
        phi = np.empty(self.players)
        phi[order] = np.cumsum(steps / np.arange(self.players, 0, -1))
        return phi


@dataclass(frozen=True)
class Gloves:
    """v(S) = how many pairs S can make; `left` players hold a left glove each, the next `right` a right one.

    Shapley value: a player counts where the others' gloves before it are short of its own kind, so phi of a
    left glove = sum over a < b of C(left-1, a) C(right, b) / (n C(n-1, a+b)), and the same with the kinds
    exchanged (Shapley and Shubik 1969, Pure competition, coalitional power, and fair division).
    """

    left: int
    right: int

    @property
    def players(self) -> int:
        """One for each glove."""
        return self.left + self.right

    def values(self, coalitions: Coalitions) -> FloatVector:
        """Return the utilities (m,) of coalitions (m, players)."""
        lefts = coalitions[:, : self.left].sum(axis=1)
        rights = coalitions[:, self.left :].sum(axis=1)
        pairs: FloatVector = np.minimum(lefts, rights).astype(np.float64)
        return pairs

    def shapley(self) -> FloatVector:
        """Return the value, shape (players,)."""
        one_left, one_right = self._worth(self.left, self.right), self._worth(self.right, self.left)
        return np.array([one_left] * self.left + [one_right] * self.right)

    def _worth(self, own: int, other: int) -> float:
        n = own + other
        short = ((a, b) for a in range(own) for b in range(a + 1, other + 1))
        return sum(comb(own - 1, a) * comb(other, b) / (n * comb(n - 1, a + b)) for a, b in short)


@dataclass(frozen=True)
class Voting:
    """v(S) = 1 where the whole-number `weights` (>= 0) of S reach `quota` (> 0), otherwise 0.

    Shapley value: phi_i = sum over s of s! (n-s-1)! / n! times the coalitions of s others that only i makes
    winning, counted by size and weight with a generating function (Mann and Shapley 1962, Values of large
    games VI).
    """

    weights: tuple[int, ...]
    quota: int

    @property
    def players(self) -> int:
        """One for each weight."""
        return len(self.weights)

    def values(self, coalitions: Coalitions) -> FloatVector:
        """Return the utilities (m,) of coalitions (m, players)."""
        wins: FloatVector = (coalitions @ np.array(self.weights) >= self.quota).astype(np.float64)
        return wins

    def shapley(self) -> FloatVector:
        """Return the value, shape (players,)."""
        return np.array([self._power(player) for player in range(self.players)])

    def _power(self, player: int) -> float:
        n = self.players
        swings = 0
        for size, weight, count in self._coalitions_without(player):
            if self.quota - self.weights[player] <= weight < self.quota:
                swings += count * factorial(size) * factorial(n - size - 1)
        return swings / factorial(n)

    def _coalitions_without(self, player: int) -> Iterator[tuple[int, int, int]]:
        counts = {(0, 0): 1}
        for weight in self.weights[:player] + self.weights[player + 1 :]:
            for (size, total), count in list(counts.items()):
                counts[size + 1, total + weight] = counts.get((size + 1, total + weight), 0) + count
        return ((size, weight, count) for (size, weight), count in counts.items())


@dataclass(frozen=True)
class Pairwise:
    """v(S) = sum of `worths` over S + sum of `bonuses`[i][j] over the pairs i < j in S (a symmetric table).

    Shapley value: phi_i = worths_i + half of row i's bonuses, since every pair's dividend is halved
    (Harsanyi 1963; Deng and Papadimitriou 1994, On the complexity of cooperative solution concepts).
    """

    worths: Numbers
    bonuses: tuple[Numbers, ...]

    @property
    def players(self) -> int:
        """One for each worth."""
        return len(self.worths)

    def values(self, coalitions: Coalitions) -> FloatVector:
        """Return the utilities (m,) of coalitions (m, players)."""
        inside = coalitions.astype(np.float64)
        twice_pairs = ((inside @ self._off_diagonal()) * inside).sum(axis=1)
        values: FloatVector = inside @ np.array(self.worths) + twice_pairs / 2
        return values

    def shapley(self) -> FloatVector:
        """Return the value, shape (players,)."""
        phi: FloatVector = np.array(self.worths) + self._off_diagonal().sum(axis=1) / 2
        return phi

    def _off_diagonal(self) -> FloatArray:
        table = np.array(self.bonuses)
        pairs: FloatArray = table - np.diag(np.diag(table))
        return pairs


@dataclass(frozen=True)
class Saturating:
    """v(S) = 1 - exp(-sum of `weights` (>= 0) over S): the more is known, the less another player adds.

    Shapley value: phi_i = (1 - x_i) * integral over t in 0..1 of the product over j != i of
    (1 - t + t x_j), with x_j = exp(-weights_j); the integrand is a polynomial of degree n - 1, which
    ceil(n / 2) Gauss-Legendre nodes integrate exactly (Owen 1972, Multilinear extensions of games).
    """

    weights: Numbers

    @property
    def players(self) -> int:
        """One for each weight."""
        return len(self.weights)

    def values(self, coalitions: Coalitions) -> FloatVector:
        """Return the utilities (m,) of coalitions (m, players)."""
        values: FloatVector = -np.expm1(-(coalitions @ np.array(self.weights)))
        return values

    def shapley(self) -> FloatVector:
        """Return the value, shape (players,)."""
        missed = -np.expm1(-np.array(self.weights))
        at, share = np.polynomial.legendre.leggauss(ceil(self.players / 2))
        factors = 1 - np.outer((at + 1) / 2, missed)
        others = factors.prod(axis=1, keepdims=True) / factors
        phi: FloatVector = missed * (share / 2 @ others)
        return phi
