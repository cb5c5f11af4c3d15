"""What a table's columns are, judged from their cells, and what becomes of empty ones."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fedmarket.domain.errors import LANGUAGES
from fedmarket.domain.terms import DataSchema
from fedmarket.learning.column_kinds import Kind, Layout, judge_columns
from fedmarket.learning.csv_file import csv_sheet
from fedmarket.learning.empty_cells import EmptyCells, without_empty_cells
from fedmarket.learning.features import feature_values, parse_feature
from fedmarket.learning.sheet import Sheet
from fedmarket.learning.standardise import constants, own_constants
from fedmarket.learning.target_kind import Target, imbalance, judge_target

from .refusals import refused

Cell = Callable[[int], object]


def sheet(tmp_path: Path, **columns: Cell) -> Sheet:
    """A sheet of 60 rows of columns given as functions of the row's number."""
    cells = [[str(cell(n)) for n in range(60)] for cell in columns.values()]
    path = tmp_path / "t.csv"
    lines = [",".join(columns), *(",".join(row) for row in zip(*cells, strict=True))]
    path.write_text("\n".join(lines) + "\n")
    return csv_sheet(path)


def judged(tmp_path: Path, **columns: Cell) -> Layout:
    return judge_columns(sheet(tmp_path, size=lambda n: n * n % 7, y=lambda n: n % 2, **columns), "y")


def reason(layout: Layout) -> str:
    (remark,) = layout.left_out
    for lang in ("en", "zh"):
        assert str(remark.params["column"]) in remark.sentence(lang)
    return remark.remark_id.removeprefix("columns.left_out_")


LEFT_OUT = {
    "a running number": ("row", lambda n: n + 100, "identifier"),
    "a number named as identifier": ("patient_id", lambda n: (n * 7919) % 997, "identifier"),
    "a different text in every row": ("who", lambda n: f"person {n}", "identifier"),
    "the same in every row": ("land", lambda n: "NO", "constant"),
    "the same number in every row": ("year", lambda n: 2026, "constant"),
    "nothing at all": ("gap", lambda n: "", "empty"),
    "dates": ("seen", lambda n: f"2026-0{n % 9 + 1}-1{n % 7}", "date"),
    "dates the European way": ("seen", lambda n: f"1{n % 7}.0{n % 9 + 1}.2026", "date"),
    "dates in Chinese": ("seen", lambda n: f"2026年{n % 9 + 1}月{n % 28 + 1}日", "date"),
    "free text": ("note", lambda n: f"words {n % 40}", "text"),
}


