"""Any interleaving, with crashes at any side effect, ends in the same settlement or in a documented outcome."""

from dataclasses import dataclass
from random import Random

import pytest

from fedmarket.chain.simulated import SimulatedChain
from fedmarket.chain.tester import TesterChain
from fedmarket.domain.lifecycle import FINAL, Status
from fedmarket.record.live import Record
from tests.simulation.world import Chaos, World

SEEDS = 200
BATCH = 20


@dataclass(frozen=True)
class Ending:
    """What a task comes to: its state, its last model, and every payment to a party."""

    status: Status
    model: bytes
    payments: tuple[tuple[str, int, int], ...]


def ending(record: Record) -> Ending:
    view = record.task(1)
    paid = sorted((line.account, line.owed, line.bond) for line in (*view.payments, *view.refunds))
    return Ending(view.status, view.latest_model, tuple(paid))


@pytest.fixture(scope="module")
def expected() -> Ending:
    """The ending of a run in which nothing goes wrong, each agent built anew for each step all the same."""
    found = ending(World(SimulatedChain(genesis_time=1000)).settle(Random(0)))
    assert found.status is Status.SETTLED
    assert len(found.payments) == 3 + 3 + 2 + 1
    return found


@pytest.mark.parametrize("batch", range(0, SEEDS, BATCH))
def test_every_interleaving_with_crashes_pays_the_same_to_the_unit(expected: Ending, batch: int) -> None:
    crashes = 0
    for seed in range(batch, batch + BATCH):
        chain = SimulatedChain(genesis_time=1000)
        world = World(chain, chaos=Chaos(Random(seed), 0.05))
        assert ending(world.settle(Random(~seed))) == expected, f"seed {seed}"
        assert chain.ledger.total_held() == 0, f"seed {seed}: units are stuck"
        crashes += world.chaos.crashes
    assert crashes > BATCH, "the simulation crashes too rarely to show anything"


@pytest.mark.parametrize("seed", range(10))
def test_the_real_contract_pays_what_the_reference_pays(expected: Ending, seed: int) -> None:
    chain = TesterChain.start(genesis_time=1_800_000_000)
    world = World(chain, chaos=Chaos(Random(seed), 0.05))
    found = ending(world.settle(Random(~seed)))
    assert found.status is expected.status
    assert [line[1:] for line in found.payments] == [line[1:] for line in expected.payments]


@pytest.mark.parametrize("batch", range(0, 100, BATCH))
def test_whoever_dies_and_whenever_no_unit_is_stuck(batch: int) -> None:
    seen: set[Status] = set()
    for seed in range(batch, batch + BATCH):
        order, chain = Random(seed), SimulatedChain(genesis_time=1000)
        world = World(chain, chaos=Chaos(Random(seed), 0.02))
        mortal = [role for role in world.roles if role not in ("stranger", "requester")]
        doomed = {role: order.randrange(150) for role in order.sample(mortal, order.randint(1, 4))}
        ticks = [0]

        def die(world: World, ticks: list[int] = ticks, doomed: dict[str, int] = doomed) -> None:
            ticks[0] += 1
            world.dead |= {role for role, tick in doomed.items() if tick <= ticks[0]}

        view = world.settle(order, die).task(1)
        assert view.status in FINAL, f"seed {seed}: {view.status.name} has no way out"
        seen.add(view.status)
        check_nobody_lost_by_anothers_silence(world, view.status, f"seed {seed}")
        if chain.ledger.forfeits:
            chain.call(world.secret("stranger"), "flush_forfeits")
        assert chain.ledger.total_held() == 0, f"seed {seed}: units are stuck"
    assert len(seen) > 1, "deaths change nothing: they come too late"


def check_nobody_lost_by_anothers_silence(world: World, status: Status, seed: str) -> None:
    """A living provider never ends with less than it began with."""
    for role in world.roles:
        if role.startswith("provider") and role not in world.dead:
            assert world.chain.balance(world.account(role)) >= 100 * 10**18, f"{seed}: {role} lost in {status.name}"
