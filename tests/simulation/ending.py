"""What a task comes to, to compare runs by."""

from dataclasses import dataclass
from random import Random

from fedmarket.chain.simulated import SimulatedChain
from fedmarket.domain.lifecycle import Status
from fedmarket.record.live import Record
from tests.simulation.world import World


@dataclass(frozen=True)
class Ending:
    """Its state, its last model, and every payment to a party."""

    status: Status
    model: bytes
    payments: tuple[tuple[str, int, int], ...]


def ending(record: Record) -> Ending:
    view = record.task(1)
    paid = sorted((line.account, line.owed, line.bond) for line in (*view.payments, *view.refunds))
    return Ending(view.status, view.latest_model, tuple(paid))


def undisturbed() -> Ending:
    """Return the ending of a run in which nothing goes wrong, each agent built anew for each step all the same."""
    found = ending(World(SimulatedChain(genesis_time=1000)).settle(Random(0)))
    assert found.status is Status.SETTLED
    assert len(found.payments) == 3 + 3 + 2 + 1
    return found
