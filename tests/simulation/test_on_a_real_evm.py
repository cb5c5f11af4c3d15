"""The compiled contract, under agents that crash and forget, pays what the Python reference pays."""

from random import Random

import pytest

from fedmarket.chain.tester import TesterChain
from tests.simulation.ending import Ending, ending, undisturbed
from tests.simulation.world import Chaos, World

SEEDS = 10


@pytest.fixture(scope="module")
def expected() -> Ending:
    return undisturbed()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_real_contract_pays_what_the_reference_pays(expected: Ending, seed: int) -> None:
    chain = TesterChain.start(genesis_time=1_800_000_000)
    world = World(chain, chaos=Chaos(Random(seed), 0.05))
    found = ending(world.settle(Random(~seed)))
    assert found.status is expected.status
    assert [line[1:] for line in found.payments] == [line[1:] for line in expected.payments]
