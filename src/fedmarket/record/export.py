"""An exported record: the events as one canonical document beside the store's blobs, to be read without the chain."""

from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from fedmarket.domain import canonical
from fedmarket.domain.errors import DocumentError, UsageError
from fedmarket.domain.events import EVENTS
from fedmarket.domain.reference.state import Event

SCHEMA = "fedmarket/export/1"
FILE = "events.json"
STORE = "store"


@dataclass(frozen=True)
class Export:
    """The events of one market, and where it was deployed."""

    chain_id: int
    contract: str
    sink: str
    events: tuple[Event, ...]


def write_export(folder: Path, export: Export) -> Path:
    """Write the events to `folder`/events.json and return its path. Raises UsageError where that cannot be written."""
    document = {
        "schema": SCHEMA,
        "chain_id": export.chain_id,
        "contract": export.contract,
        "sink": export.sink,
        "events": [_event_document(event) for event in export.events],
    }
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(canonical.encode(document))
    except OSError as error:
        raise UsageError("record.unwritable", path=path, detail=error.strerror) from error
    return path


def read_export(folder: Path) -> Export:
    """Read what `write_export` wrote; raises UsageError where it is missing or not what it should be."""
    path = folder / FILE
    if not path.is_file():
        raise UsageError("record.no_export", path=folder)
    try:
        document = canonical.decode(path.read_bytes(), SCHEMA)
        events = tuple(_event(line) for line in document["events"])
        return Export(int(document["chain_id"]), str(document["contract"]), str(document["sink"]), events)
    except (DocumentError, KeyError, TypeError, ValueError) as error:
        raise UsageError("record.bad_export", path=path, detail=str(error)) from error


def _event_document(event: Event) -> dict[str, Any]:
    written = {name: _plain(value) for name, value in event.fields.items()}
    return {"name": event.name, "block": event.block, "timestamp": event.timestamp, "fields": written}


def _event(line: dict[str, Any]) -> Event:
    kinds = EVENTS[line["name"]]
    if line["fields"].keys() != kinds.keys():
        raise ValueError(f"event {line['name']} has other fields")
    typed = {name: _typed(line["fields"][name], kind) for name, kind in kinds.items()}
    return Event(line["name"], typed, int(line["block"]), int(line["timestamp"]))


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return str(value) if type(value) is int else value


def _typed(value: Any, kind: Any) -> Any:
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{field.name: _typed(value[field.name], hints[field.name]) for field in fields(kind)})  # type: ignore[operator]
    if get_origin(kind) is tuple:
        return tuple(_typed(item, get_args(kind)[0]) for item in value)
    if kind is bytes:
        return bytes.fromhex(value.removeprefix("0x"))
    if kind is bool:
        return bool(value)
    return kind(value)
