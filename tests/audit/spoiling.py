"""Ways to spoil an exported record, consistently enough that only one check can tell."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fedmarket.domain.canonical import blob_id, digest, id_hash
from fedmarket.domain.manifest import Manifest
from fedmarket.domain.reference.scoring import commitment_of
from fedmarket.domain.reference.state import Event
from fedmarket.domain.score_table import ScoreTable
from fedmarket.domain.terms import Terms
from fedmarket.record.export import STORE, read_export, write_export
from fedmarket.store.folder import FolderStore

Fields = dict[str, Any]


@dataclass
class Exhibit:
    """An exported record in a folder, to be changed."""

    folder: Path

    @property
    def store(self) -> FolderStore:
        return FolderStore(self.folder / STORE, durable=False)

    @property
    def events(self) -> tuple[Event, ...]:
        return read_export(self.folder).events

    def path(self, blob: str) -> Path:
        name = id_hash(blob).hex()
        return self.folder / STORE / "sha256" / name[:2] / name[2:]

    def remove(self, blob: str) -> None:
        self.path(blob).unlink()

    def rewrite(self, change: Callable[[Event], Event | None]) -> None:
        """Write the events again, each as `change` gives it back; None leaves it out."""
        export = read_export(self.folder)
        events = tuple(after for event in export.events if (after := change(event)) is not None)
        write_export(self.folder, replace(export, events=events))

    def change_fields(self, name: str, change: Callable[[Fields], Fields]) -> None:
        """Change the fields of every event of one name."""
        self.rewrite(lambda event: replace(event, fields=change(event.fields)) if event.name == name else event)

    def manifest(self, round_number: int) -> Manifest:
        committed = [event for event in self.events if event.name == "RoundCommitted"]
        return Manifest.read(self.store.get(blob_id(committed[round_number - 1].fields["manifest"])))

    def replace_manifest(self, round_number: int, manifest: Manifest) -> None:
        """Store another manifest for a round and have the chain name it, and all that it says."""
        self.store.put(manifest.encoded)

        def change(fields: Fields) -> Fields:
            if fields["round"] != round_number:
                return fields
            return {**fields, "manifest": manifest.hash, "model": manifest.model}

        self.change_fields("RoundCommitted", change)

    @property
    def terms(self) -> Terms:
        opened = next(event for event in self.events if event.name == "TaskOpened")
        return Terms.read(self.store.get(blob_id(opened.fields["terms_hash"])))

    def replace_terms(self, terms: Terms, *, on_chain: bool) -> None:
        """Store other terms and have the chain name them; `on_chain` lets the contract enforce them as well."""
        self.store.put(terms.encoded)

        def change(fields: Fields) -> Fields:
            enforced = terms.chain_terms() if on_chain else replace(fields["terms"], terms_hash=terms.hash)
            return {**fields, "terms_hash": terms.hash, "terms": enforced}

        self.change_fields("TaskOpened", change)

    def replace_tables(self, change: Callable[[int, ScoreTable], ScoreTable]) -> None:
        """Change the revealed tables, by the order of their reveals, with the commitments that they open."""
        export = read_export(self.folder)
        opened: dict[str, bytes] = {}

        def reveal(fields: Fields) -> Fields:
            table = change(len(opened), ScoreTable.unpack(fields["table"])).pack()
            account, task, salt = fields["evaluator"], fields["task"], fields["salt"]
            opened[account] = commitment_of(export.chain_id, export.contract, task, account, table, salt)
            return {**fields, "table": table}

        self.change_fields("ScoresRevealed", reveal)
        self.change_fields("ScoresCommitted", lambda fields: {**fields, "commitment": opened[fields["evaluator"]]})


def shifted(hash32: bytes) -> bytes:
    """Return another 32 bytes than these."""
    return digest(hash32)
