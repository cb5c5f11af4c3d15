"""Everything that is wrong with a file is told at once, and a file without fault is told to have none."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedmarket.domain.errors import LANGUAGES
from fedmarket.learning.file_check import FileCheck, Level, check_file
from tests.learning.refusals import refused

HEADER = "age,size,sex,outcome"
Written = Callable[..., Path]


def sound_rows(count: int = 60) -> list[str]:
    random = np.random.default_rng(0)
    return [f"{20 + n % 50},{random.normal():.4f},{'mf'[n % 2]},{'yes' if n % 3 else 'no'}" for n in range(count)]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    def write(rows: Sequence[str] | None = None, header: str = HEADER, data: bytes | None = None) -> Path:
        path = tmp_path / "table.csv"
        text = "\n".join((header, *(sound_rows() if rows is None else rows))) + "\n"
        path.write_bytes(text.encode() if data is None else data)
        return path

    return write


def told(check: FileCheck, level: Level | None = None) -> list[str]:
    for finding in check.findings:
        for lang in LANGUAGES:
            assert finding.remark.sentence(lang)
    return [finding.name for finding in check.findings if level in (None, finding.level)]


def with_column(name: str, cells: Sequence[str]) -> tuple[list[str], str]:
    """The sound table with one more column, its cells repeated as often as needed."""
    rows = sound_rows()
    return [f"{cells[n % len(cells)]},{row}" for n, row in enumerate(rows)], f"{name},{HEADER}"


def test_a_sound_table_has_no_finding(written: Written) -> None:
    check = check_file(written(), "outcome")
    assert check.usable and told(check) == []
    assert [(note.name, note.kind) for note in check.columns] == [
        ("age", "number"),
        ("size", "number"),
        ("sex", "yes_no"),
        ("outcome", "target"),
    ]
    assert check.target and dict(zip(check.target.classes, check.target.counts, strict=True)) == {"no": 20, "yes": 40}


def test_a_file_that_is_missing_or_of_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with refused("data.no_such_file"):
        check_file(tmp_path / "none.csv", "y")
    with refused("data.unknown_format"):
        check_file(tmp_path / "none.xls", "y")


@pytest.mark.parametrize(
    ("rows", "header", "target", "fault"),
    [
        (None, HEADER, "absent", "data.no_target"),
        ([row.rpartition(",")[0] + ",yes" for row in sound_rows()], HEADER, "outcome", "data.one_class"),
        ([row.rpartition(",")[0] + "," for row in sound_rows()], HEADER, "outcome", "data.target_empty"),
        ([*sound_rows(), "seventy,0.1,m,no"], HEADER, "outcome", "data.not_a_number"),
        (None, "age,age,sex,outcome", "outcome", "data.duplicate_column"),
        (["1,2,3,4,5"], HEADER, "outcome", "data.too_many_cells"),
        ([f"{n},{n},{n},{n % 2}" for n in range(60)], HEADER, "outcome", "data.no_features"),
        (['1,"2,m,no'], HEADER, "outcome", "data.malformed"),
        ([], HEADER, "outcome", "data.target_empty"),
    ],
)
def test_what_makes_a_table_unusable_is_named(
    written: Written, rows: list[str] | None, header: str, target: str, fault: str
) -> None:
    check = check_file(written(rows, header), target)
    assert not check.usable
    assert fault in told(check, Level.FAULT)


def test_several_faults_are_told_together(written: Written) -> None:
    rows = [f"{number},{row}" for number, row in enumerate(sound_rows())]
    rows = [f"{'x' if n == 30 else n * n},{row}" for n, row in enumerate(rows)]
    check = check_file(written(rows, f"count,number,{HEADER}"), "absent")
    assert told(check, Level.FAULT) == ["data.no_target", "data.not_a_number"]


def test_a_column_that_is_left_out_is_not_judged(written: Written) -> None:
    rows, header = with_column("name", ["seventy", *map(str, range(50))])
    assert not check_file(written(rows, header), "outcome").usable
    check = check_file(written(rows, header), "outcome", without=("name",))
    assert check.usable and told(check) == []
    assert told(check_file(written(rows, header), "outcome", without=("nam",)), Level.FAULT)[0] == "data.no_target"


CHINESE = "年龄,结局\n" + "\n".join(f"{n},{'好转' if n % 2 else '未愈'}" for n in range(60)) + "\n"


def test_two_encodings_in_one_file_are_told_with_their_lines(written: Written) -> None:
    lines = CHINESE.splitlines(keepends=True)
    data = "".join(lines[:10]).encode() + "".join(lines[10:]).encode("gb18030")
    check = check_file(written(data=data), "结局")
    assert told(check) == ["quality.mixed_gb18030"]
    assert dict(check.findings[0].remark.params) == {"utf8": 1, "other": 11}
    data = "".join(lines[:10]).encode() + b"caf\xff,1\n"
    assert told(check_file(written(data=data), "结局")) == ["quality.mixed_unknown"]


def test_gb18030_is_read_when_it_is_declared_and_named_when_not(written: Written) -> None:
    path = written(data=CHINESE.encode("gb18030"))
    assert told(check_file(path, "结局")) == ["data.encoding_chinese"]
    assert check_file(path, "结局", "gb18030").rows == 60
    assert check_file(path, "结局", "gb18030").target is not None


def test_utf8_declared_as_gb18030_would_turn_into_other_characters(written: Written) -> None:
    check = check_file(written(data=CHINESE.encode()), "结局", "gb18030")
    assert told(check) == ["quality.declared_otherwise"]


def test_marks_and_nul_are_told(written: Written) -> None:
    plain = written().read_bytes()
    assert told(check_file(written(data=b"\xef\xbb\xbf" + plain), "outcome")) == ["quality.mark"]
    utf16 = check_file(written(data=plain.decode().encode("utf-16")), "outcome")
    assert told(utf16) == ["quality.utf16"] and utf16.rows == 60
    nul = check_file(written(data=plain.replace(b"m", b"\0", 1)), "outcome")
    assert told(nul) == ["data.nul"] and not nul.usable


def test_rows_that_stand_twice_are_counted(written: Written) -> None:
    check = check_file(written([*sound_rows(), *sound_rows()[:3]]), "outcome")
    (finding,) = check.findings
    assert finding.name == "quality.repeated_rows"
    assert (finding.remark.params["count"], finding.remark.params["row"]) == ("3", 62)


def test_empty_cells_are_counted_by_column(written: Written) -> None:
    rows = sound_rows()
    rows[0] = rows[0].replace("20", "", 1)
    rows[1] = rows[1].rpartition(",")[0] + ","
    assert told(check_file(written(rows), "outcome")) == ["quality.missing_target", "quality.missing"]


@pytest.mark.parametrize(
    ("cells", "runs"),
    [
        (["=1+1", "b"], True),
        (["@SUM(A1)", "b"], True),
        (["+cmd|' /C calc'!A0", "b"], True),
        (["-2+3+cmd|' /C calc'!A0", "b"], True),
        (["＝1+1", "b"], True),
        (["\t=1+1", "b"], True),
        (["-1", "+2.5", "-3e5"], False),
        (["-", "b"], False),
        (["a=b", "c-d"], False),
        (["+86 13", "-7"], False),
    ],
)
def test_cells_that_a_spreadsheet_would_run_are_told_and_numbers_are_not(
    written: Written, cells: list[str], runs: bool
) -> None:
    check = check_file(written(*with_column("note", cells)), "outcome")
    assert ("quality.formulas" in told(check)) is runs


def test_the_first_formula_is_told_by_its_row(written: Written) -> None:
    rows, header = with_column("note", ["a", "b"])
    rows[41] = "=A1" + rows[41][1:]
    rows[50] = "=A1" + rows[50][1:]
    check = check_file(written(rows, header), "outcome")
    (finding,) = [finding for finding in check.findings if finding.name == "quality.formulas"]
    assert (finding.remark.params["row"], finding.remark.params["count"]) == (43, "2")


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        ("a", [f"138{n:08d}" for n in range(60)], "phone"),
        ("a", ["patient called", "call 13812345678 back"], "phone"),
        ("a", ["11010519491231002X", "none"], "identity_card"),
        ("a", ["110101199003070071", "110101199003070119"], None),
        ("a", ["4111111111111111", "5500005555555559"], "bank_card"),
        ("a", ["x@example.org", "none"], "email"),
        ("a", [s + g for s in "王李张刘陈杨" for g in ("伟", "芳", "秀英", "强")], "name"),
        ("surname", ["Smith", "Jones", "Miller"], "name"),
        ("date of birth", ["1990-01-01", "1984-05-06"], "birth_date"),
        ("家庭住址", ["甲区", "乙区"], "address"),
        ("mobile", ["yes", "no"], "by_heading"),
        ("13812345678", ["yes", "no"], "in_heading"),
        ("a", [str(10**15 + 7919 * n) for n in range(60)], None),
        ("a", ["1.5", "2.5"], None),
        ("city", ["北京", "上海", "天津"], None),
    ],
)
def test_columns_that_name_persons_are_told(written: Written, name: str, cells: list[str], kind: str | None) -> None:
    check = check_file(written(*with_column(name, cells)), "outcome")
    assert check.identifiers == ({} if kind is None else {name: kind})


def test_long_numbers_that_a_spreadsheet_cut_short_and_damaged_text_are_told(written: Written) -> None:
    check = check_file(written(*with_column("card", ["1.10105E+17", "4.40524E+17"])), "outcome")
    assert "quality.cut_short" in told(check)
    assert "quality.damaged" in told(check_file(written(*with_column("note", ["caf\ufffd", "b"])), "outcome"))


def test_a_few_texts_among_numbers_make_a_category_and_are_told(written: Written) -> None:
    check = check_file(written(*with_column("grade", ["1", "2", "3", "high"])), "outcome")
    assert told(check) == ["quality.numbers_and_text"]


def test_a_number_beyond_what_can_be_computed_with_is_a_fault(written: Written) -> None:
    rows = sound_rows()
    rows[4] = "1e999" + rows[4].lstrip("0123456789")
    check = check_file(written(rows), "outcome")
    assert told(check, Level.FAULT) == ["data.not_finite"]
    assert next(f.remark.params["row"] for f in check.findings if f.level is Level.FAULT) == 6


@settings(
    deadline=None, max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    data=st.binary(max_size=300)
    | st.text("0123456789,;\t\n\r\"'ab=+-.@e\0中ｅ\ufffd\u202e ", max_size=200).map(str.encode)
)
def test_whatever_the_bytes_are_findings_come_and_no_crash(written: Written, data: bytes) -> None:
    for encoding in (None, "gb18030", "utf-16"):
        check = check_file(written(data=data), "a", encoding)
        assert check.usable == (not told(check, Level.FAULT))


def test_a_parquet_file_is_scanned_as_well(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow reads and writes Parquet")
    from pyarrow import parquet

    columns = {
        "phone": [13800000000 + n for n in range(60)],
        "note": ["=1+1"] * 30 + ["b"] * 30,
        "outcome": ["yes", "no"] * 30,
    }
    parquet.write_table(pyarrow.table(columns), tmp_path / "t.parquet")
    check = check_file(tmp_path / "t.parquet", "outcome")
    assert check.usable and check.identifiers == {"phone": "phone"}
    assert "quality.formulas" in told(check)


def test_numpy_arrays_are_scanned_as_well(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    features = random.normal(size=(60, 2))
    features[1] = features[0]
    np.savez(tmp_path / "t.npz", X=features, y=np.arange(60) // 2 % 2)
    assert told(check_file(tmp_path / "t.npz", "label")) == ["quality.repeated_rows"]
