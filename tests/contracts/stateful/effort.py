"""How much a test plays."""

from dataclasses import dataclass

from hypothesis import settings


@dataclass(frozen=True)
class Effort:
    """Numbers of runs without Hypothesis, and its settings for the reference alone and with the contract."""

    runs: int
    reference: settings
    contract: settings
