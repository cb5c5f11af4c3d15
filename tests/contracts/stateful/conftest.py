"""How much the random actors play: quickly by default, for long where FEDMARKET_STATEFUL=deep."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from tests.contracts.stateful.contract_market import ContractMarket
from tests.contracts.stateful.effort import Effort

PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
"""A loaded machine is no finding."""

QUICK = Effort(
    runs=500,
    reference=settings(PATIENT, max_examples=80, stateful_step_count=40, derandomize=True),
    contract=settings(PATIENT, max_examples=10, stateful_step_count=20, derandomize=True),
)
DEEP = Effort(
    runs=5_000,
    reference=settings(PATIENT, max_examples=3_000, stateful_step_count=60, print_blob=True),
    contract=settings(PATIENT, max_examples=300, stateful_step_count=40, print_blob=True),
)


@pytest.fixture(scope="session")
def effort() -> Effort:
    """Return how much to play."""
    return DEEP if os.environ.get("FEDMARKET_STATEFUL") == "deep" else QUICK


@pytest.fixture(scope="session")
def deployed() -> ContractMarket:
    """Return the one deployment of the session."""
    return ContractMarket()


@pytest.fixture
def chain(deployed: ContractMarket) -> Iterator[ContractMarket]:
    """Return the deployment; what a test does to it is undone."""
    with deployed.anchor():
        yield deployed
