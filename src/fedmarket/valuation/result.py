"""What every valuation of a game returns."""

from dataclasses import dataclass

import numpy as np

from fedmarket.valuation.games import FloatVector


@dataclass(frozen=True, eq=False)
class Valuation:
    """Each player's worth in a game, in units of its utility."""

    phi: FloatVector
    """Signed worths, shape (players,)."""
    stderr: FloatVector | None
    """Standard errors of phi from sampling, shape (players,); None where nothing was sampled."""
    evaluations: int
    """How many coalitions the game was asked for."""
    empty: float
    """Utility of the empty coalition."""
    full: float
    """Utility of the full coalition."""

    @property
    def gain(self) -> float:
        """What there is to share: full - empty."""
        return self.full - self.empty

    @property
    def efficiency_gap(self) -> float:
        """What the worths add up to beyond the gain; zero for a Shapley value, up to rounding."""
        return float(self.phi.sum()) - self.gain

    @property
    def relative_stderr(self) -> float:
        """L2 norm of the standard errors over that of phi; zero where nothing was sampled."""
        if self.stderr is None or not self.stderr.any():
            return 0.0
        size = float(np.linalg.norm(self.phi))
        return float(np.linalg.norm(self.stderr)) / size if size else float("inf")
