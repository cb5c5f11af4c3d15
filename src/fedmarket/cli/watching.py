"""How a command watches what it runs: a call for every round, and one for every stage with its facts."""

from collections.abc import Callable

from fedmarket.embedded.report import RoundLine

OnRound = Callable[[RoundLine], None]
OnStage = Callable[[str, dict[str, object]], None]
