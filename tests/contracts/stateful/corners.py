"""Runs that lead into every corner: few enough to be played on the slow EVM, found by running this file."""

from collections import Counter

from tests.contracts.stateful.milestones import missing, wanted
from tests.contracts.stateful.player import play_run
from tests.contracts.stateful.session import Session

STEPS = 15
OFTEN = 3
"""How many times the chosen runs together reach every milestone; every refusal is met at least once."""

RUNS = (
    754, 428, 1266, 1274, 276, 473, 86, 336, 475, 271, 586, 1391, 169, 1068, 1219, 113,
    798, 1268, 1083, 369, 801, 227, 1377, 772, 29, 1056, 1081, 117, 1428, 1021, 1446, 1475,
    584, 360, 454,
)  # fmt: skip


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
