"""Documents from dataclasses and back, strictly: every field, no other, each of its declared type.

`Amount` (never negative) and `Signed` are written as decimal strings (RFC 8785 has no integers above 2^53), `int` as a
JSON integer, `bytes` as "0x…" hex, a tuple as a list, a nested dataclass as an object.
"""

from dataclasses import fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Any, NewType, TypeVar, get_args, get_origin, get_type_hints

from fedmarket.domain import canonical
from fedmarket.domain.errors import DocumentError

Amount = NewType("Amount", int)
Signed = NewType("Signed", int)
T = TypeVar("T")
SAFE_INTEGER = 2**53


@cache
def _hints(kind: type) -> dict[str, Any]:
    return {field.name: get_type_hints(kind)[field.name] for field in fields(kind)}


def encode(value: Any, schema: str) -> bytes:
    """Return the canonical bytes of a dataclass as a document of `schema`."""
    return canonical.encode({"schema": schema, **_write(value, type(value))})


def decode(data: bytes, kind: type[T], schema: str) -> T:
    """Read a document of `schema` as the dataclass `kind`; raises DocumentError naming the field that is wrong."""
    document = canonical.decode(data, schema)
    del document["schema"]
    value: T = _read(document, kind, "")
    return value


def _write(value: Any, kind: Any) -> Any:
    if is_dataclass(kind):
        return {name: _write(getattr(value, name), hint) for name, hint in _hints(kind).items()}  # type: ignore[arg-type]
    if get_origin(kind) is tuple:
        inner = get_args(kind)
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return [_write(item, each) for item, each in zip(value, kinds, strict=True)]
    if get_origin(kind) is UnionType:
        return None if value is None else _write(value, _some(kind))
    if kind in (Amount, Signed):
        return str(value)
    return "0x" + value.hex() if kind is bytes else value


def _read(value: Any, kind: Any, path: str) -> Any:
    if is_dataclass(kind):
        return _read_object(value, kind, path)
    if get_origin(kind) is tuple:
        return _read_list(value, kind, path)
    if get_origin(kind) is UnionType:
        return None if value is None else _read(value, _some(kind), path)
    if kind is Amount:
        return _read_amount(value, path)
    if kind is Signed:
        return _read_signed(value, path)
    if kind is bytes:
        return _read_bytes(value, path)
    if type(value) is not kind or (kind is int and abs(value) >= SAFE_INTEGER):
        raise _wrong(path, kind.__name__)
    return value


def _read_object(value: Any, kind: Any, path: str) -> Any:
    hints = _hints(kind)
    if not isinstance(value, dict) or value.keys() != hints.keys():
        found = value.keys() if isinstance(value, dict) else ()
        differ = ", ".join(sorted(set(found) ^ hints.keys())) or "an object"
        raise _wrong(path or "document", f"exactly its own fields (look at: {differ})")
    return kind(**{name: _read(value[name], hint, f"{path}.{name}".lstrip(".")) for name, hint in hints.items()})


def _read_list(value: Any, kind: Any, path: str) -> Any:
    inner = get_args(kind)
    if not isinstance(value, list) or (inner[-1] is not Ellipsis and len(value) != len(inner)):
        raise _wrong(path, "a list")
    kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
    return tuple(_read(item, each, f"{path}[{i}]") for i, (item, each) in enumerate(zip(value, kinds, strict=True)))


def _read_amount(value: Any, path: str) -> int:
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 78:
        raise _wrong(path, "a decimal string")
    if str(int(value)) != value:
        raise _wrong(path, "a decimal string without leading zeros")
    return int(value)


def _read_signed(value: Any, path: str) -> int:
    negative = isinstance(value, str) and value.startswith("-")
    amount = _read_amount(value[1:] if negative else value, path)
    if negative and not amount:
        raise _wrong(path, "a decimal string without a negative zero")
    return -amount if negative else amount


def _read_bytes(value: Any, path: str) -> bytes:
    if not isinstance(value, str) or value[:2] != "0x" or value[2:].strip("0123456789abcdef") or len(value) % 2:
        raise _wrong(path, "0x and lower-case hex")
    return bytes.fromhex(value[2:])


def _some(kind: Any) -> Any:
    return next(option for option in get_args(kind) if option is not NoneType)


def _wrong(path: str, expected: str) -> DocumentError:
    return DocumentError("document.bad_field", path=path, expected=expected)
