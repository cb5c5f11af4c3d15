"""`fedmarket dataset check`: its words in both languages, its JSON, its exit codes."""

import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.conftest import Command

ROWS = "".join(f"{n % 7}.5,{n * n % 11},13{n * 7_654_321:09d},{'yes' if n % 2 else 'no'}\n" for n in range(60))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "patients.csv"
    path.write_text("size,grade,contact,outcome\n" + ROWS)
    return path


def test_a_table_without_fault_ends_with_0_and_says_what_names_persons(command: Command, table: Path) -> None:
    ended = command("dataset", "check", table, "--target", "outcome")
    assert (ended.code, ended.err) == (0, "")
    assert "Column 'contact' holds a telephone number in 60 of its cells" in " ".join(ended.out.split())
    assert ended.out.endswith("Columns that seem to name persons: 1; other remarks: 0.\n")


def test_a_clean_table_is_told_to_be_clean(command: Command, table: Path) -> None:
    ended = command("dataset", "check", table, "--target", "outcome", "--without", "contact")
    assert ended.code == 0 and ended.out.endswith("Nothing was found.\n")


def test_an_unusable_table_ends_with_2_and_keeps_its_words_on_standard_output(command: Command, table: Path) -> None:
    ended = command("dataset", "check", table, "--target", "outcom")
    assert (ended.code, ended.err) == (2, "")
    assert ended.out.endswith("It cannot be used as it is. Faults: 1.\n")


def test_a_file_that_is_not_there_is_refused_in_a_sentence(command: Command) -> None:
    ended = command("dataset", "check", "none.csv", "--target", "y")
    assert (ended.code, ended.out) == (2, "") and "none.csv" in ended.err


def test_json_names_findings_by_id(command: Command, table: Path) -> None:
    ended = command("dataset", "check", table, "--target", "outcome", "--json")
    told = json.loads(ended.out)
    assert (ended.code, told["usable"], told["rows"]) == (0, True, 60)
    assert told["findings"] == [
        {"level": "personal", "id": "quality.phone", "column": "contact", "count": "60", "row": 2}
    ]
    broken = json.loads(command("dataset", "check", table, "--target", "no such", "--json").out)
    assert broken["usable"] is False and broken["findings"][0]["id"] == "data.no_target"


def test_a_hostile_heading_cannot_steer_a_terminal(command: Command, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\x1b[31mred\u202e,outcome\n" + "".join(f"{n * n % 13},{n % 2}\n" for n in range(60)))
    ended = command("dataset", "check", path, "--target", "outcome")
    assert ended.code == 0 and "\x1b" not in ended.out and "\u202e" not in ended.out


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("words", [["dataset"], ["dataset", "check", "--help"]])
def test_help_fits_80_columns_in_both_languages(command: Command, lang: str, words: list[str]) -> None:
    ended = command(*words, "--lang", lang)
    assert ended.code == 0 and max(cell_len(line) for line in ended.out.splitlines()) <= 80


def test_chinese_words_fit_80_columns(command: Command, table: Path) -> None:
    ended = command("dataset", "check", table, "--target", "outcome", "--lang", "zh")
    assert max(cell_len(line) for line in ended.out.splitlines()) <= 80
    assert "有 60 个单元格含有电话号码" in ended.out.replace("\n", "")
