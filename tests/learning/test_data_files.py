"""Parquet and NumPy files give the tables that the same CSV gives, and what cannot be read is refused by name."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from fedmarket.domain.terms import DataSchema
from fedmarket.learning.data_file import read_sheet, read_table
from fedmarket.learning.sheet import Numbers, Texts

from .refusals import refused

SCHEMA = DataSchema(
    features=("age", "job=clerk", "job=nurse", "age="),
    means=("50", "0", "0", "0"),
    scales=("10", "1", "1", "1"),
    target="repaid",
    classes=("no", "yes"),
)
CSV = "age,job,repaid\n60,clerk,yes\n,nurse,no\n40,nurse,no\n"
EXPECTED = [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0], [-1.0, 0.0, 1.0, 0.0]]


def parquet_file(path: Path, **columns: Any) -> Path:
    parquet.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize("name", ["table.xlsx", "table", "table.pkl", "table.csv.gz"])
def test_an_ending_that_names_no_format_is_refused(tmp_path: Path, name: str) -> None:
    with refused("data.unknown_format", ".parquet"):
        read_sheet(tmp_path / name, "y")


@pytest.mark.parametrize("name", ["gone.csv", "gone.parquet", "gone.npz"])
def test_a_file_that_is_not_there_is_refused_whatever_its_format(tmp_path: Path, name: str) -> None:
    with refused("data.no_such_file", name):
        read_sheet(tmp_path / name, "y")


@pytest.mark.parametrize(("name", "fault"), [("bad.parquet", "data.bad_parquet"), ("bad.npz", "data.bad_npz")])
def test_a_file_that_only_has_the_ending_is_refused(tmp_path: Path, name: str, fault: str) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04 this is not it")
    with refused(fault, name):
        read_sheet(tmp_path / name, "y")


@pytest.mark.parametrize("name", ["folder.csv", "folder.parquet", "folder.npz"])
def test_a_folder_is_refused_whatever_its_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with refused("data.unreadable", name):
        read_sheet(tmp_path / name, "y")


def test_without_pyarrow_one_sentence_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with refused("data.no_pyarrow", "fedmarket[parquet]"):
        read_sheet(tmp_path / "table.parquet", "y")


class TestParquet:
    def test_it_gives_the_table_that_the_csv_gives(self, tmp_path: Path) -> None:
        (tmp_path / "t.csv").write_text(CSV)
        path = parquet_file(
            tmp_path / "t.parquet", age=[60, None, 40], job=["clerk", "nurse", "nurse"], repaid=["yes", "no", "no"]
        )
        from_csv, from_parquet = read_table(tmp_path / "t.csv", SCHEMA), read_table(path, SCHEMA)
        assert from_csv.features.tolist() == from_parquet.features.tolist() == EXPECTED
        assert from_csv.labels.tolist() == from_parquet.labels.tolist() == [1, 0, 0]

    def test_every_type_of_column_is_numbers_or_texts_or_named_as_neither(self, tmp_path: Path) -> None:
        path = parquet_file(
            tmp_path / "t.parquet",
            small=pa.array([1, None], pa.int8()),
            money=pa.array(["1.50", "2"]).cast(pa.decimal128(5, 2)),
            flag=[True, False],
            when=pa.array([0, 86_400], pa.timestamp("s")),
            group=pa.array(["a", "b"]).dictionary_encode(),
            digits=["1", "2"],
            nothing=pa.nulls(2),
            scan=[[1, 2], [3]],
        )
        columns = read_sheet(path, "y").columns
        assert isinstance(columns["small"], Numbers) and np.isnan(columns["small"].values[1])
        assert isinstance(columns["money"], Numbers) and columns["money"].values.tolist() == [1.5, 2]
        assert isinstance(columns["flag"], Texts) and columns["flag"].values == ("True", "False")
        assert isinstance(columns["when"], Texts) and columns["when"].values[1].startswith("1970-01-02")
        assert isinstance(columns["group"], Texts) and columns["group"].values == ("a", "b")
        assert isinstance(columns["digits"], Numbers)
        assert columns["nothing"].missing.all()
        with refused("data.unusable_column", "list"):
            read_table(path, DataSchema(("scan",), ("0",), ("1",), "group", ("a", "b")))


class TestNumpy:
    def test_it_gives_the_table_that_the_csv_gives(self, tmp_path: Path) -> None:
        path, schema = tmp_path / "t.npz", DataSchema(("age", "size"), ("0", "0"), ("1", "1"), "repaid", ("no", "yes"))
        for features, labels, names in (("X", "y", "names"), ("features", "labels", "feature_names")):
            arrays: dict[str, Any] = {
                features: np.array([[60, 1.5], [40, 2]]),
                labels: np.array(["yes", "no"]),
                names: np.array(["age", "size"]),
            }
            np.savez(path, **arrays)
            table = read_table(path, schema)
            assert table.features.tolist() == [[60, 1.5], [40, 2]] and table.labels.tolist() == [1, 0]

    def test_columns_without_names_are_numbered(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "t.npz", X=np.eye(3), y=np.arange(3))
        assert list(read_sheet(tmp_path / "t.npz", "kind").columns) == ["feature_0", "feature_1", "feature_2", "kind"]

    def test_objects_are_refused_unopened(self, tmp_path: Path) -> None:
        class Bomb:
            def __reduce__(self) -> tuple[Any, ...]:
                return (pytest.fail, ("it was unpickled",))

        np.savez(tmp_path / "t.npz", X=np.array([[Bomb()]], object), y=np.zeros(1))
        with refused("data.bad_npz", "allow_pickle"):
            read_sheet(tmp_path / "t.npz", "y")

    def test_arrays_of_other_names_or_shapes_are_refused(self, tmp_path: Path) -> None:
        np.savez(tmp_path / "names.npz", images=np.eye(3), y=np.arange(3))
        with refused("data.npz_arrays", "images"):
            read_sheet(tmp_path / "names.npz", "y")
        np.savez(tmp_path / "rows.npz", X=np.eye(3), y=np.arange(2))
        with refused("data.bad_shape", "(2,)"):
            read_sheet(tmp_path / "rows.npz", "y")
        np.savez(tmp_path / "titles.npz", X=np.eye(3), y=np.arange(3), names=np.array(["a"]))
        with refused("data.bad_shape", "3 names"):
            read_sheet(tmp_path / "titles.npz", "y")


def test_a_provider_rebuilds_one_hot_and_filled_features_from_their_names(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(CSV)
    assert read_table(tmp_path / "t.csv", SCHEMA).features.tolist() == EXPECTED


def test_a_value_that_the_terms_do_not_name_is_refused_naming_those_they_do(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(CSV.replace("40,nurse", "40,pilot"))
    with refused("data.unknown_value", "clerk, nurse"):
        read_table(tmp_path / "t.csv", SCHEMA)
    with refused("data.unknown_value", "4"):
        read_table(tmp_path / "t.csv", SCHEMA)


def test_an_empty_cell_is_refused_where_the_terms_do_not_fill_it(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(CSV.replace("40,nurse", "40,"))
    with refused("data.missing_value", "job"):
        read_table(tmp_path / "t.csv", SCHEMA)


def test_a_column_without_any_value_cannot_be_filled(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("age,job,repaid\n,clerk,yes\n,nurse,no\n")
    with refused("data.nothing_to_fill_from", "age"):
        read_table(tmp_path / "t.csv", SCHEMA)


def test_a_filled_text_takes_the_most_frequent_value(tmp_path: Path) -> None:
    schema = DataSchema(("job=clerk", "job=nurse", "job="), ("0",) * 3, ("1",) * 3, "repaid", ("no", "yes"))
    (tmp_path / "t.csv").write_text("job,repaid\nclerk,yes\nnurse,no\nnurse,no\n,yes\n")
    assert read_table(tmp_path / "t.csv", schema).features.tolist()[-1] == [0, 1, 1]


def test_a_number_may_stand_for_a_category(tmp_path: Path) -> None:
    schema = DataSchema(("ward=1", "ward=2"), ("0", "0"), ("1", "1"), "y", ("0", "1"))
    (tmp_path / "t.csv").write_text("ward,y\n1,0\n2.0,1\n")
    assert read_table(tmp_path / "t.csv", schema).features.tolist() == [[1, 0], [0, 1]]


def test_a_column_whose_own_name_has_an_equals_sign_is_found(tmp_path: Path) -> None:
    schema = DataSchema(("a=b", "a=b=c", "a=b=d"), ("0",) * 3, ("1",) * 3, "y", ("0", "1"))
    (tmp_path / "t.csv").write_text("a=b,y\n1,0\n2,1\n")
    with refused("data.unknown_value"):
        read_table(tmp_path / "t.csv", schema)


def test_a_target_that_is_a_number_is_read_and_standardised(tmp_path: Path) -> None:
    schema = DataSchema(("a",), ("0",), ("1",), "y", (), "10", "5")
    (tmp_path / "t.csv").write_text("a,y\n1,15\n2,5\n")
    assert read_table(tmp_path / "t.csv", schema).labels.tolist() == [1, -1]
    (tmp_path / "t.csv").write_text("a,y\n1,15\n2,five\n")
    with refused("data.not_a_number", "five"):
        read_table(tmp_path / "t.csv", schema)
