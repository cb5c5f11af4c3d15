"""Runs that lead into every corner: few enough to be played on the slow EVM, found by running this file."""

from collections import Counter

from tests.contracts.stateful.milestones import missing, wanted
from tests.contracts.stateful.player import play_run
from tests.contracts.stateful.session import Session

STEPS = 15
OFTEN = 2
"""How many times the chosen runs together reach every milestone; every refusal is met at least once."""

RUNS = (
    1096,
    261,
    698,
    610,
    489,
    1334,
    182,
    146,
    833,
    1069,
    1278,
    5,
    1368,
    935,
    1323,
    324,
    243,
    1499,
    1111,
    72,
    1088,
    1498,
    9,
    1430,
    1148,
)


def find(candidates: int) -> list[int]:
    """Choose runs greedily out of 0..candidates - 1: next, whichever adds most per call."""
    found = {run: _played(run) for run in range(candidates)}
    chosen: list[int] = []
    reached: Counter[str] = Counter()
    while missing(reached, OFTEN):
        gains = {run: _gain(session, reached) for run, session in found.items()}
        best = max(gains, key=lambda run: gains[run])
        if not gains[best]:
            raise SystemExit(f"no run adds any of {missing(reached, OFTEN)}: try more candidates")
        chosen.append(best)
        reached += found.pop(best).reached
    return chosen


def _played(run: int) -> Session:
    session = Session()
    play_run(session, run, STEPS)
    return session


def _gain(session: Session, reached: Counter[str]) -> float:
    added = sum(
        min(session.reached[name], most - reached[name]) for name, most in wanted(OFTEN).items() if reached[name] < most
    )
    return added / (100 + session.ledger.block)


if __name__ == "__main__":
    print(find(1500))  # noqa: T201
