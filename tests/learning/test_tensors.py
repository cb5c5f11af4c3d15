import hashlib

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from fedmarket.learning.tensors import (
    TensorSpec,
    decode,
    difference,
    encode,
    flatten,
    model_id,
    spec_of,
    unflatten,
)

from .raw_tensors import ROOM, SPEC, good


def test_what_is_encoded_is_decoded_again() -> None:
    found = decode(encode(good()), SPEC, ROOM)
    assert list(found) == ["bias", "weight"]
    assert all(np.array_equal(found[name], array) for name, array in good().items())


def test_an_array_set_has_one_encoding_whatever_its_key_memory_or_byte_order() -> None:
    bias, weight = good()["bias"], good()["weight"]
    spellings = [
        {"weight": weight, "bias": bias},
        {"bias": bias, "weight": np.asfortranarray(weight)},
        {"bias": bias.astype(">i4"), "weight": np.repeat(weight, 2, axis=0)[::2]},
    ]
    assert {encode(each) for each in spellings} == {encode(good())}


def test_the_encoding_is_what_the_safetensors_library_writes_and_reads() -> None:
    assert encode(good()) == safetensors.numpy.save(dict(good()))
    assert np.array_equal(safetensors.numpy.load(encode(good()))["weight"], good()["weight"])


def test_different_content_has_different_bytes() -> None:
    changed = {**good(), "bias": np.array([1, -3], np.int32)}
    reshaped = {**good(), "weight": good()["weight"].reshape(2, 3)}
    retyped = {name: array.astype(np.float32) for name, array in good().items()}
    assert len({encode(each) for each in (good(), changed, reshaped, retyped)}) == 4


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1), st.integers(0, 3), min_size=1))
def test_any_names_survive_and_the_size_is_known_in_advance(sizes: dict[str, int]) -> None:
    spec = TensorSpec({name: (size,) for name, size in sizes.items()}, "F32")
    data = encode(spec.zeros())
    assert len(data) == spec.encoded_bytes
    assert encode(decode(data, spec, len(data))) == data


def test_a_models_id_is_the_hash_of_its_bytes() -> None:
    assert model_id(good()) == hashlib.sha256(encode(good())).digest()


def test_flattening_follows_the_sorted_names_and_can_be_undone() -> None:
    vector = flatten({"weight": good()["weight"], "bias": good()["bias"]})
    assert vector.tolist() == [1, -2, 0, 1, 2, 3, 4, 5]
    assert encode(unflatten(vector, SPEC)) == encode(good())


def test_a_vector_of_another_length_cannot_be_unflattened() -> None:
    with pytest.raises(ValueError, match="8 elements"):
        unflatten(np.zeros(9), SPEC)


def test_tensors_of_mixed_or_unknown_dtypes_cannot_be_encoded() -> None:
    with pytest.raises(ValueError, match="one dtype"):
        spec_of({"a": np.zeros(1, np.float32), "b": np.zeros(1, np.int32)})
    with pytest.raises(ValueError, match="one dtype"):
        encode({"a": np.array(["x"], dtype=object)})


def test_a_difference_is_taken_in_float64() -> None:
    after, before = {"a": np.ones(1, np.float32)}, {"a": np.full(1, 2.0**-30, np.float32)}
    assert difference(after, before)["a"][0] == 1.0 - 2.0**-30
