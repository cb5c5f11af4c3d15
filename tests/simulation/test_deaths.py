"""Whoever dies and whenever: a documented outcome, no stuck unit, and nobody pays for another's silence."""

from collections.abc import Callable
from random import Random

import pytest

from fedmarket.chain.simulated import SimulatedChain
from fedmarket.domain.lifecycle import FINAL, Status
from tests.simulation.world import Chaos, World

SEEDS, BATCH = 60, 20
LAST_TICK = 150
"""About as many steps as an undisturbed task takes."""


def deaths(world: World, random: Random) -> Callable[[World], None]:
    """Return a watcher that lets one to four roles die, each after as many steps of anybody's as the seed says."""
    mortal = [role for role in world.roles if role not in ("stranger", "requester")]
    doomed = {role: random.randrange(LAST_TICK) for role in random.sample(mortal, random.randint(1, 4))}
    ticks = iter(range(1, 10**9))

    def watch(world: World) -> None:
        now = next(ticks)
        world.dead |= {role for role, tick in doomed.items() if tick <= now}

    return watch


@pytest.mark.parametrize("batch", range(0, SEEDS, BATCH))
def test_whoever_dies_and_whenever_no_unit_is_stuck(batch: int) -> None:
    seen: set[Status] = set()
    for seed in range(batch, batch + BATCH):
        order, chain = Random(seed), SimulatedChain(genesis_time=1000)
        world = World(chain, chaos=Chaos(Random(seed), 0.02))
        status = world.settle(order, deaths(world, order)).task(1).status
        assert status in FINAL, f"seed {seed}: {status.name} has no way out"
        seen.add(status)
        nobody_lost_by_anothers_silence(world, f"seed {seed}, {status.name}")
        if chain.ledger.forfeits:
            chain.call(world.secret("stranger"), "flush_forfeits")
        assert chain.ledger.total_held() == 0, f"seed {seed}: units are stuck"
    assert len(seen) > 1, "deaths change nothing: they come too late"


def nobody_lost_by_anothers_silence(world: World, seed: str) -> None:
    """A living party but the requester never ends with less than it began with."""
    for role in world.roles:
        if role not in world.dead and role != "requester":
            assert world.chain.balance(world.account(role)) >= world.purse, f"{seed}: {role} lost"
