"""The name of what is wrong with tensor bytes that are not the canonical ones.

Nothing here accepts anything: `refuse` always raises, so that a gap in it can only make a sentence less
exact.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.canonical import refuse_depth
from fedmarket.domain.errors import DocumentError, UpdateError

_ITEM_BYTES = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1,
    "U16": 2, "I16": 2, "F16": 2, "BF16": 2,
    "U32": 4, "I32": 4, "F32": 4,
    "U64": 8, "I64": 8, "F64": 8,
}  # fmt: skip
_FLOATS = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}


class _Entry(NamedTuple):
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def refuse_non_finite(name: str, values: NDArray[Any]) -> None:
    """Raise UpdateError nan or infinite where `values` hold one; integers never do."""
    if values.dtype.kind != "f" or np.isfinite(values).all():
        return
    fault = "update.nan" if np.isnan(values).any() else "update.infinite"
    raise UpdateError(fault, tensor=name[:80])


def refuse(data: bytes | memoryview, dtype: str, shapes: Mapping[str, tuple[int, ...]], header_limit: int) -> NoReturn:
    """Raise UpdateError with the id of the first fault in `data`, which is not the canonical encoding."""
    text = _header_text(data, header_limit)
    entries = _entries(text)
    body = memoryview(data)[8 + len(text) :]
    _refuse_names(entries, shapes)
    _refuse_offsets(entries, len(body))
    for name, entry in entries.items():
        refuse_non_finite(name, _floats(entry, body))
    for name, entry in entries.items():
        if entry.dtype != dtype:
            raise UpdateError("update.wrong_dtype", tensor=name, found=entry.dtype, expected=dtype)
        if entry.shape != shapes[name]:
            found, expected = list(entry.shape), list(shapes[name])
            raise UpdateError("update.wrong_shape", tensor=name, found=found, expected=expected)
    raise UpdateError("update.not_canonical")


def _header_text(data: bytes | memoryview, header_limit: int) -> bytes:
    if len(data) < 8:
        raise UpdateError("update.truncated", size=len(data), needed=8)
    length = int.from_bytes(data[:8], "little")
    if length > header_limit:
        raise UpdateError("update.header_length", length=length)
    if len(data) < 8 + length:
        raise UpdateError("update.truncated", size=len(data), needed=8 + length)
    return bytes(data[8 : 8 + length])


def _entries(text: bytes) -> dict[str, _Entry]:
    try:
        refuse_depth(text)
        document = json.loads(text, object_pairs_hook=_unique)
    except (DocumentError, ValueError, RecursionError) as error:
        raise UpdateError("update.unreadable", detail=f"the tensor header is not JSON ({str(error)[:80]})") from error
    if not isinstance(document, dict):
        raise UpdateError("update.unreadable", detail="the tensor header is not a JSON object")
    if "__metadata__" in document:
        raise UpdateError("update.not_canonical")
    return {name: _entry(name, value) for name, value in document.items()}


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    for key, value in pairs:
        if key in seen:
            raise UpdateError("update.duplicate_key", key=key[:80])
        seen[key] = value
    return seen


def _entry(name: str, value: object) -> _Entry:
    match value:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [begin, end]} if _counts(*shape, begin, end):
            if dtype in _ITEM_BYTES:
                return _Entry(dtype, tuple(shape), begin, end)
    raise UpdateError("update.unreadable", detail=f"the header's entry for '{name[:80]}' is malformed")


def _counts(*numbers: object) -> bool:
    return all(type(number) is int and number >= 0 for number in numbers)


def _refuse_names(entries: Mapping[str, _Entry], shapes: Mapping[str, tuple[int, ...]]) -> None:
    expected = ", ".join(sorted(shapes))
    for name in sorted(entries.keys() - shapes.keys()):
        raise UpdateError("update.extra_tensor", tensor=name[:80], expected=expected)
    for name in sorted(shapes.keys() - entries.keys()):
        raise UpdateError("update.missing_tensor", tensor=name, expected=expected)


def _refuse_offsets(entries: Mapping[str, _Entry], body_bytes: int) -> None:
    reached = 0
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].begin, item[1].end)):
        size = math.prod(entry.shape) * _ITEM_BYTES[entry.dtype]
        if entry.begin != reached or entry.end - entry.begin != size:
            raise UpdateError("update.bad_offsets", tensor=name, begin=entry.begin, end=entry.end)
        reached = entry.end
    if body_bytes < reached:
        raise UpdateError("update.truncated", size=body_bytes, needed=reached)
    if body_bytes > reached:
        raise UpdateError("update.trailing_bytes", extra=body_bytes - reached)


def _floats(entry: _Entry, body: memoryview) -> NDArray[Any]:
    raw = body[entry.begin : entry.end]
    if entry.dtype == "BF16":
        # bfloat16 is the upper half of a float32
        widened: NDArray[Any] = np.frombuffer(raw, "<u2").astype("<u4") << 16
        return widened.view("<f4")
    return np.frombuffer(raw, _FLOATS.get(entry.dtype, "u1"))
