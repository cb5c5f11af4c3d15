"""A record in a folder, opened to be read: the events as exported, and the store beside them."""

from pathlib import Path

from fedmarket.audit.evidence import ExportedChain
from fedmarket.record.export import STORE, read_export
from fedmarket.record.live import Record
from fedmarket.store.folder import FolderStore


def open_record(folder: Path) -> Record:
    """Return the record in `folder`, folded to its last event. Raises UsageError where it holds no export."""
    record = Record(ExportedChain(read_export(folder)), FolderStore(folder / STORE))
    record.refresh()
    return record
