from pathlib import Path

import numpy as np
import pytest

from fedmarket.domain.terms import DataSchema
from fedmarket.learning.csv_file import read_csv
from fedmarket.learning.table import fold_weights, folds, regression_schema, schema_from_arrays, table_from_arrays

from .refusals import refused

SCHEMA = DataSchema(
    features=("age", "size"),
    means=("50", "2.5"),
    scales=("10", "0.5"),
    target="result",
    classes=("benign", "malignant"),
)
GOOD = "age,size,result\n60,2.5,benign\n40,3.5,malignant\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clinic.csv"


def test_a_file_that_is_not_there_is_refused(path: Path) -> None:
    with refused("data.no_such_file", "clinic.csv"):
        read_csv(path, SCHEMA)


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with refused("data.unreadable", str(tmp_path)):
        read_csv(tmp_path, SCHEMA)


def test_missing_columns_are_refused_by_name(path: Path) -> None:
    path.write_text("age,Size,outcome\n60,2.5,benign\n")
    with refused("data.missing_columns", "size, result"):
        read_csv(path, SCHEMA)


def test_a_column_named_twice_is_refused(path: Path) -> None:
    path.write_text("age,size,age,result\n60,2.5,61,benign\n")
    with refused("data.duplicate_column", "age"):
        read_csv(path, SCHEMA)


@pytest.mark.parametrize(
    "text", ["sixty", "60 years", "1,200", "1_200", "٦٠", "0x3c", "=1+1", "6 0", "x" * 60], ids=lambda text: text[:9]
)
def test_text_in_a_number_is_refused_with_row_column_and_value(path: Path, text: str) -> None:
    path.write_text(GOOD + f'"{text}",2.5,benign\n', encoding="utf-8")
    with refused("data.not_a_number", text[:40]):
        read_csv(path, SCHEMA)
    with refused("data.not_a_number", "4"):
        read_csv(path, SCHEMA)
    with refused("data.not_a_number", "age"):
        read_csv(path, SCHEMA)


@pytest.mark.parametrize("row", [",2.5,benign", "60, ,benign", "60,NaN,benign", "NA,2.5,benign", "60,2.5,", "60"])
def test_a_missing_value_is_refused(path: Path, row: str) -> None:
    path.write_text(GOOD + row + "\n")
    with refused("data.missing_value", "4"):
        read_csv(path, SCHEMA)


@pytest.mark.parametrize("text", ["1e999", "-1e999"])
def test_a_value_beyond_all_numbers_is_refused(path: Path, text: str) -> None:
    path.write_text(GOOD + f"{text},2.5,benign\n")
    with refused("data.not_finite", "age"):
        read_csv(path, SCHEMA)


def test_infinity_as_a_word_is_not_a_number(path: Path) -> None:
    path.write_text(GOOD + "inf,2.5,benign\n")
    with refused("data.not_a_number", "inf"):
        read_csv(path, SCHEMA)


def test_an_unknown_class_is_refused_naming_those_known(path: Path) -> None:
    path.write_text(GOOD + "60,2.5,Benign\n")
    with refused("data.unknown_class", "benign, malignant"):
        read_csv(path, SCHEMA)


def test_of_many_classes_the_refusal_names_the_first_and_their_number() -> None:
    schema = DataSchema(("age",), ("0",), ("1",), "result", tuple(f"kind {i}" for i in range(90)))
    with refused("data.unknown_class", "kind 11, … (90)"):
        table_from_arrays([[1]], ["other"], schema)


def test_one_class_only_is_refused(path: Path) -> None:
    path.write_text("age,size,result\n60,2.5,benign\n40,3.5,benign\n")
    with refused("data.one_class", "benign"):
        read_csv(path, SCHEMA)


@pytest.mark.parametrize("text", ["", "\n", "age,size,result\n", "age,size,result\n\n , ,\n"])
def test_a_file_without_rows_is_refused(path: Path, text: str) -> None:
    path.write_text(text)
    with refused("data.no_rows"):
        read_csv(path, SCHEMA)


def test_more_cells_than_columns_are_refused(path: Path) -> None:
    path.write_text(GOOD + "1,200,2.5,benign\n")
    with refused("data.too_many_cells", "4"):
        read_csv(path, SCHEMA)


def test_a_nul_character_is_refused(path: Path) -> None:
    path.write_bytes(GOOD.encode() + b"60,2\x00.5,benign\n")
    with refused("data.nul", "4"):
        read_csv(path, SCHEMA)


@pytest.mark.parametrize("codec", ["gbk", "utf-16"])
def test_another_encoding_than_utf8_is_refused(path: Path, codec: str) -> None:
    path.write_bytes((GOOD + "60,2.5,恶性\n").encode(codec))
    with refused("data.encoding", "clinic.csv"):
        read_csv(path, SCHEMA)


@pytest.mark.parametrize(
    "row", ["60," + "9" * 200_000 + ",benign", '60,"2.5,benign'], ids=["a huge cell", "an open quote"]
)
def test_malformed_csv_is_refused(path: Path, row: str) -> None:
    path.write_text(GOOD + row + "\n")
    with refused("data.malformed"):
        read_csv(path, SCHEMA)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_good_file_is_standardised_by_the_schemas_constants(path: Path, codec: str, newline: str) -> None:
    text = "id,result, size ,age\n7,benign,2.5,60\n\n8,malignant,3.5e0, +40\n"
    path.write_bytes(text.replace("\n", newline).encode(codec))
    table = read_csv(path, SCHEMA)
    assert table.features.tolist() == [[1.0, 0.0], [-1.0, 2.0]]
    assert table.labels.tolist() == [0, 1]


