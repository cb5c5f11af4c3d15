"""The validation set as bytes: what is packed comes back, and what does not fit the schema is refused."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from fedmarket.domain.terms import DataSchema
from fedmarket.learning.table import raw_labels, table_from_arrays
from fedmarket.learning.validation import SALT_BYTES, pack_validation, unpack_validation

from .refusals import refused

CLASSES = DataSchema(("a", "b"), ("1", "-2"), ("0.5", "4"), "kind", ("x", "y"))
NUMBER = replace(CLASSES, target="price", classes=(), target_mean="100", target_scale="20")
FEATURES = np.array([[1.5, 2.0], [0.5, -6.0], [1.0, 0.1]])
SALT = bytes(range(SALT_BYTES))
LABELS: dict[str, tuple[DataSchema, list[Any]]] = {
    "classes": (CLASSES, ["x", "y", "x"]),
    "a number": (NUMBER, [80.0, 110.5, 100.0]),
}


def packed(schema: DataSchema, labels: list[Any], features: np.ndarray = FEATURES) -> bytes:
    return pack_validation(features, raw_labels(labels, schema), SALT)


@pytest.mark.parametrize(("schema", "labels"), LABELS.values(), ids=list(LABELS))
def test_what_is_packed_comes_back_standardised(schema: DataSchema, labels: list[Any]) -> None:
    found, expected = unpack_validation(packed(schema, labels), schema), table_from_arrays(FEATURES, labels, schema)
    assert np.array_equal(found.features, expected.features)
    assert np.array_equal(found.labels, expected.labels)
    assert found.labels.dtype == expected.labels.dtype


def test_a_number_is_standardised_by_the_terms_constants() -> None:
    table = unpack_validation(packed(NUMBER, [80.0, 110.0, 100.0]), NUMBER)
    assert table.labels.tolist() == [-1.0, 0.5, 0.0]


@pytest.mark.parametrize(("schema", "labels"), LABELS.values(), ids=list(LABELS))
def test_the_salt_alone_changes_the_commitment(schema: DataSchema, labels: list[Any]) -> None:
    other = pack_validation(FEATURES, raw_labels(labels, schema), bytes(SALT_BYTES))
    assert sha256(other).digest() != sha256(packed(schema, labels)).digest()


@pytest.mark.parametrize(("schema", "labels"), LABELS.values(), ids=list(LABELS))
@pytest.mark.parametrize("cut", [0, 10, SALT_BYTES, SALT_BYTES + 8, -8, -1])
def test_cut_or_longer_bytes_are_refused(schema: DataSchema, labels: list[Any], cut: int) -> None:
    data = packed(schema, labels)
    for damaged in (data[:cut], data + b"\0"):
        with refused("data.bad_validation"):
            unpack_validation(damaged, schema)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_features_that_would_break_every_evaluation_are_refused(value: float) -> None:
    features = FEATURES.copy()
    features[1, 1] = value
    for schema, labels in LABELS.values():
        with refused("data.bad_validation"):
            unpack_validation(packed(schema, labels, features), schema)


@pytest.mark.parametrize("numbers", [[0, 1, 2], [-1, 0, 1]])
def test_class_numbers_without_a_class_are_refused(numbers: list[int]) -> None:
    data = pack_validation(FEATURES, np.array(numbers, np.int64), SALT)
    with refused("data.bad_validation"):
        unpack_validation(data, CLASSES)


@pytest.mark.parametrize("targets", [[np.nan, 1, 2], [np.inf, 1, 2], [1e300, 1, 2], [3e7, 1, 2]])
def test_targets_that_are_no_numbers_or_far_out_are_refused(targets: list[float]) -> None:
    data = pack_validation(FEATURES, np.array(targets, np.float64), SALT)
    with refused("data.bad_validation"):
        unpack_validation(data, NUMBER)


def test_targets_that_hardly_vary_are_refused_as_skill_would_divide_by_nothing() -> None:
    near_zero = replace(NUMBER, target_mean="0")
    with refused("data.bad_validation"):
        unpack_validation(packed(near_zero, [0.0, 1e-200, 0.0]), near_zero)
    with refused("data.constant_target", "price"):
        unpack_validation(packed(NUMBER, [5.0, 5.0, 5.0]), NUMBER)


def test_a_validation_set_of_the_other_kind_is_refused() -> None:
    with refused("data.bad_validation"):
        unpack_validation(packed(NUMBER, [80.0, 110.5, 100.0]), CLASSES)
