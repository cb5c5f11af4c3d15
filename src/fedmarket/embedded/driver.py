"""Steps all agents of a process in turn; when nobody has anything to do, time moves to the next deadline."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from fedmarket.agents.actor import Action, Agent
from fedmarket.record.live import Record


class Clockwork(Protocol):
    """A chain whose time can be moved forward."""

    def advance_to(self, timestamp: int) -> None:
        """Mine a block at `timestamp` (seconds)."""


def drive(
    clockwork: Clockwork,
    record: Record,
    agents: Sequence[Agent],
    done: Callable[[], bool],
    watch: Callable[[Action], None] = lambda action: None,
) -> None:
    """Step until `done()` and everybody is idle, or until no deadline is left that could change anything."""
    while True:
        acted = [action for agent in agents for action in _watched(agent.step(), watch)]
        if acted:
            continue
        record.refresh()
        if done():
            return
        later = [time for time in _deadlines(record) if time >= record.now()]
        if not later:
            return
        clockwork.advance_to(min(later) + 1)


def _watched(actions: Iterable[Action], watch: Callable[[Action], None]) -> list[Action]:
    out = []
    for action in actions:
        watch(action)
        out.append(action)
    return out


def _deadlines(record: Record) -> list[int]:
    return [time for view in record.tasks.values() for time in view.deadlines()]
