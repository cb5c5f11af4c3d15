import json

import numpy as np
import pytest

from fedmarket.domain.errors import UpdateError
from fedmarket.learning.tensors import TensorSpec, decode, encode

from .raw_tensors import ROOM, SPEC, entry, framed, good, written
from .refusals import refused

CANONICAL = encode(good())
LENGTH = int.from_bytes(CANONICAL[:8], "little")
HEADER, BODY = CANONICAL[8 : 8 + LENGTH], CANONICAL[8 + LENGTH :]


def read(data: bytes) -> None:
    decode(data, SPEC, ROOM)


def floats(dtype: str, value: float) -> bytes:
    bias = np.array([0.5, value], dtype)
    return written(bias=bias, weight=np.zeros((3, 2), dtype))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_nan_is_refused_before_the_dtype_is(dtype: str) -> None:
    with refused("update.nan", "bias"):
        read(floats(dtype, np.nan))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinity_is_refused_before_the_dtype_is(dtype: str, value: float) -> None:
    with refused("update.infinite", "bias"):
        read(floats(dtype, value))


@pytest.mark.parametrize(("bits", "fault"), [(0x7FC0, "nan"), (0x7F80, "infinite"), (0xFF80, "infinite")])
def test_bfloat16_nan_and_infinity_are_seen_too(bits: int, fault: str) -> None:
    with refused(f"update.{fault}", "weight"):
        read(written(bias=np.zeros(2, np.uint16), weight=np.full((3, 2), bits, np.uint16)))


def test_a_model_with_nan_or_infinity_is_refused() -> None:
    spec = TensorSpec({"bias": (2,)}, "F32")
    with refused("update.nan", "bias"):
        decode(encode({"bias": np.array([1, np.nan], np.float32)}), spec, ROOM)
    with refused("update.infinite", "bias"):
        decode(encode({"bias": np.array([1, -np.inf], np.float32)}), spec, ROOM)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int64", "uint16"])
def test_another_dtype_is_refused(dtype: str) -> None:
    with refused("update.wrong_dtype", "bias"):
        read(written(bias=np.zeros(2, dtype), weight=np.zeros((3, 2), dtype)))


@pytest.mark.parametrize("shape", [(2, 3), (6,), (3, 2, 1), (0,), (4, 2), ()])
def test_another_shape_is_refused_even_with_as_many_elements(shape: tuple[int, ...]) -> None:
    with refused("update.wrong_shape", str(list(shape))):
        read(written(bias=good()["bias"], weight=np.ones(shape, np.int32)))


def test_an_extra_tensor_is_refused() -> None:
    with refused("update.extra_tensor", "secret"):
        read(written(**good(), secret=np.ones(1, np.int32)))


def test_a_missing_tensor_is_refused() -> None:
    with refused("update.missing_tensor", "weight"):
        read(written(bias=good()["bias"]))


def test_a_duplicate_key_is_refused() -> None:
    text = HEADER.decode().rstrip().replace('{"bias"', '{"weight":{},"bias"', 1)
    with refused("update.duplicate_key", "weight"):
        read(framed(text, BODY))


def test_a_duplicate_key_within_an_entry_is_refused() -> None:
    with refused("update.duplicate_key", "dtype"):
        read(framed(HEADER.decode().replace('"dtype":"I32"', '"dtype":"F32","dtype":"I32"', 1), BODY))


@pytest.mark.parametrize("size", [0, 7, 8, 20, len(CANONICAL) - 1])
def test_a_truncated_file_is_refused(size: int) -> None:
    with refused("update.truncated"):
        read(CANONICAL[:size])


def test_an_oversize_file_is_refused() -> None:
    with refused("update.oversize", str(ROOM)):
        read(CANONICAL + bytes(ROOM))


def test_a_header_length_that_lies_is_refused() -> None:
    with refused("update.header_length", str(2**63)):
        read((2**63).to_bytes(8, "little") + CANONICAL[8:])


def test_a_header_far_longer_than_any_valid_one_is_refused_before_it_is_read() -> None:
    with refused("update.header_length", "9000"):
        read(framed(HEADER + b" " * (9000 - LENGTH), BODY))


def test_trailing_bytes_are_refused() -> None:
    with refused("update.trailing_bytes", "3"):
        read(CANONICAL + b"zip")


OFFSETS = {
    "overlapping": [entry("I32", [2], 0, 8), entry("I32", [3, 2], 4, 28)],
    "gapped": [entry("I32", [2], 0, 8), entry("I32", [3, 2], 12, 36)],
    "not from zero": [entry("I32", [2], 8, 16), entry("I32", [3, 2], 16, 40)],
    "backwards": [entry("I32", [2], 8, 0), entry("I32", [3, 2], 8, 32)],
    "of another size than the shape": [entry("I32", [2], 0, 12), entry("I32", [3, 2], 12, 36)],
    "overflowing": [entry("I32", [2**62, 2**62], 0, 8), entry("I32", [3, 2], 8, 32)],
}


@pytest.mark.parametrize("entries", OFFSETS.values(), ids=OFFSETS)
def test_offsets_that_do_not_tile_the_data_are_refused(entries: list[dict[str, object]]) -> None:
    with refused("update.bad_offsets"):
        read(framed(json.dumps(dict(zip(("bias", "weight"), entries, strict=True))), bytes(40)))


SPELLINGS = {
    "a space": HEADER.replace(b":", b": ", 1),
    "other key order": json.dumps(json.loads(HEADER), sort_keys=True, separators=(",", ":")).encode(),
    "other padding": HEADER.rstrip() + b" " * 15,
    "an escaped name": HEADER.replace(b"bias", b"b\\u0069as"),
    "metadata": HEADER.replace(b"{", b'{"__metadata__":{"a":"b"},', 1),
}


@pytest.mark.parametrize("header", SPELLINGS.values(), ids=SPELLINGS)
def test_the_same_tensors_spelt_otherwise_are_refused(header: bytes) -> None:
    with refused("update.not_canonical"):
        read(framed(header, BODY))


def test_tensors_in_another_order_are_refused() -> None:
    with refused("update.not_canonical"):
        read(written(weight=good()["weight"], bias=good()["bias"]))


UNREADABLE = {
    "not JSON": b"pickle",
    "not text": b"\xff\xfe\x00\x01",
    "a list": b"[]",
    "an entry that is a number": b'{"bias":1}',
    "a negative size": b'{"bias":{"dtype":"I32","shape":[-2],"data_offsets":[0,8]}}',
    "a boolean size": b'{"bias":{"dtype":"I32","shape":[true],"data_offsets":[0,8]}}',
    "a fraction": b'{"bias":{"dtype":"I32","shape":[2.0],"data_offsets":[0,8]}}',
    "an unknown dtype": b'{"bias":{"dtype":"STR","shape":[2],"data_offsets":[0,8]}}',
    "three offsets": b'{"bias":{"dtype":"I32","shape":[2],"data_offsets":[0,4,8]}}',
    "deep nesting": b"[" * 4_000,
    "a number of 4400 digits": b'{"bias":' + b"9" * 4_400 + b"}",
}


@pytest.mark.parametrize("header", UNREADABLE.values(), ids=UNREADABLE)
def test_a_header_that_is_no_header_is_refused(header: bytes) -> None:
    with refused("update.unreadable"):
        read(framed(header, BODY))


def test_no_single_changed_byte_of_the_header_is_accepted() -> None:
    for place in range(8 + LENGTH):
        damaged = bytearray(CANONICAL)
        damaged[place] ^= 1
        with pytest.raises(UpdateError):
            read(bytes(damaged))
