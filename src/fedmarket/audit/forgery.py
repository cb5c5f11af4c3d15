"""A copy of an exported record that can be changed a byte at a time, and made consistent again as a forger would."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copytree
from typing import Any

from fedmarket.audit.evidence import Evidence
from fedmarket.domain import canonical
from fedmarket.domain.canonical import blob_id, id_hash
from fedmarket.domain.manifest import Manifest
from fedmarket.record.export import FILE, STORE
from fedmarket.record.relay import open_shared
from fedmarket.record.sealed import put_sealed

Line = dict[str, Any]


@dataclass(frozen=True)
class Byte:
    """One changed byte: where it was in its file, and what it was and is."""

    offset: int
    old: int
    new: int


class Forgery:
    """A task's record, copied to `folder`; keys and whatever else lies beside the record are not copied."""

    def __init__(self, source: Path, folder: Path, number: int, secret: bytes | None) -> None:
        copytree(source / STORE, folder / STORE)
        (folder / FILE).write_bytes((source / FILE).read_bytes())
        self.folder = folder
        self.evidence = Evidence.open(folder, number, secret)
        self.evidence.record.refresh()

    @property
    def lines(self) -> list[Line]:
        """The task's events as the export writes them."""
        number = str(self.evidence.number)
        return [line for line in self._document()["events"] if line["fields"].get("task") == number]

    def blob_path(self, blob: str) -> str:
        """Return where a blob lies, from the record's folder."""
        name = id_hash(blob).hex()
        return f"{STORE}/sha256/{name[:2]}/{name[2:]}"

    def flip(self, path: str, offset: int) -> Byte:
        """Flip the lowest bit of one byte of a file."""
        file = self.folder / path
        data = bytearray(file.read_bytes())
        byte = Byte(offset, data[offset], data[offset] ^ 1)
        data[offset] = byte.new
        self._overwrite(file, bytes(data))
        return byte

    def change_event(self, line: Line, field: str, value: str) -> Byte:
        """Write another text of equal length into an event's field, and the export's digest anew."""
        before = (self.folder / FILE).read_bytes()
        document = self._document()
        found = next(other for other in document["events"] if other == line)
        found["fields"][field] = value
        changed = difference(before, canonical.encode(document))
        self._write(document)
        return changed

    def manifest(self, round_number: int) -> Manifest:
        """Return a committed round's manifest."""
        return self.evidence.record.manifest(self.evidence.number, round_number)

    def replace_manifest(self, manifest: Manifest) -> None:
        """Store another manifest for its round, and have the chain name it and its model."""
        self.evidence.record.store.put(manifest.encoded)
        document = self._document()
        fields = {"task": str(self.evidence.number), "round": str(manifest.round)}
        for line in document["events"]:
            if line["name"] == "RoundCommitted" and fields.items() <= line["fields"].items():
                line["fields"] |= {"manifest": "0x" + manifest.hash.hex(), "model": "0x" + manifest.model.hex()}
        self._write(document)

    def opened(self, manifest: Manifest, kind: str) -> bytes:
        """Return the plaintext of a round's "bundle", "aggregate" or "model"."""
        assert self.evidence.identity is not None
        return open_shared(self.evidence.record, self.evidence.number, manifest, kind, self.evidence.identity)

    def change_sealed(self, manifest: Manifest, kind: str, offset: int, bit: int = 1) -> Byte:
        """Flip a bit of a byte in a round's opened "bundle", "aggregate" or "model", seal it and name it anew."""
        assert self.evidence.identity is not None
        data = bytearray(self.opened(manifest, kind))
        byte = Byte(offset, data[offset], data[offset] ^ bit)
        data[offset] = byte.new
        sealed = put_sealed(self.evidence.record.store, bytes(data), [self.evidence.identity.public])
        named: dict[str, Any] = {kind: canonical.digest(bytes(data)), f"{kind}_blob": sealed}
        self.replace_manifest(replace(manifest, **named))
        return byte

    def manifest_path(self, round_number: int) -> str:
        """Return where a round's manifest lies, from the record's folder."""
        return self.blob_path(blob_id(self.manifest(round_number).hash))

    def _document(self) -> Line:
        document: Line = json.loads((self.folder / FILE).read_bytes())
        return document

    def _write(self, document: Line) -> None:
        told = {name: value for name, value in document.items() if name != "digest"}
        digest = canonical.sha256_id(canonical.encode(told))
        self._overwrite(self.folder / FILE, canonical.encode({**told, "digest": digest}))

    def _overwrite(self, file: Path, data: bytes) -> None:
        """Blobs are stored read-only: a new file takes the old one's place."""
        file.unlink()
        file.write_bytes(data)


def difference(before: bytes, after: bytes) -> Byte:
    """Return the first byte in which two documents of equal length differ."""
    places = (place for place, (old, new) in enumerate(zip(before, after, strict=True)) if old != new)
    offset = next(places)
    return Byte(offset, before[offset], after[offset])


def other_digit(text: str, choose: Callable[[list[int]], int]) -> str:
    """Return a number's text with one digit lowered by one, no leading zero made; raised where none can be lowered."""
    lower = [place for place, digit in enumerate(text) if digit > ("0" if place or len(text) == 1 else "1")]
    place, step = (choose(lower), -1) if lower else (len(text) - 1, 1)
    return text[:place] + str(int(text[place]) + step) + text[place + 1 :]
