"""An export beside its chain: its events against the chain's own logs, its blocks against the chain's hashes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from fedmarket.audit.finding import Finding
from fedmarket.audit.public import AuditFault
from fedmarket.audit.run import BLOCKED, FAIL, PASS, Check, audit_export
from fedmarket.domain.errors import UsageError
from fedmarket.domain.reference.state import Event
from fedmarket.record.blocks import read_blocks
from fedmarket.record.export import Export, read_export

CHAIN = "chain"


class Witness(Protocol):
    """Somebody who can tell what a chain logged for the export's market."""

    @property
    def place(self) -> str:
        """Where it is asked."""

    @property
    def genuine(self) -> bool:
        """Whether the contract that logged them is this version's TaskMarket."""

    @property
    def sink(self) -> str:
        """Where that contract sends forfeits."""

    @property
    def events(self) -> list[Event]:
        """The market's events, from the export's first block or an earlier one to the latest."""

    def block_hash(self, number: int) -> bytes | None:
        """Return the hash of a block, or None where the chain has none of this number."""


def audit_with_witness(
    folder: Path, task: int, secret: bytes | None, witness: Witness, now: int = 0
) -> tuple[Check, ...]:
    """Audit one task as `audit_export` does, and compare the export with its chain.

    Where they differ, everything else waits: it would speak of what never happened. Raises ChainError where the chain
    does not answer.
    """
    first, *others = audit_export(folder, task, secret, now)
    if first.status == FAIL:
        return (first, _waiting(CHAIN, first.name), *others)
    seen = _compared(folder, task, witness)
    if seen.status == FAIL:
        others = [_waiting(check.name, CHAIN) for check in others]
    return (first, seen, *others)


def _waiting(name: str, on: str) -> Check:
    return Check(name, BLOCKED, Finding("blocked", name=on), on)


def _compared(folder: Path, task: int, witness: Witness) -> Check:
    try:
        if not witness.genuine:
            raise AuditFault("audit.chain_other_contract")
        export = read_export(folder)
        if witness.sink != export.sink:
            raise AuditFault("audit.chain_other_sink", exported=export.sink, found=witness.sink)
        compare_events(export, witness.events)
        hashes = _compare_hashes(folder, export, witness)
    except (AuditFault, UsageError) as fault:
        return Check(CHAIN, FAIL, fault)
    last = export.events[-1].block
    later = sum(event.block > last and event.fields.get("task") == task for event in witness.events)
    blocks = {"first": export.events[0].block, "last": last}
    found = Finding("chain", count=len(export.events), place=witness.place, hashes=hashes, later=later, **blocks)
    return Check(CHAIN, PASS, found)


def compare_events(export: Export, logged: Sequence[Event]) -> None:
    """Raise AuditFault for the first event up to the export's last block that export and chain do not share."""
    last = export.events[-1].block
    on_chain = [event for event in logged if event.block <= last]
    for ours, theirs in zip(export.events, on_chain, strict=False):
        if ours != theirs:
            raise AuditFault("audit.chain_differs", event=ours.name, block=ours.block, found=_named(theirs))
    if len(export.events) > len(on_chain):
        missing = export.events[len(on_chain)]
        raise AuditFault("audit.chain_lacks", event=missing.name, block=missing.block)
    if len(on_chain) > len(export.events):
        left_out = on_chain[len(export.events)]
        raise AuditFault("audit.export_lacks", event=left_out.name, block=left_out.block)


def _compare_hashes(folder: Path, export: Export, witness: Witness) -> int:
    """Return how many blocks of the export are the chain's by their hash."""
    stated = read_blocks(folder)
    if stated is None:
        return 0
    if (stated.chain_id, stated.contract) != (export.chain_id, export.contract):
        raise AuditFault("audit.blocks_of_another")
    for block in stated.blocks:
        if witness.block_hash(block.number) != block.hash:
            raise AuditFault("audit.chain_other_block", block=block.number)
    return len(stated.blocks)


def _named(event: Event) -> str:
    return f"{event.name}, {event.block}"
