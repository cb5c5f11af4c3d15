"""The record of a running market: each event read once, documents by their hash, notes bound to where they count."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from fedmarket.chain.port import Head
from fedmarket.domain.accounts import sign
from fedmarket.domain.canonical import digest, id_hash
from fedmarket.domain.errors import ChainError, StoreError, UsageError
from fedmarket.domain.reference.state import Event
from fedmarket.record.fold import FoldError
from fedmarket.record.live import MANIFEST_LIMIT, PROVIDER_LIMIT, Documents, Record
from fedmarket.record.notes import note_digest, noted_by_most
from fedmarket.record.sealed import open_sealed, put_sealed
from fedmarket.record.slots import CANDIDATES, entries, flooded, note_slot
from fedmarket.store.age import AgeError, AgeIdentity
from fedmarket.store.memory import MemoryStore
from tests.agents.rogue_aggregators import LeavesOutOnce
from tests.agents.rogue_evaluators import TOLERANCE_PPB, bent, scores_moved
from tests.agents.story import Story, play


@pytest.fixture(scope="module")
def settled() -> Story:
    return play()


@pytest.fixture(scope="module")
def story() -> Story:
    """A task in which provider 0 announced in round 2."""
    return play({"aggregator": LeavesOutOnce}, options={"rounds": 3, "patience_rounds": 3})


@dataclass
class Growing:
    """A chain that may have grown by the time its events are asked for."""

    inner: Any
    head_block: int
    asked: list[int] = field(default_factory=list)
    reorganisations: int = 0
    branch: str = ""
    down: bool = False
    without: str = ""

    @property
    def chain_id(self) -> int:
        return int(self.inner.chain_id)

    @property
    def market(self) -> str:
        return str(self.inner.market)

    @property
    def sink(self) -> str:
        return str(self.inner.sink)

    def head(self) -> Head:
        return Head(self.head_block, self.inner.head().timestamp, self.branch)

    def events(self, after_block: int) -> list[Event]:
        self.asked.append(after_block)
        if self.down:
            raise ChainError("chain.unreachable", url="paper", detail="away")
        return [event for event in self.inner.events(after_block) if event.name != self.without]


def test_a_chain_that_grows_while_it_is_read_is_read_once(settled: Story) -> None:
    chain = Growing(settled.world.chain, 0)
    record = Record(chain, settled.world.store)  # type: ignore[arg-type]
    for block in range(1, settled.world.chain.head().block + 1, 3):
        chain.head_block = block
        record.refresh()
        assert all(event.block <= block for event in record.fold.events)
    chain.head_block = settled.world.chain.head().block
    record.refresh()
    assert record.fold.events == settled.record.fold.events


def test_nothing_is_read_again_where_there_is_no_new_block(settled: Story) -> None:
    chain = Growing(settled.world.chain, settled.world.chain.head().block)
    record = Record(chain, settled.world.store)  # type: ignore[arg-type]
    for _ in range(3):
        record.refresh()
    assert chain.asked == [0]


def test_a_chain_that_takes_blocks_back_is_read_anew(settled: Story) -> None:
    """The other branch is the same task a block earlier; nothing of the first may be left in the views."""
    other = play({"evaluator 1": bent(scores_moved(-TOLERANCE_PPB))})
    chain = Growing(settled.world.chain, settled.world.chain.head().block)
    record = Record(chain, settled.world.store)  # type: ignore[arg-type]
    record.refresh()
    before = record.task(1)
    chain.inner, chain.branch, chain.reorganisations = other.world.chain, "other", 1
    chain.head_block = other.world.chain.head().block
    record.refresh()
    assert chain.asked == [0, 0]
    assert record.fold.events == other.record.fold.events
    assert record.task(1) is not before
    assert record.task(1).tables == other.view.tables != before.tables


def test_a_node_that_fails_while_a_branch_is_read_anew_leaves_nothing_half_done(settled: Story) -> None:
    other = play({"evaluator 1": bent(scores_moved(-TOLERANCE_PPB))})
    chain = Growing(settled.world.chain, settled.world.chain.head().block)
    record = Record(chain, settled.world.store)  # type: ignore[arg-type]
    record.refresh()
    chain.inner, chain.branch, chain.reorganisations = other.world.chain, "other", 1
    chain.head_block, chain.down = other.world.chain.head().block, True
    for _ in range(2):
        with pytest.raises(ChainError):
            record.refresh()
        assert record.fold.events == settled.record.fold.events
    chain.down = False
    record.refresh()
    assert record.fold.events == other.record.fold.events


def test_a_record_that_contradicts_itself_does_so_again_and_is_mended_by_another_branch(settled: Story) -> None:
    chain = Growing(settled.world.chain, settled.world.chain.head().block)
    chain.without = "ScoresCommitted"
    record = Record(chain, settled.world.store)  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(FoldError):
            record.refresh()
    chain.without, chain.branch, chain.reorganisations = "", "sound", 1
    record.refresh()
    assert record.fold.events == settled.record.fold.events


def test_a_malformed_manifest_is_read_once(settled: Story) -> None:
    store = settled.world.store
    rubbish = b'{"a":[' + b"1," * 2000 + b"1]}"
    blob = store.put(rubbish)
    view = settled.record.task(1)
    line = view.rounds[0]
    view.rounds[0] = replace(line, manifest=digest(rubbish))
    try:
        for _ in range(2):
            assert settled.record.readable_manifest(1, 1) is None
            assert not settled.record.manifest_missing(1, 1)
        assert settled.record.documents.refused.keys() == {id_hash(blob)}
    finally:
        view.rounds[0] = line


def test_a_manifest_larger_than_its_providers_need_is_not_read(settled: Story) -> None:
    view = settled.record.task(1)
    line, huge = view.rounds[0], bytes(MANIFEST_LIMIT + 4 * PROVIDER_LIMIT)
    settled.world.store.put(huge)
    view.rounds[0] = replace(line, manifest=digest(huge))
    try:
        with pytest.raises(StoreError, match="bytes"):
            settled.record.manifest(1, 1)
    finally:
        view.rounds[0] = line


def test_a_branch_of_the_same_height_is_noticed_by_its_hash(settled: Story) -> None:
    chain = Growing(settled.world.chain, settled.world.chain.head().block)
    record = Record(chain, settled.world.store)  # type: ignore[arg-type]
    record.refresh()
    chain.branch, chain.reorganisations = "other", 1
    record.refresh()
    assert chain.asked[-1] == 0


def test_time_is_the_later_of_the_blocks_and_the_clocks_less_the_skew(settled: Story) -> None:
    latest = settled.world.chain.head().timestamp
    for clock, now in ((0, latest), (latest + 30, latest), (latest + 100, latest + 70)):
        record = Record(settled.world.chain, settled.world.store, lambda clock=clock: clock, 30)  # type: ignore[misc]
        record.refresh()
        assert record.now() == now


def test_an_unknown_task_is_refused_by_naming_those_known(settled: Story) -> None:
    with pytest.raises(UsageError, match="There is no task 2 here; known: 1"):
        settled.record.task(2)
    with pytest.raises(UsageError, match="known: none"):
        Record(settled.world.chain, settled.world.store).task(1)


def test_a_missing_document_is_refused_and_a_known_one_is_not_asked_for_again(settled: Story) -> None:
    record = Record(settled.world.chain, MemoryStore())
    record.refresh()
    for read in (lambda: record.terms(1), lambda: record.manifest(1, 1)):
        with pytest.raises(StoreError):
            read()
    assert record.readable_manifest(1, 1) is None
    known = Documents()
    full = Record(settled.world.chain, settled.world.store, documents=known)
    full.refresh()
    assert full.terms(1) == settled.world.terms
    sharing = Record(settled.world.chain, MemoryStore(), documents=known)
    sharing.refresh()
    assert sharing.terms(1) == settled.world.terms


class TestSealedBlobs:
    KEYS = tuple(AgeIdentity.from_secret(bytes([n]) * 32) for n in (1, 2))

    def test_readers_open_them_and_others_do_not(self) -> None:
        store, (reader, other) = MemoryStore(), self.KEYS
        blob = put_sealed(store, b"data", [reader.public])
        assert open_sealed(store, blob, reader, digest(b"data"), 4) == b"data"
        with pytest.raises(AgeError, match="not encrypted to our key"):
            open_sealed(store, blob, other, digest(b"data"), 4)

    def test_another_content_than_the_record_names_is_refused(self) -> None:
        store, (reader, _) = MemoryStore(), self.KEYS
        blob = put_sealed(store, b"data", [reader.public])
        with pytest.raises(StoreError, match="opens to something else"):
            open_sealed(store, blob, reader, digest(b"other"), 4)

    def test_more_than_it_could_be_is_refused_before_it_is_opened(self) -> None:
        store, (reader, _) = MemoryStore(), self.KEYS
        blob = put_sealed(store, b"data", [reader.public])
        with pytest.raises(AgeError):
            open_sealed(store, blob, reader, digest(b"data"), 3)
        huge = put_sealed(store, bytes(2 << 20), [reader.public])
        with pytest.raises(StoreError):
            open_sealed(store, huge, reader, digest(b"data"), 4)


class TestNotes:
    def test_every_field_is_part_of_what_is_signed(self, story: Story) -> None:
        line, record = story.view.announcements[0], story.record
        others = [
            replace(line, round=line.round + 1),
            replace(line, attempt=line.attempt + 1),
            replace(line, provider=story.world.account("provider 1")),
            replace(line, update=bytes(32)),
            replace(line, blob=bytes(32)),
        ]
        digests = {note_digest(record, 1, line), note_digest(record, 2, line)}
        digests |= {note_digest(record, 1, other) for other in others}
        assert len(digests) == 2 + len(others)

    def test_more_than_half_of_the_seats_must_have_signed(self, story: Story) -> None:
        line = replace(story.view.announcements[0], blob=bytes(32))
        noted = noted_by_most(story.record, 1)
        for number, enough in ((0, False), (1, True), (2, True)):
            self.note(story, f"evaluator {number}", f"evaluator {number}", line)
            assert noted(line) is enough

    def test_a_note_in_anothers_name_does_not_count(self, story: Story) -> None:
        line = replace(story.view.announcements[0], update=bytes(32))
        for number in range(3):
            self.note(story, f"evaluator {number}", "aggregator", line)
            slot = note_slot(story.record, 1, line.round, story.world.account(f"evaluator {number}"), line.provider)
            story.world.store.put_entry(slot, b"rubbish")
        assert not noted_by_most(story.record, 1)(line)

    def test_a_flooded_slot_shows_nothing_and_stops_nobody(self, story: Story) -> None:
        line = replace(story.view.announcements[0], provider=story.world.account("provider 2"))
        slot = note_slot(story.record, 1, line.round, story.world.account("evaluator 0"), line.provider)
        for number in range(CANDIDATES + 1):
            story.world.store.put_entry(slot, number.to_bytes(3, "big"))
        assert flooded(story.record, slot)
        assert entries(story.record, slot) == []
        assert not noted_by_most(story.record, 1)(line)

    def note(self, story: Story, seat: str, signer: str, line: Any) -> None:
        slot = note_slot(story.record, 1, line.round, story.world.account(seat), line.provider)
        story.world.store.put_entry(slot, sign(note_digest(story.record, 1, line), story.world.secret(signer)))
