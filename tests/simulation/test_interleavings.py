"""Any interleaving, with crashes before or after any side effect, ends in the same settlement to the unit."""

from random import Random

import pytest

from fedmarket.chain.simulated import SimulatedChain
from tests.simulation.ending import Ending, ending, undisturbed
from tests.simulation.world import Chaos, World

SEEDS, BATCH = 200, 20


@pytest.fixture(scope="module")
def expected() -> Ending:
    return undisturbed()


@pytest.mark.parametrize("batch", range(0, SEEDS, BATCH))
def test_every_interleaving_with_crashes_pays_the_same_to_the_unit(expected: Ending, batch: int) -> None:
    crashes = 0
    for seed in range(batch, batch + BATCH):
        chain = SimulatedChain(genesis_time=1000)
        world = World(chain, chaos=Chaos(Random(seed), 0.05))
        assert ending(world.settle(Random(~seed))) == expected, f"seed {seed}"
        assert chain.ledger.total_held() == 0, f"seed {seed}: units are stuck"
        crashes += world.chaos.crashes
    assert crashes > 3 * BATCH, "the simulation crashes too rarely to show anything"
