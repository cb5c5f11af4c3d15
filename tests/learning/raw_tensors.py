"""Tensor bytes written by hand, as an attacker would."""

import json
import struct

import numpy as np
from numpy.typing import NDArray

from fedmarket.learning.tensors import TensorSpec

SPEC = TensorSpec({"bias": (2,), "weight": (3, 2)}, "I32")
ROOM = 10_000
DTYPES = {"float32": "F32", "float64": "F64", "float16": "F16", "int32": "I32", "int64": "I64", "uint16": "BF16"}


def framed(header: bytes | str, body: bytes) -> bytes:
    text = header.encode() if isinstance(header, str) else header
    return struct.pack("<Q", len(text)) + text + body


def entry(dtype: str, shape: list[int], begin: int, end: int) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def written(**arrays: NDArray[np.generic]) -> bytes:
    """Well-formed safetensors of any arrays, in the order given (uint16 stands for bfloat16)."""
    header, body = {}, b""
    for name, array in arrays.items():
        begin = len(body)
        body += array.tobytes()
        header[name] = entry(DTYPES[str(array.dtype)], list(array.shape), begin, len(body))
    text = json.dumps(header, separators=(",", ":"))
    return framed(text + " " * (-len(text) % 8), body)


def good() -> dict[str, NDArray[np.int32]]:
    return {"bias": np.array([1, -2], np.int32), "weight": np.arange(6, dtype=np.int32).reshape(3, 2)}
