"""Calls and logs as bytes, by a contract's own ABI: dataclasses become structs and structs become dataclasses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from functools import cache
from importlib.resources import files
from json import loads
from typing import Any, get_type_hints

from eth_abi.abi import decode, encode
from eth_abi.exceptions import ValueOutOfBounds
from eth_hash.auto import keccak

from fedmarket.domain.accounts import checksum
from fedmarket.domain.chain_terms import ChainTerms
from fedmarket.domain.exchange.offer import Offer
from fedmarket.domain.reference.state import Vote

STRUCTS: Mapping[str, type] = {"terms": ChainTerms, "vote": Vote, "offer": Offer}
"""What a tuple parameter of this name is read as."""


@dataclass(frozen=True)
class Function:
    """A function's selector and the ABI description of its arguments and results."""

    selector: bytes
    inputs: tuple[Mapping[str, Any], ...]
    outputs: tuple[Mapping[str, Any], ...]

    def encode(self, *args: Any) -> bytes:
        """Return the call's data; raises eth_abi's EncodingError where an argument does not fit its type."""
        if len(args) != len(self.inputs):
            raise TypeError(f"{len(self.inputs)} arguments expected, {len(args)} given")
        return self.selector + _encode(self.inputs, args)

    def decode(self, data: bytes) -> tuple[Any, ...]:
        """Return a call's results in order; raises eth_abi's DecodingError where the data are not its results."""
        values = decode([type_of(item) for item in self.outputs], data)
        return tuple(_read(item, value) for item, value in zip(self.outputs, values, strict=True))


@dataclass(frozen=True)
class LogShape:
    """An event's name, its indexed parameters, and those that travel in its data."""

    name: str
    inputs: tuple[Mapping[str, Any], ...]

    def decode(self, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
        """Return the fields of one log, in the ABI's order; `topics` without the first."""
        indexed = [item for item in self.inputs if item["indexed"]]
        plain = [item for item in self.inputs if not item["indexed"]]
        values = dict(zip((item["name"] for item in plain), decode([type_of(i) for i in plain], data), strict=True))
        for item, topic in zip(indexed, topics, strict=True):
            values[item["name"]] = decode([type_of(item)], topic)[0]
        return {item["name"]: _read(item, values[item["name"]]) for item in self.inputs}


@dataclass(frozen=True)
class Artifact:
    """A compiled contract: its functions by name, its events by first topic, its constructor and creation code."""

    name: str
    functions: Mapping[str, Function]
    logs: Mapping[bytes, LogShape]
    creation: tuple[Mapping[str, Any], ...]
    bytecode: bytes

    def deployment(self, *args: Any) -> bytes:
        """Return the data of the transaction that creates the contract with these constructor arguments."""
        return self.bytecode + _encode(self.creation, args)


@cache
def artifact(name: str) -> Artifact:
    """Return a committed contract by its name, such as "TaskMarket"."""
    source = files("fedmarket.chain").joinpath("artifacts", f"{name}.json")
    return parse(name, loads(source.read_text(encoding="utf-8")))


def parse(name: str, compiled: Mapping[str, Any]) -> Artifact:
    """Read a compiled contract from a mapping with "abi" (a JSON ABI) and "bytecode" ("0x…")."""
    functions: dict[str, Function] = {}
    logs: dict[bytes, LogShape] = {}
    creation: tuple[Mapping[str, Any], ...] = ()
    for item in compiled["abi"]:
        inputs = tuple(item.get("inputs", ()))
        signature = f"{item.get('name')}({','.join(type_of(each) for each in inputs)})".encode()
        if item["type"] == "function":
            functions[item["name"]] = Function(keccak(signature)[:4], inputs, tuple(item["outputs"]))
        elif item["type"] == "event":
            logs[keccak(signature)] = LogShape(item["name"], inputs)
        elif item["type"] == "constructor":
            creation = inputs
    return Artifact(name, functions, logs, creation, bytes.fromhex(compiled["bytecode"].removeprefix("0x")))


def type_of(item: Mapping[str, Any]) -> str:
    """Return a parameter's canonical type, tuples written out: "(bytes32,uint256)[]"."""
    kind: str = item["type"]
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(type_of(each) for each in item['components'])}){kind[5:]}"


def _encode(inputs: Sequence[Mapping[str, Any]], args: Sequence[Any]) -> bytes:
    values = [_write(item, value) for item, value in zip(inputs, args, strict=True)]
    return encode([type_of(item) for item in inputs], values)


def _write(item: Mapping[str, Any], value: Any) -> Any:
    if item["type"] == "bytes32" and isinstance(value, bytes) and len(value) != 32:
        # eth_abi would fill it up with zeros
        raise ValueOutOfBounds(f"{item['name']}: {len(value)} bytes where 32 belong")
    if not is_dataclass(value):
        return value
    return tuple(_write(each, getattr(value, each["name"])) for each in item["components"])


def _read(item: Mapping[str, Any], value: Any) -> Any:
    kind: str = item["type"]
    if kind == "tuple" and item["name"] in STRUCTS:
        return _struct(item, value, STRUCTS[item["name"]])
    if kind.endswith("]") and not kind.startswith("tuple"):
        return tuple(_read({"type": kind[: kind.rindex("[")]}, each) for each in value)
    if kind == "address":
        return checksum(value) if int(value, 16) else "0x" + "0" * 40
    return value


def _struct(item: Mapping[str, Any], value: Sequence[Any], kind: type) -> Any:
    hints = get_type_hints(kind)
    parts = {each["name"]: (each, part) for each, part in zip(item["components"], value, strict=True)}
    return kind(**{name: _field(*parts[name], hint) for name, hint in hints.items()})


def _field(item: Mapping[str, Any], value: Any, kind: Any) -> Any:
    record = isinstance(kind, type) and is_dataclass(kind)
    return _struct(item, value, kind) if record else _read(item, value)
