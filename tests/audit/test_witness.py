"""An export beside its chain: whatever its author changed consistently, the chain tells."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest

from fedmarket.audit.public import AuditFault
from fedmarket.audit.run import BLOCKED, FAIL, PASS, Check
from fedmarket.audit.witness import audit_with_witness, compare_events
from fedmarket.chain.port import SINK
from fedmarket.chain.tester import TesterChain
from fedmarket.chain.witness import ChainWitness
from fedmarket.domain.errors import LANGUAGES, ChainError, UsageError
from fedmarket.domain.reference.state import Event
from fedmarket.record.blocks import BlockHash, Blocks, read_blocks, write_blocks
from fedmarket.record.export import STORE, Export, read_export, write_export
from fedmarket.store.folder import FolderStore
from tests.audit.spoiling import Exhibit
from tests.simulation.world import World


@dataclass
class Case:
    """A task that was played on a chain, and its export."""

    chain: TesterChain
    folder: Path

    def witness(self, first_block: int = 0) -> ChainWitness:
        return ChainWitness(self.chain.web3, self.chain.chain_id, self.chain.market, first_block)

    def audit(self, witness: object | None = None) -> dict[str, Check]:
        checks = audit_with_witness(self.folder, 1, None, witness or self.witness())  # type: ignore[arg-type]
        assert [check.name for check in checks[:2]] == ["events", "chain"]
        return {check.name: check for check in checks}

    def write_hashes(self, change: Callable[[BlockHash], BlockHash] = lambda block: block) -> None:
        numbers = sorted({event.block for event in read_export(self.folder).events})
        witness = self.witness()
        blocks = tuple(change(BlockHash(number, witness.block_hash(number) or b"")) for number in numbers)
        write_blocks(self.folder, Blocks(self.chain.chain_id, self.chain.market, blocks))


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Case:
    folder = tmp_path_factory.mktemp("record")
    chain = TesterChain.start()
    world = World(chain, store=FolderStore(folder / STORE, durable=False))
    events = tuple(world.settle(Random(0)).fold.events)
    write_export(folder, Export(chain.chain_id, chain.market, SINK, events))
    return Case(chain, folder)


@pytest.fixture
def case(played: Case) -> Iterator[Case]:
    """The case with its export as it was written, whatever a test does to it."""
    events = played.folder / "events.json"
    before = events.read_bytes()
    played.write_hashes()
    yield played
    events.write_bytes(before)


def fails(case: Case, error_id: str, *, witness: object | None = None) -> str:
    """Require that the chain contradicts the export and that nothing after it is believed."""
    checks = case.audit(witness)
    found = checks["chain"]
    assert checks["events"].status == PASS, checks["events"].detail
    assert found.status == FAIL and found.fault is not None and found.fault.error_id == error_id, found.detail
    assert {check.status for name, check in checks.items() if name not in ("events", "chain")} == {BLOCKED}
    assert {check.waits_for for check in checks.values() if check.status == BLOCKED} == {"chain"}
    assert all("\n" not in found.said.sentence(lang) for lang in LANGUAGES)
    return found.detail


def spoil(case: Case, change: Callable[[Event], Event | None]) -> None:
    Exhibit(case.folder).rewrite(change)


def other_listing(event: Event) -> Event:
    """The fold does not know a listing's hash: only the chain does."""
    return replace(event, fields={**event.fields, "listing": b"\x01" * 32}) if event.name == "Joined" else event


def test_an_export_is_what_its_chain_logged(case: Case) -> None:
    found = case.audit()
    events = read_export(case.folder).events
    assert found["chain"].status == PASS
    assert found["chain"].detail.startswith(f"{len(events)} events are what the chain at")
    blocks = len({event.block for event in events})
    assert f"{blocks} block hashes are the chain's; 0 later events" in found["chain"].detail
    assert FAIL not in {check.status for check in found.values()}


def test_a_field_that_no_rule_knows_is_compared(case: Case) -> None:
    spoil(case, other_listing)
    assert "Joined" in fails(case, "audit.chain_differs")


def test_another_time_is_another_history(case: Case) -> None:
    spoil(case, lambda event: replace(event, timestamp=event.timestamp + 1))
    fails(case, "audit.chain_differs")


