"""The same actors against reference and contract at once: both must answer alike, whatever is done to them."""

from collections import Counter

from hypothesis.stateful import run_state_machine_as_test
from tests.contracts.stateful.contract_market import ContractMarket
from tests.contracts.stateful.corners import OFTEN, RUNS, STEPS
from tests.contracts.stateful.effort import Effort
from tests.contracts.stateful.machine import machine_on
from tests.contracts.stateful.milestones import missing
from tests.contracts.stateful.player import play_run
from tests.contracts.stateful.session import Session


def test_reference_and_contract_answer_alike_in_every_corner(chain: ContractMarket) -> None:
    reached: Counter[str] = Counter()
    for run in RUNS:
        with chain.anchor():
            session = Session(chain)
            play_run(session, run, STEPS)
            reached += session.reached
    assert not missing(reached, OFTEN), "find other runs: python -m tests.contracts.stateful.corners"


def test_reference_and_contract_answer_alike_whatever_random_actors_do(chain: ContractMarket, effort: Effort) -> None:
    run_state_machine_as_test(machine_on(chain), settings=effort.contract)
