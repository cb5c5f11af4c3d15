"""An exported record: the events as one canonical document beside the store's blobs, to be read without the chain."""

import re
from collections.abc import Set
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from fedmarket.domain import canonical
from fedmarket.domain.accounts import checksum
from fedmarket.domain.errors import MarketError, SystemFault, UsageError
from fedmarket.domain.events import EVENTS
from fedmarket.domain.reference.state import Event

SCHEMA = "fedmarket/export/1"
FILE = "events.json"
STORE = "store"
NUMBER = re.compile(r"0|[1-9][0-9]{0,77}")
HEX = re.compile(r"0x((?:[0-9a-f]{2})*)")
WORD = 32
EVENT_KEYS = {"name", "block", "timestamp", "fields"}


@dataclass(frozen=True)
class Export:
    """The events of one market, and where it was deployed."""

    chain_id: int
    contract: str
    sink: str
    events: tuple[Event, ...]

    @property
    def document(self) -> dict[str, Any]:
        """The export as a document, amounts as decimal strings."""
        return {
            "schema": SCHEMA,
            "chain_id": self.chain_id,
            "contract": self.contract,
            "sink": self.sink,
            "events": [_event_document(event) for event in self.events],
        }

    @property
    def digest(self) -> str:
        """The id of the document: two exports with the same one say the same."""
        return canonical.sha256_id(canonical.encode(self.document))


def write_export(folder: Path, export: Export) -> Path:
    """Write the events to `folder`/events.json and return its path. Raises UsageError where that cannot be written."""
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(canonical.encode({**export.document, "digest": export.digest}))
    except OSError as error:
        raise UsageError("record.unwritable", path=path, detail=SystemFault.of(error)) from error
    return path


def read_export(folder: Path) -> Export:
    """Read what `write_export` wrote.

    Raises UsageError: record.no_export where it is missing, record.bad_export where it is not an export, and
    record.altered_export where it is no longer what was written. Nothing but a chain can tell whether that was true.
    """
    path = folder / FILE
    if not path.is_file():
        raise UsageError("record.no_export", path=folder)
    try:
        document = canonical.decode(path.read_bytes(), SCHEMA)
        stated = document.pop("digest")
        events = tuple(_event(line) for line in document["events"])
        accounts = (_account(document["contract"]), _account(document["sink"]))
        export = Export(_integer(document["chain_id"]), *accounts, events)
    except OSError as error:
        raise UsageError("record.bad_export", path=path, detail=SystemFault.of(error)) from error
    except (MarketError, KeyError, TypeError, ValueError) as error:
        raise UsageError("record.bad_export", path=path, detail=str(error)) from error
    if stated != export.digest or document != export.document:
        raise UsageError("record.altered_export", path=path)
    return export


def _event_document(event: Event) -> dict[str, Any]:
    written = {name: _plain(value) for name, value in event.fields.items()}
    return {"name": event.name, "block": event.block, "timestamp": event.timestamp, "fields": written}


def _event(value: Any) -> Event:
    line = _object(value, EVENT_KEYS)
    kinds = EVENTS[line["name"]]
    given = _object(line["fields"], kinds.keys())
    typed = {name: _sized(name, _typed(given[name], kind)) for name, kind in kinds.items()}
    return Event(line["name"], typed, _integer(line["block"]), _integer(line["timestamp"]))


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
        given = _object(value, {field.name for field in fields(kind)})
        return kind(**{name: _sized(name, _typed(given[name], hints[name])) for name in given})  # type: ignore[operator]
    if get_origin(kind) is tuple and isinstance(value, list):
        return tuple(_typed(item, get_args(kind)[0]) for item in value)
    if kind is str:
        return _account(value)
    if kind is bool and isinstance(value, bool):
        return value
    pattern = {int: NUMBER, bytes: HEX}.get(kind)
    if pattern is None or not pattern.fullmatch(value):
        raise ValueError(f"{str(value)[:80]!r} is not as an export writes it")
    return int(value) if kind is int else bytes.fromhex(value[2:])


def _sized(name: str, value: Any) -> Any:
    """Refuse hashes and keys of another length than the contract logs; only a table is as long as it is."""
    if isinstance(value, bytes) and name != "table" and len(value) != WORD:
        raise ValueError(f"{name} has {len(value)} bytes")
    return value


def _object(value: Any, names: Set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or value.keys() != names:
        raise ValueError(f"{str(value)[:80]!r} has other fields than it should")
    return value


def _integer(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{str(value)[:80]!r} is not a number")
    return value


def _account(value: Any) -> str:
    """Every text in an event is an address, and its capitals (EIP-55) tell most slips of a digit."""
    if not isinstance(value, str) or checksum(value) != value:
        raise ValueError(f"{str(value)[:80]!r} is not an address")
    return value