def test_an_event_in_another_block_than_the_chains_is_told(case: Case) -> None:
    last = read_export(case.folder).events[-1]
    later = replace(last, block=last.block + 1, timestamp=last.timestamp + 1)
    spoil(case, lambda event: later if event == last else event)
    fails(case, "audit.chain_differs")


def test_an_event_that_is_left_out_is_missed_wherever_it_was(case: Case) -> None:
    export, logged = read_export(case.folder), case.witness().events
    for place in range(len(export.events)):
        events = export.events[:place] + export.events[place + 1 :]
        if export.events[-1].block > events[-1].block:
            continue
        with pytest.raises(AuditFault):
            compare_events(replace(export, events=events), logged)
    twice = (*logged[:-1], logged[-1], logged[-1])
    with pytest.raises(AuditFault, match="the export leaves it out"):
        compare_events(export, twice)


def test_an_export_may_end_earlier_and_the_rest_is_counted(case: Case) -> None:
    last = read_export(case.folder).events[-1].block
    spoil(case, lambda event: event if event.block < last else None)
    found = case.audit()["chain"]
    assert found.status == PASS and "1 later events of the task are not in the export" in found.detail


def test_a_block_of_another_history_is_told_by_its_hash(case: Case) -> None:
    case.write_hashes(lambda block: replace(block, hash=bytes(32)) if block.number % 7 == 0 else block)
    fails(case, "audit.chain_other_block")


def test_hashes_of_another_market_are_refused(case: Case) -> None:
    stated = read_blocks(case.folder)
    assert stated is not None
    write_blocks(case.folder, replace(stated, contract=SINK))
    fails(case, "audit.blocks_of_another")


def test_damaged_hashes_fail_and_missing_ones_are_counted_as_none(case: Case) -> None:
    (case.folder / "blocks.json").write_bytes(b"{}")
    assert case.audit()["chain"].status == FAIL
    (case.folder / "blocks.json").unlink()
    assert "0 block hashes" in case.audit()["chain"].detail


def test_events_that_another_contract_logged_prove_nothing(case: Case) -> None:
    class Impostor(ChainWitness):
        genuine = False

    witness = Impostor(case.chain.web3, case.chain.chain_id, case.chain.market, 0)
    fails(case, "audit.chain_other_contract", witness=witness)


def test_another_sink_than_the_contracts_is_told(case: Case) -> None:
    write_export(case.folder, replace(read_export(case.folder), sink="0x" + "1" * 40))
    fails(case, "audit.chain_other_sink")


def test_only_this_versions_market_is_genuine(case: Case) -> None:
    assert case.witness().genuine
    assert not ChainWitness(case.chain.web3, case.chain.chain_id, case.chain.token, 0).genuine


def test_a_chain_that_was_set_back_lacks_the_last_events(case: Case) -> None:
    class Shorter(ChainWitness):
        @property
        def events(self) -> list[Event]:
            return super().events[:-1]

    witness = Shorter(case.chain.web3, case.chain.chain_id, case.chain.market, 0)
    fails(case, "audit.chain_lacks", witness=witness)


def test_a_damaged_export_fails_before_the_chain_is_asked(case: Case) -> None:
    events = case.folder / "events.json"
    events.write_bytes(events.read_bytes().replace(b'"block":', b'"block" :', 1))
    checks = case.audit()
    assert checks["events"].status == FAIL
    assert (checks["chain"].status, checks["chain"].waits_for) == (BLOCKED, "events")


def test_another_chain_and_an_empty_address_are_not_what_was_named(case: Case) -> None:
    for chain_id, market, error_id in (
        (1, case.chain.market, "chain.wrong_chain"),
        (case.chain.chain_id, SINK, "chain.no_contract"),
    ):
        with pytest.raises(ChainError) as refusal:
            ChainWitness(case.chain.web3, chain_id, market, 0)
        assert (refusal.value.error_id, refusal.value.exit_code) == (error_id, 2)


def test_a_folder_without_an_export_is_refused(case: Case, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        audit_with_witness(tmp_path, 1, None, case.witness())