@pytest.mark.parametrize(("name", "cells", "why"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_a_column_that_teaches_nothing_is_left_out_and_named(tmp_path: Path, name: str, cells: Cell, why: str) -> None:
    assert reason(judged(tmp_path, **{name: cells})) == why


def test_a_number_that_differs_in_every_row_is_no_identifier_for_that_alone(tmp_path: Path) -> None:
    assert judged(tmp_path, population=lambda n: (n * 7919) % 997).left_out == ()


def test_numbers_yes_no_and_categories_are_told_apart(tmp_path: Path) -> None:
    layout = judged(tmp_path, smoker=lambda n: "yn"[n % 2], job=lambda n: "abc"[n % 3], age=lambda n: n * 3 % 50)
    assert {used.column: used.kind for used in layout.used} == {
        "size": Kind.NUMBER,
        "smoker": Kind.YES_NO,
        "job": Kind.CATEGORY,
        "age": Kind.NUMBER,
    }
    assert layout.features == ("size", "smoker=n", "smoker=y", "job=a", "job=b", "job=c", "age")
    assert layout.yes_no == (False, True, True, True, True, True, False)


def test_none_is_an_answer_among_texts_and_an_empty_cell_among_numbers(tmp_path: Path) -> None:
    layout = judged(tmp_path, drink=lambda n: ("none", "wine")[n % 2], age=lambda n: ("none", n * n)[n % 2])
    assert layout.features == ("size", "drink=none", "drink=wine", "age", "age=")


def test_a_stray_text_among_numbers_is_refused_with_its_row(tmp_path: Path) -> None:
    with refused("data.not_a_number", "12.5kg"):
        judged(tmp_path, weight=lambda n: "12.5kg" if n == 40 else n * n)
    with refused("data.not_a_number", "42"):
        judged(tmp_path, weight=lambda n: "12.5kg" if n == 40 else n * n)


def test_numbers_with_a_decimal_comma_are_refused_and_not_taken_for_words(tmp_path: Path) -> None:
    lines = [f"{n};{50 + n},{n % 10};{n % 2}" for n in range(60)]
    (tmp_path / "t.csv").write_text("a;weight;y\n" + "\n".join(lines) + "\n")
    with refused("data.decimal_comma", "50.0"):
        judge_columns(csv_sheet(tmp_path / "t.csv"), "y")


WRITTEN: dict[str, tuple[Cell, str, str]] = {
    "thousands or decimals": (lambda n: f"{n + 62},{800 + n}", "comma_or_thousands", "62.800"),
    "thousands or decimals, the other reading": (lambda n: f"{n + 62},{800 + n}", "comma_or_thousands", "62800"),
    "some numbers small enough": (lambda n: n * 9 if n < 9 else f"{n},{800 + n}", "comma_or_thousands", "9,809"),
    "one is not in thousands": (lambda n: f"{n},5" if n == 30 else f"{n + 1},{800 + n}", "decimal_comma", "30.5"),
    "a nought in front": (lambda n: f"0,{800 + n}", "decimal_comma", "0.800"),
    "millions": (lambda n: f"1,{n + 100},{800 + n}", "thousands", "1100800"),
    "decimals after thousands": (lambda n: f"{n + 1},{800 + n}.5", "thousands", "1800.5"),
    "the European way": (lambda n: f"{n + 1}.{800 + n},56", "thousands", "1800.56"),
    "the French way": (lambda n: f"{n + 1} {800 + n},56", "thousands", "1800.56"),
    "the Swiss way": (lambda n: f"{n + 1}'{800 + n}", "thousands", "1800"),
    "millions with points": (lambda n: f"-1.{n + 100}.{800 + n}", "thousands", "-1100800"),
    "no-break spaces": (lambda n: f"{n + 1}\u00a0{800 + n}", "thousands", "1800"),
}


@pytest.mark.parametrize(("cell", "fault", "plain"), WRITTEN.values(), ids=WRITTEN)
@pytest.mark.parametrize("place", ["feature", "target"])
def test_numbers_with_other_marks_are_refused_with_how_to_write_them(
    tmp_path: Path, cell: Cell, fault: str, plain: str, place: str
) -> None:
    lines = [f"{n * n};{cell(n)};{n % 2}" for n in range(60)]
    (tmp_path / "t.csv").write_text("a;weight;y\n" + "\n".join(lines) + "\n")
    found = csv_sheet(tmp_path / "t.csv")
    with refused(f"data.{fault}", plain) as caught:
        judge_columns(found, "y") if place == "feature" else judge_target(found, "weight")
    row = caught.value.params["row"]
    assert str(caught.value.params["value"]) == str(cell(int(str(row)) - 2))


TEXTS: dict[str, Cell] = {
    "telephone numbers": lambda n: f"612 345 {100 + n}",
    "addresses of machines": lambda n: f"10.0.{n}.1",
    "versions": lambda n: f"1.{n}.{n + 70_000}",
    "lists": lambda n: f"{n},{n},{n}",
}


@pytest.mark.parametrize("cell", TEXTS.values(), ids=TEXTS)
def test_what_only_looks_like_numbers_is_a_text_as_before(tmp_path: Path, cell: Cell) -> None:
    lines = [f"{n * n};{cell(n % 50)};{n % 2}" for n in range(60)]
    (tmp_path / "t.csv").write_text("a;code;y\n" + "\n".join(lines) + "\n")
    assert reason(judge_columns(csv_sheet(tmp_path / "t.csv"), "y")) == "text"


def test_a_table_with_nothing_to_learn_from_is_refused_naming_its_columns(tmp_path: Path) -> None:
    with refused("data.no_features", "land"):
        judge_columns(sheet(tmp_path, land=lambda n: "NO", y=lambda n: n % 2), "y")


def test_features_that_would_bear_one_name_are_refused(tmp_path: Path) -> None:
    with refused("data.ambiguous_name", "a=b"):
        judged(tmp_path, **{"a": lambda n: "bc"[n % 2], "a=b": lambda n: n * n})


def test_a_doubled_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,a,y\n1,2,0\n3,4,1\n")
    with refused("data.duplicate_column", "a"):
        judge_columns(csv_sheet(tmp_path / "t.csv"), "y")


@pytest.mark.parametrize(
    ("name", "columns", "column", "value"),
    [
        ("a", {"a"}, "a", None),
        ("a=b", {"a"}, "a", "b"),
        ("a=b=c", {"a", "a=b"}, "a=b", "c"),
        ("a=", {"a"}, "a", ""),
        ("x", {"a"}, "x", None),
    ],
)
def test_a_features_name_is_read_back(name: str, columns: set[str], column: str, value: str | None) -> None:
    feature = parse_feature(name, columns)
    assert (feature.column, feature.value) == (column, value)
    assert feature.name == name


class TestTargets:
    def test_texts_and_few_whole_numbers_are_classes_and_many_numbers_a_number(self, tmp_path: Path) -> None:
        found = sheet(tmp_path, t=lambda n: "ab"[n % 2], w=lambda n: n % 12, f=lambda n: n / 7, g=lambda n: n % 2 / 2)
        assert judge_target(found, "t").classes == ("a", "b")
        assert judge_target(found, "w").classes == tuple(map(str, range(12)))
        assert judge_target(found, "f").is_number
        assert judge_target(found, "g").classes == ("0", "0.5")

    def test_what_cannot_be_predicted_is_refused_by_name(self, tmp_path: Path) -> None:
        found = sheet(
            tmp_path, one=lambda n: "a", none=lambda n: "", many=lambda n: f"v{n}", odd=lambda n: n if n else "x1"
        )
        for name, fault in {
            "gone": "data.no_target",
            "one": "data.one_class",
            "none": "data.target_empty",
            "many": "data.too_many_classes",
            "odd": "data.not_a_number",
        }.items():
            with refused(fault, name):
                judge_target(found, name)

    def test_few_rows_of_a_class_and_a_rare_answer_are_warned_of(self) -> None:
        assert imbalance(Target("y", ("a", "b"), (30, 30))) == []
        assert [r.remark_id for r in imbalance(Target("y", ("a", "b"), (950, 50)))] == ["columns.imbalance"]
        remarks = imbalance(Target("y", ("a", "b"), (95, 5)))
        assert [remark.remark_id for remark in remarks] == ["columns.few_of_class", "columns.imbalance"]
        assert "95 %" in remarks[1].sentence() and "95 %" in remarks[1].sentence("zh")


class TestEmptyCells:
    def holed(self, tmp_path: Path) -> tuple[Sheet, Layout]:
        found = sheet(
            tmp_path,
            age=lambda n: "" if n < 4 else n * n,
            job=lambda n: "" if n == 3 else "ab"[n % 2],
            y=lambda n: "" if n == 59 else n % 2,
        )
        return found, judge_columns(found, "y")

    def test_they_are_refused_naming_columns_and_counts(self, tmp_path: Path) -> None:
        with refused("data.missing_values", "age 4, job 1"):
            found, layout = self.holed(tmp_path)
            without_empty_cells(found.rows(np.arange(59)), layout, "y", EmptyCells.REFUSE)

    def test_where_answers_are_empty_it_is_said_that_those_rows_are_lost(self, tmp_path: Path) -> None:
        with refused("data.missing_answers", "age 4, y 1, job 1"):
            without_empty_cells(*self.holed(tmp_path), "y", EmptyCells.REFUSE)
        with refused("data.missing_target", "1") as caught:
            found, layout = self.holed(tmp_path)
            without_empty_cells(found.rows(np.arange(10, 60)), layout, "y", EmptyCells.REFUSE)
        assert not any("fill" in caught.value.sentence(lang).replace("fill them in", "") for lang in LANGUAGES)

    def test_their_rows_are_dropped_and_counted(self, tmp_path: Path) -> None:
        kept, remarks = without_empty_cells(*self.holed(tmp_path), "y", EmptyCells.DROP)
        assert len(kept) == 55
        assert remarks[0].params == {"count": "5", "rows": "60"}

    def test_they_are_left_for_their_holder_to_fill_but_an_answer_is_never_made_up(self, tmp_path: Path) -> None:
        found, layout = self.holed(tmp_path)
        kept, remarks = without_empty_cells(found, layout, "y", EmptyCells.FILL)
        assert len(kept) == 59 and kept.columns["age"].missing.sum() == 4
        assert [remark.remark_id for remark in remarks] == ["columns.dropped", "columns.filled"]
        values = feature_values(kept, ("age", "age="))
        assert values[:5, 0].tolist() == [np.median([n * n for n in range(4, 59)])] * 4 + [16]
        assert values[:5, 1].tolist() == [1, 1, 1, 1, 0]

    def test_nothing_left_is_refused(self, tmp_path: Path) -> None:
        found = sheet(
            tmp_path, a=lambda n: n * n if n % 2 else "", b=lambda n: "" if n % 2 else n * n, y=lambda n: n % 2
        )
        with refused("data.all_dropped", "a 30"):
            without_empty_cells(found, judge_columns(found, "y"), "y", EmptyCells.DROP)


class TestConstants:
    def test_a_rare_yes_does_not_become_a_huge_number(self) -> None:
        raw = np.zeros((1000, 2))
        raw[0] = 1
        means, scales = constants(raw, np.array([True, False]))
        assert (raw[0, 0] - means[0]) / scales[0] < 2 < 30 < (raw[0, 1] - means[1]) / scales[1]

    def test_a_feature_that_never_varies_has_no_scale(self) -> None:
        assert constants(np.full((5, 1), 0.1), np.array([False]))[1].tolist() == [0]

    def test_who_is_alone_keeps_the_terms_constants_where_its_rows_hardly_vary(self) -> None:
        schema = DataSchema(("a", "b"), ("5", "5"), ("2", "2"), "y", ("0", "1"))
        means, scales = own_constants(np.array([[1.0, 7.0], [3.0, 7.0]]), schema)
        assert (means.tolist(), scales.tolist()) == ([2, 5], [1, 2])
