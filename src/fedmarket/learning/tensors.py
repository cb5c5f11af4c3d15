"""Named arrays with one byte string per content: safetensors in a single fixed spelling.

An array set is accepted only where its header is, byte for byte, the one that its `TensorSpec` prescribes;
everything else is refused, and `tensor_faults` finds the name of the fault.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import UpdateError
from fedmarket.learning.tensor_faults import refuse, refuse_non_finite

Tensors = dict[str, NDArray[Any]]
Buffer = bytes | memoryview
Dtype = Literal["F32", "I32", "I64"]

NUMPY_DTYPES: Mapping[Dtype, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "I32": np.dtype("<i4"),
    "I64": np.dtype("<i8"),
}


@dataclass(frozen=True)
class TensorSpec:
    """What a set of tensors must look like: a shape for every name, and one dtype for all.

    Models are "F32", updates "I32" (fixed point) and a round's integer aggregate "I64".
    """

    shapes: Mapping[str, tuple[int, ...]]
    dtype: Dtype

    @property
    def names(self) -> list[str]:
        """The tensor names in their one order, sorted."""
        return sorted(self.shapes)

    @property
    def parameters(self) -> int:
        """The number of elements of all tensors together."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    @property
    def encoded_bytes(self) -> int:
        """The exact length of the canonical encoding, in bytes."""
        return len(self.header()) + self.parameters * NUMPY_DTYPES[self.dtype].itemsize

    def of(self, dtype: Dtype) -> "TensorSpec":
        """Return the same names and shapes with another dtype."""
        return TensorSpec(self.shapes, dtype)

    def zeros(self) -> Tensors:
        """Return tensors of this spec that hold zeros."""
        return {name: np.zeros(self.shapes[name], NUMPY_DTYPES[self.dtype]) for name in self.names}

    def header(self) -> bytes:
        """Return the canonical length and header: sorted names, contiguous data, padded to 8 bytes."""
        entries, begin = {}, 0
        for name in self.names:
            end = begin + math.prod(self.shapes[name]) * NUMPY_DTYPES[self.dtype].itemsize
            entries[name] = {
                "dtype": self.dtype,
                "shape": list(self.shapes[name]),
                "data_offsets": [begin, end],
            }
            begin = end
        text = json.dumps(entries, separators=(",", ":"), ensure_ascii=False).encode()
        text += b" " * (-len(text) % 8)
        return len(text).to_bytes(8, "little") + text


def spec_of(tensors: Tensors) -> TensorSpec:
    """Return the spec that `tensors` follow; raises ValueError where their dtypes differ or are unknown."""
    dtypes = {array.dtype.newbyteorder("<") for array in tensors.values()}
    found = [name for name, dtype in NUMPY_DTYPES.items() if {dtype} == dtypes]
    if not found:
        raise ValueError(f"tensors must share one dtype of {list(NUMPY_DTYPES)}, not {sorted(map(str, dtypes))}")
    return TensorSpec({name: array.shape for name, array in tensors.items()}, found[0])


def encode(tensors: Tensors) -> bytes:
    """Return the one canonical safetensors byte string of `tensors`, all of one dtype of F32, I32, I64.

    The same content gives the same bytes whatever the key order, memory order or byte order of the arrays.
    """
    return b"".join(pieces(tensors))


def pieces(tensors: Tensors) -> list[Buffer]:
    """Return `encode(tensors)` in pieces that share memory with the arrays where they can: nothing large is copied."""
    spec = spec_of(tensors)
    dtype = NUMPY_DTYPES[spec.dtype]
    return [spec.header(), *(np.ascontiguousarray(tensors[name], dtype=dtype).data for name in spec.names)]


def decode(data: bytes | memoryview, spec: TensorSpec, max_bytes: int) -> Tensors:
    """Read canonical bytes as arrays of exactly `spec`: views into `data`, nothing is copied.

    Raises UpdateError named after the fault: oversize, truncated, header_length, unreadable, duplicate_key,
    extra_tensor, missing_tensor, bad_offsets, trailing_bytes, nan, infinite, wrong_dtype, wrong_shape,
    not_canonical.
    """
    if len(data) > max_bytes:
        raise UpdateError("update.oversize", size=len(data), limit=max_bytes)
    header = spec.header()
    if bytes(data[: len(header)]) != header or len(data) != spec.encoded_bytes:
        refuse(data, spec.dtype, spec.shapes, 4 * len(header) + 4096)
    tensors, begin = {}, len(header)
    for name in spec.names:
        shape = spec.shapes[name]
        flat = np.frombuffer(data, NUMPY_DTYPES[spec.dtype], math.prod(shape), begin)
        refuse_non_finite(name, flat)
        tensors[name] = flat.reshape(shape)
        begin += flat.nbytes
    return tensors


def model_id(tensors: Tensors) -> bytes:
    """Return the 32-byte sha256 of the canonical bytes."""
    return sha256(encode(tensors)).digest()


def flatten(tensors: Tensors) -> NDArray[Any]:
    """Return all elements as one vector (p,): tensors in sorted order of their names, each row by row."""
    return np.concatenate([tensors[name].ravel() for name in sorted(tensors)])


def unflatten(vector: NDArray[Any], spec: TensorSpec) -> Tensors:
    """Undo `flatten`: views into `vector` (p,) in the shapes of `spec`, with the vector's own dtype."""
    if vector.shape != (spec.parameters,):
        raise ValueError(f"expected a vector of {spec.parameters} elements, not one of shape {vector.shape}")
    tensors, begin = {}, 0
    for name in spec.names:
        size = math.prod(spec.shapes[name])
        tensors[name] = vector[begin : begin + size].reshape(spec.shapes[name])
        begin += size
    return tensors


def difference(after: Tensors, before: Tensors) -> Tensors:
    """Return `after - before` in float64, tensor by tensor."""
    return {name: np.subtract(after[name], before[name], dtype=np.float64) for name in sorted(before)}
