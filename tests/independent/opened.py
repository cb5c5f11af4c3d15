"""An opened task in a folder, to be spoiled as somebody would who can write every document and every event anew."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak

Json = dict[str, Any]


@dataclass
class Opened:
    """The folder that `fedmarket audit --open` wrote."""

    folder: Path

    @property
    def export(self) -> Json:
        export: Json = json.loads((self.folder / "events.json").read_bytes())
        return export

    def fields(self, name: str) -> list[Json]:
        return [event["fields"] for event in self.export["events"] if event["name"] == name]

    def change(self, name: str, change: Callable[[Json], Json]) -> None:
        """Change the fields of every event of one name."""
        export = self.export
        for event in export["events"]:
            if event["name"] == name:
                event["fields"] = change(event["fields"])
        (self.folder / "events.json").write_text(json.dumps(export), encoding="utf-8")

    def plain(self, name: str) -> Path:
        return self.folder / "plain" / name.removeprefix("0x")

    def put(self, data: bytes) -> str:
        name = "0x" + sha256(data).hexdigest()
        self.plain(name).write_bytes(data)
        return name

    def manifest(self, round_number: int) -> Json:
        manifest: Json = json.loads(
            self.plain(self.fields("RoundCommitted")[round_number - 1]["manifest"]).read_bytes()
        )
        return manifest

    def replace_manifest(self, round_number: int, manifest: Json) -> None:
        """Write a round's manifest anew, and have the chain name it and its model."""
        named = {"manifest": self.put(json.dumps(manifest).encode()), "model": manifest["model"]}
        mine = str(round_number)
        self.change("RoundCommitted", lambda fields: {**fields, **named} if fields["round"] == mine else fields)

    def replace_plain(self, round_number: int, kind: str, change: Callable[[bytearray], None]) -> None:
        """Change a round's "bundle", "aggregate" or "model", and write all that names it anew."""
        manifest = self.manifest(round_number)
        data = bytearray(self.plain(manifest[kind]).read_bytes())
        change(data)
        self.replace_manifest(round_number, {**manifest, kind: self.put(bytes(data))})

    def replace_tables(self, change: Callable[[bytes], bytes]) -> None:
        """Change what every evaluator revealed, and the commitments too, as colluding evaluators would."""
        export, commitments = self.export, {}
        types = ["uint256", "address", "uint256", "address", "bytes32", "bytes32"]

        def reveal(fields: Json) -> Json:
            table, salt = change(bytes.fromhex(fields["table"][2:])), bytes.fromhex(fields["salt"][2:])
            bound = [
                export["chain_id"],
                export["contract"],
                int(fields["task"]),
                fields["evaluator"],
                keccak(table),
                salt,
            ]
            commitments[fields["evaluator"]] = "0x" + keccak(encode(types, bound)).hex()
            return {**fields, "table": "0x" + table.hex()}

        self.change("ScoresRevealed", reveal)
        self.change("ScoresCommitted", lambda fields: {**fields, "commitment": commitments[fields["evaluator"]]})