def test_arrays_make_the_same_table_as_a_file(path: Path) -> None:
    path.write_text(GOOD)
    from_file, from_arrays = (
        read_csv(path, SCHEMA),
        table_from_arrays([[60, 2.5], [40, 3.5]], ["benign", "malignant"], SCHEMA),
    )
    assert np.array_equal(from_file.features, from_arrays.features)
    assert np.array_equal(from_file.labels, from_arrays.labels)


BAD_ARRAYS = {
    "text": ([[1, "x"], [1, 2]], ["benign", "malignant"], "data.not_numeric"),
    "ragged rows": ([[1, 2], [1]], ["benign", "malignant"], "data.not_numeric"),
    "no rows": ([], [], "data.no_rows"),
    "three columns": ([[1, 2, 3]] * 2, ["benign", "malignant"], "data.bad_shape"),
    "fewer labels": ([[1, 2]] * 2, ["benign"], "data.bad_shape"),
    "a missing value": ([[1, np.nan], [1, 2]], ["benign", "malignant"], "data.missing_value"),
    "an infinite value": ([[1, 2], [np.inf, 2]], ["benign", "malignant"], "data.not_finite"),
    "an unknown class": ([[1, 2]] * 2, ["benign", 1], "data.unknown_class"),
    "one class": ([[1, 2]] * 2, ["benign", "benign"], "data.one_class"),
}


@pytest.mark.parametrize(("features", "labels", "fault"), BAD_ARRAYS.values(), ids=BAD_ARRAYS)
def test_bad_arrays_are_refused_like_bad_files(features: list[list[float]], labels: list[str], fault: str) -> None:
    with refused(fault):
        table_from_arrays(features, labels, SCHEMA)


def test_a_constant_column_is_refused() -> None:
    with refused("data.constant_column", "size"):
        schema_from_arrays([[1, 2], [3, 2]], [0, 1], ["age", "size"])


def test_a_schema_made_from_arrays_standardises_them() -> None:
    rng = np.random.default_rng(0)
    raw = rng.normal([1e-4, 3e6], [1e-5, 2e5], (400, 2))
    schema = schema_from_arrays(raw, rng.integers(3, size=400), ["small", "large"])
    table = table_from_arrays(raw, [0, 1, 2] * 133 + [1], schema)
    assert schema.classes == ("0", "1", "2")
    assert not any("e" in text for text in (*schema.means, *schema.scales))
    assert np.allclose(table.features.mean(axis=0), 0, atol=1e-4)
    assert np.allclose(table.features.std(axis=0), 1, atol=1e-4)


@pytest.mark.parametrize(("rows", "expected"), [(3, 3), (10, 10), (114, 10)])
def test_folds_are_interleaved_and_none_is_empty(rows: int, expected: int) -> None:
    sizes = np.bincount(folds(rows))
    assert len(sizes) == expected and sizes.max() - sizes.min() <= 1
    assert folds(rows)[:3].tolist() == [0, 1, 2]
    assert fold_weights(folds(rows)).sum() == pytest.approx(1)


PRICES = DataSchema(
    features=("age", "size"),
    means=("50", "2.5"),
    scales=("10", "0.5"),
    target="price",
    classes=(),
    target_mean="1000",
    target_scale="250",
)
PRICED = "age,size,price\n60,2.5,1250\n40,3.5,875.0\n"


def test_a_target_that_is_a_number_is_read_and_standardised(path: Path) -> None:
    path.write_text(PRICED)
    from_file = read_csv(path, PRICES)
    from_arrays = table_from_arrays([[60, 2.5], [40, 3.5]], [1250, "875"], PRICES)
    assert from_file.labels.tolist() == from_arrays.labels.tolist() == [1.0, -0.5]
    assert from_file.labels.dtype == from_arrays.labels.dtype == np.float64


@pytest.mark.parametrize(
    ("cell", "fault"),
    [("dear", "not_a_number"), ("1,000", "not_a_number"), ("", "missing_value"), ("1e999", "not_finite")],
)
def test_a_target_that_is_no_number_is_refused_with_its_row(path: Path, cell: str, fault: str) -> None:
    path.write_text(PRICED + f'50,2.5,"{cell}"\n')
    with refused(f"data.{fault}", "price"):
        read_csv(path, PRICES)


BAD_TARGETS = [("dear", "not_a_number"), (None, "not_a_number"), (np.nan, "missing_value"), (-np.inf, "not_finite")]


@pytest.mark.parametrize(("target", "fault"), BAD_TARGETS)
def test_bad_targets_in_arrays_are_refused_with_their_row(target: object, fault: str) -> None:
    with refused(f"data.{fault}", "3"):
        table_from_arrays([[60, 2.5]] * 3, [1, 2, target], PRICES)


def test_a_target_that_never_varies_is_refused_by_name(path: Path) -> None:
    path.write_text("age,size,price\n60,2.5,1250\n40,3.5,1250.0\n")
    with refused("data.constant_target", "1250"):
        read_csv(path, PRICES)
    with refused("data.constant_target", "price"):
        table_from_arrays([[60, 2.5], [40, 3.5]], [7, 7], PRICES)
    with refused("data.constant_target", "price"):
        regression_schema([[60, 2.5], [40, 3.5]], [7, 7], ["age", "size"], "price")


def test_a_schema_of_a_number_standardises_it() -> None:
    rng = np.random.default_rng(0)
    raw, targets = rng.normal(size=(400, 2)), rng.normal(2e5, 3e4, size=400)
    schema = regression_schema(raw, targets, ["a", "b"], "price")
    assert schema.regression and schema.target == "price"
    table = table_from_arrays(raw, targets, schema)
    assert abs(table.labels.mean()) < 1e-4
    assert abs(table.labels.std() - 1) < 1e-4
