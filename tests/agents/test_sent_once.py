"""A provider knows what it put into its slot itself, and sends again what is no longer there."""

from fedmarket.agents.provider import ProviderAgent
from fedmarket.domain.lifecycle import Status
from fedmarket.record.live import Record
from fedmarket.record.slots import entries, update_slot
from fedmarket.store.memory import MemoryStore
from tests.agents.story import world
from tests.simulation.world import World


class Watched(MemoryStore):
    """Counts reads, and can lose a slot."""

    reads = 0

    def get(self, blob_id: str, max_bytes: int | None = None) -> bytes:
        self.reads += 1
        return super().get(blob_id, max_bytes)

    def lose(self, prefix: str) -> None:
        del self._slots[tuple(prefix.split("/"))]


def training(store: Watched) -> tuple[ProviderAgent, Record]:
    """Return a provider's agent that lives on, once its task is in round 1 and before anybody has sent anything."""
    stage = world(store=store)
    while not _in_training(stage):
        for role in stage.roles:
            if not _in_training(stage):
                stage.step(role)
    record = stage.record()
    return stage.provider(stage.actor("provider 0", record), 0), record


def _in_training(stage: World) -> bool:
    record = stage.record()
    record.refresh()
    return 1 in record.tasks and record.task(1).status is Status.TRAINING


def test_what_it_sent_is_not_opened_again_at_every_step() -> None:
    store = Watched()
    agent, record = training(store)
    assert [action.verb for action in agent.step()] == ["send_update"]
    before = store.reads
    assert agent.step() == [] and agent.step() == []
    assert store.reads == before
    assert len(entries(record, update_slot(record, 1, 1, 0, agent.actor.account))) == 1


def test_what_its_slot_has_lost_is_sent_again() -> None:
    store = Watched()
    agent, record = training(store)
    agent.step()
    slot = update_slot(record, 1, 1, 0, agent.actor.account)
    store.lose(slot)
    assert [action.verb for action in agent.step()] == ["send_update"]
    assert len(entries(record, slot)) == 1


def test_a_new_process_finds_what_the_old_one_sent() -> None:
    store = Watched()
    agent, _ = training(store)
    agent.step()
    again = ProviderAgent(agent.actor, 1, agent._trainer)
    assert again.step() == []
