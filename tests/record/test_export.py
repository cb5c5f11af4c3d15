"""An export says what the events said, and is read back only where it says it in the one way."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fedmarket.chain.port import SINK
from fedmarket.domain import canonical
from fedmarket.domain.canonical import sha256_id
from fedmarket.domain.errors import LANGUAGES, UsageError
from fedmarket.domain.events import EVENTS
from fedmarket.domain.reference.state import Event
from fedmarket.record.export import FILE, Export, read_export, write_export
from tests.agents.rogue_providers import AnnouncesNothing
from tests.agents.story import die_after_round, play, silent_in_scoring

Json = Any


@pytest.fixture(scope="module")
def export() -> Export:
    """A task with a standby, an announcement, a fallback, claims and a sweep."""

    def disturb(world: Any) -> None:
        die_after_round(1, "aggregator")(world)
        silent_in_scoring("evaluator 0", "evaluator 1")(world)

    story = play({"provider 0": AnnouncesNothing}, watch=disturb)
    return Export(31337, story.record.chain.market, SINK, tuple(story.record.fold.events))


def refused(folder: Path, error_id: str) -> None:
    with pytest.raises(UsageError) as refusal:
        read_export(folder)
    assert refusal.value.error_id == error_id, str(refusal.value)
    assert refusal.value.exit_code == 2
    for language in LANGUAGES:
        assert refusal.value.sentence(language)


def test_what_was_written_is_read(export: Export, tmp_path: Path) -> None:
    assert write_export(tmp_path / "new" / "folder", export) == tmp_path / "new" / "folder" / FILE
    assert read_export(tmp_path / "new" / "folder") == export


def test_the_same_events_are_the_same_bytes(export: Export, tmp_path: Path) -> None:
    first, again = write_export(tmp_path / "a", export), write_export(tmp_path / "b", read_export(tmp_path / "a"))
    assert first.read_bytes() == again.read_bytes()


def test_it_names_what_it_says_by_a_digest(export: Export, tmp_path: Path) -> None:
    document = json.loads(write_export(tmp_path, export).read_bytes())
    stated = document.pop("digest")
    assert stated == export.digest == sha256_id(canonical.encode(document))
    assert stated != replace(export, events=export.events[:-1]).digest


def test_no_events_are_an_export_too(tmp_path: Path) -> None:
    nothing = Export(1, SINK, SINK, ())
    write_export(tmp_path, nothing)
    assert read_export(tmp_path) == nothing


def test_every_kind_of_event_reads_back(tmp_path: Path, export: Export) -> None:
    random = Random(1)
    opened = next(event.fields["terms"] for event in export.events if event.name == "TaskOpened")
    vote = next(event.fields["vote"] for event in play().record.fold.events if event.name == "Confirmed")
    made: dict[object, Callable[[], Any]] = {
        int: lambda: random.randrange(2**256),
        bytes: lambda: random.randbytes(32),
        str: lambda: SINK,
    }
    whole: dict[object, Any] = {type(opened): opened, type(vote): vote}
    fields = [
        {name: whole[kind] if kind in whole else made[kind]() for name, kind in kinds.items()}
        for kinds in EVENTS.values()
    ]
    events = tuple(
        Event(name, values, block, block) for block, (name, values) in enumerate(zip(EVENTS, fields, strict=True))
    )
    write_export(tmp_path, replace(export, events=events))
    assert read_export(tmp_path).events == events


def test_a_folder_without_one_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, "record.no_export")
    refused(tmp_path / "nowhere", "record.no_export")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, export: Export) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError) as refusal:
        write_export(tmp_path / "file", export)
    assert refusal.value.error_id == "record.unwritable"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff\xfe", b'{"schema":"fedmarket/export/2"}', b"[" * 100_000])
def test_what_is_no_export_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(data)
    refused(tmp_path, "record.bad_export")


def test_an_export_that_says_something_else_than_it_did_is_refused(export: Export, tmp_path: Path) -> None:
    path = write_export(tmp_path, export)
    document = json.loads(path.read_bytes())
    document["events"][3]["timestamp"] += 1
    path.write_bytes(canonical.encode(document))
    refused(tmp_path, "record.altered_export")


def first(name: str, document: Json) -> Json:
    return next(event for event in document["events"] if event["name"] == name)


MISSPELT: dict[str, Callable[[Json], object]] = {
    "no events": lambda d: d.pop("events"),
    "no digest": lambda d: d.pop("digest"),
    "a chain id in words": lambda d: d.update(chain_id="one"),
    "a contract that is no address": lambda d: d.update(contract="0x12"),
    "an unknown event": lambda d: d["events"][0].update(name="TaskInvented"),
    "an event with a further key": lambda d: d["events"][0].update(log=1),
    "an event without a field": lambda d: first("SeatTaken", d)["fields"].pop("seat"),
    "an event with a further field": lambda d: first("SeatTaken", d)["fields"].update(extra="1"),
    "an event that is a list": lambda d: d.update(events=[[]]),
    "events in words": lambda d: d.update(events="none"),
    "fields as a list": lambda d: d["events"][0].update(fields=[]),
    "a number for bytes": lambda d: first("Joined", d)["fields"].update(listing=1),
    "a block in words": lambda d: d["events"][0].update(block="1"),
    "a block below zero": lambda d: d["events"][0].update(block=-1),
    "an amount as a number": lambda d: first("Joined", d)["fields"].update(bond=1),
    "an amount with a leading zero": lambda d: first("Joined", d)["fields"].update(bond="01"),
    "an amount with a sign": lambda d: first("Joined", d)["fields"].update(bond="-1"),
    "an address in small letters": lambda d: first("Joined", d)["fields"].update(
        account=first("Joined", d)["fields"]["account"].lower()
    ),
    "hex in capitals": lambda d: first("Joined", d)["fields"].update(listing="0x" + "AB" * 32),
    "hex without 0x": lambda d: first("Joined", d)["fields"].update(listing="ab" * 32),
    "terms without a field": lambda d: first("TaskOpened", d)["fields"]["terms"].pop("rounds"),
    "terms with a further field": lambda d: first("TaskOpened", d)["fields"]["terms"].update(extra="1"),
    "a flag in words": lambda d: first("TaskOpened", d)["fields"]["terms"].update(priced="false"),
    "windows as a list": lambda d: first("TaskOpened", d)["fields"]["terms"].update(windows=[]),
    "seats as text": lambda d: first("TaskOpened", d)["fields"]["terms"].update(evaluators="0x"),
}


@pytest.mark.parametrize("fault", MISSPELT)
def test_an_export_is_refused_that_has(fault: str, export: Export, tmp_path: Path) -> None:
    path = write_export(tmp_path, export)
    document = json.loads(path.read_bytes())
    MISSPELT[fault](document)
    path.write_bytes(canonical.encode(document))
    refused(tmp_path, "record.bad_export")
