"""Random actors against the reference alone: cheap, so many of them."""

from collections import Counter

from hypothesis.stateful import run_state_machine_as_test
from tests.contracts.stateful.effort import Effort
from tests.contracts.stateful.machine import MarketMachine
from tests.contracts.stateful.milestones import missing, unknown
from tests.contracts.stateful.player import play_run
from tests.contracts.stateful.session import Session

LEAST = 3


def test_random_runs_reach_every_state_every_refusal_and_every_second_in_which_an_answer_changes(
    effort: Effort,
) -> None:
    reached: Counter[str] = Counter()
    for run in range(effort.runs):
        session = Session()
        play_run(session, run, 40)
        reached += session.reached
    assert not missing(reached, LEAST)
    assert not unknown(reached)


def test_no_random_run_breaks_an_invariant_of_the_reference(effort: Effort) -> None:
    run_state_machine_as_test(MarketMachine, settings=effort.reference)
