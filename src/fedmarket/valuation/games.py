"""A game: players, and the utility of every coalition of them, asked for in batches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import UsageError

FloatVector = NDArray[np.float64]
FloatArray = NDArray[np.float64]
Coalitions = NDArray[np.bool_]


class Game(Protocol):
    """`players` of them, and the utility of any coalition."""

    @property
    def players(self) -> int:
        """How many players there are, at least one."""
        ...

    def values(self, coalitions: Coalitions) -> FloatVector:
        """Return the utilities (m,) of coalitions (m, players): True where a player is in."""
        ...


def evaluate(game: Game, coalitions: Coalitions) -> FloatVector:
    """Ask `game` for the utilities (m,) of coalitions (m, players), in float64.

    Raises UsageError where the game answers with another shape or with NaN or infinity.
    """
    if len(coalitions) == 0:
        return np.zeros(0)
    values = np.asarray(game.values(coalitions), dtype=np.float64)
    if values.shape != (len(coalitions),):
        raise UsageError("valuation.values_shape", found=values.shape, expected=(len(coalitions),))
    if not np.isfinite(values).all():
        raise UsageError("valuation.utility_not_finite")
    return values


def ends(game: Game) -> tuple[float, float]:
    """Return the utilities of the empty and the full coalition; UsageError where there are no players."""
    if game.players < 1:
        raise UsageError("valuation.no_players")
    empty, full = evaluate(game, np.repeat([[False], [True]], game.players, axis=1))
    return float(empty), float(full)


def all_coalitions(players: int) -> Coalitions:
    """Return every coalition, shape (2^players, players): player i is in row r where bit i of r is set."""
    rows = np.arange(2**players)[:, None]
    inside: Coalitions = (rows >> np.arange(players)) & 1 == 1
    return inside


@dataclass(frozen=True)
class Tabulated:
    """A game written down whole: `table[r]` is the utility of row r of `all_coalitions(players)`."""

    table: Sequence[float]

    def __post_init__(self) -> None:
        if self.players < 1 or 2**self.players != len(self.table):
            raise UsageError("valuation.table", found=len(self.table))

    @property
    def players(self) -> int:
        """The binary logarithm of the table's length."""
        return max(len(self.table).bit_length() - 1, 0)

    def values(self, coalitions: Coalitions) -> FloatVector:
        """Look up the coalitions (m, players); returns (m,)."""
        rows = coalitions @ (1 << np.arange(self.players))
        return np.asarray(self.table, dtype=np.float64)[rows]


class Memo:
    """The same game with every coalition evaluated once; `evaluations` counts the different ones."""

    def __init__(self, game: Game) -> None:
        """Wrap `game`; about 100 bytes are kept for each different coalition."""
        self._game = game
        self._known: dict[bytes, float] = {}

    @property
    def players(self) -> int:
        """As the wrapped game's."""
        return self._game.players

    @property
    def evaluations(self) -> int:
        """How many different coalitions the wrapped game was asked for."""
        return len(self._known)

    def values(self, coalitions: Coalitions) -> FloatVector:
        """Return the utilities (m,) of coalitions (m, players), asking in one batch for unknown ones."""
        keys = [row.tobytes() for row in np.packbits(coalitions, axis=1)]
        new = {key: place for place, key in enumerate(keys) if key not in self._known}
        found = evaluate(self._game, coalitions[list(new.values())])
        self._known.update(zip(new, found.tolist(), strict=True))
        return np.array([self._known[key] for key in keys])
