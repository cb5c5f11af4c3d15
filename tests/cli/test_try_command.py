"""`fedmarket try`: a stranger's table in, what it would earn and why out, in words of the table's own columns."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from fedmarket.cli.programs import PROGRAMS
from tests.cli.conftest import Command
from tests.cli.fixtures import Played
from tests.embedded import tables


@pytest.fixture
def people(tmp_path: Path) -> Path:
    return tables.people(tmp_path)


BAD_FILES: dict[str, tuple[str, bytes, list[str], str]] = {
    "no such file": ("gone.csv", b"", [], "There is no file"),
    "an unknown ending": ("t.xlsx", b"x", [], "no ending that tells how to read it"),
    "nothing in it": ("t.csv", b"", [], "no rows of data"),
    "names alone": ("t.csv", b"a,y\n", [], "There are 0 rows"),
    "no names": ("t.csv", b"1,2\n3,4\n", [], "not the columns' names"),
    "no such target": (
        "t.csv",
        b"a,b\n" + b"1,2\n3,4\n" * 60,
        [],
        "There is no column 'y' to predict; the file has: a, b.",
    ),
    "too many cells": ("t.csv", b"a,y\n1,2,3\n", [], "Row 2 has 3 cells"),
    "an open quote": ("t.csv", b'a,y\n"1,2\n', [], "not well-formed CSV"),
    "a NUL": ("t.csv", b"a,y\n1\0,2\n", [], "NUL"),
    "Chinese in GB18030": ("t.csv", "年龄,y\n1,良性\n".encode("gb18030"), [], "--encoding gb18030"),
    "another encoding": ("t.csv", "größe,y\n1,2\n".encode("cp1252"), [], "is not UTF-8 text"),
    "an unknown encoding": ("t.csv", b"a,y\n1,2\n", ["--encoding", "klingon"], "no encoding 'klingon'"),
    "no Parquet": ("t.parquet", b"a,y\n", [], "not a Parquet file"),
    "no archive": ("t.npz", b"a,y\n", [], "not a NumPy archive"),
    "few rows": ("t.csv", b"a,y\n" + b"1,0\n2,1\n" * 10, [], "There are 20 rows"),
}


@pytest.mark.parametrize(("name", "content", "flags", "said"), BAD_FILES.values(), ids=BAD_FILES)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_file_that_cannot_be_used_is_one_sentence_and_exit_code_2(
    command: Command, tmp_path: Path, lang: str, name: str, content: bytes, flags: list[str], said: str
) -> None:
    if content or name == "t.csv":
        (tmp_path / name).write_bytes(content)
    ended = command("try", tmp_path / name, "--target", "y", *flags, "--lang", lang, "--out", "run")
    assert (ended.code, ended.out) == (2, ""), ended.err
    assert ended.err.count("\n") == 1 and (lang == "zh" or said in ended.err)
    assert not (tmp_path / "run").exists(), "a refused file leaves no folder behind"


WRONG_WORDS: dict[str, tuple[list[str], str]] = {
    "no target": ([], "--target"),
    "two ways to divide": (["--target", "repaid", "--by", "job", "--sites", "3"], "--by or --sites, not both"),
    "two validation sets": (
        ["--target", "repaid", "--validation", "v.csv", "--holdout", "0.1"],
        "--validation or --holdout, not both",
    ),
    "a made-up answer to empty cells": (["--target", "repaid", "--missing", "guess"], "refuse, fill, drop"),
    "all rows held out": (["--target", "repaid", "--holdout", "0.9"], "at most 0.4"),
    "one site": (["--target", "repaid", "--sites", "1"], "2 to 30"),
    "no money": (["--target", "repaid", "--budget", "0"], "--budget"),
}


@pytest.mark.parametrize(("flags", "said"), WRONG_WORDS.values(), ids=WRONG_WORDS)
def test_wrong_words_are_one_sentence_and_exit_code_2(
    command: Command, people: Path, flags: list[str], said: str
) -> None:
    ended = command("try", people, *flags)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err and ended.err.count("\n") == 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_stranger_reads_of_its_own_columns_in_80_and_nothing_of_hospitals(
    command: Command, people: Path, lang: str
) -> None:
    ended = command("try", people, "--target", "repaid", "--by", "smoker", "--lang", lang)
    assert ended.code == 0 and ended.err == ""
    assert max(cell_len(line) for line in ended.out.splitlines()) <= 80
    text = "".join(ended.out.split())
    for word in ("age", "income", "job(3)", "repaid", "'note'" if lang == "en" else "“note”"):
        assert word in text
    for word in ("hospital", "biops", "patient", "ppb", "gas", "医院", "活检", "病人", "…"):
        assert word not in ended.out, word
    if lang == "zh":
        for word in ("rows", "tokens", "site ", "score", "requester"):
            assert word not in ended.out, word


def test_on_a_real_evm_it_is_told_in_order_and_the_money_adds_up(command: Command, people: Path) -> None:
    out = command(
        "try",
        people,
        "--target",
        "repaid",
        "--sites",
        "2",
        "--budget",
        "500",
        played=Played(run_trial=PROGRAMS.run_trial),
    ).out
    openings = (
        "Your table",
        "'number' is left out",
        "The market",
        "A requester pays 500 tokens",
        "Skill says how good the model is",
        "Rounds, measured on",
        "Who is paid what",
        "Where the escrow went",
        "The sum equals the escrow to the unit.",
        "beside what each site could do alone",
        "The audit, check by check",
        "Audit OK: ",
        "run this again with --out DIR",
    )
    places = [out.index(opening) for opening in openings]
    assert places == sorted(places)
    assert out.count("is no better than") == 1, "skill is explained once"


def test_json_is_one_object_with_how_the_table_was_read(command: Command, people: Path) -> None:
    ended = command("try", people, "--target", "repaid", "--sites", "2", "--without", "income", "--json")
    told: dict[str, Any] = json.loads(ended.out)
    assert ended.code == 0 and ended.err == ""
    assert [used["name"] for used in told["data"]["columns"]] == ["age", "job", "smoker"]
    assert told["data"]["columns"][1]["features"] == ["job=clerk", "job=nurse", "job=pilot"]
    assert {remark["id"] for remark in told["data"]["remarks"]} >= {"columns.left_out_date"}
    assert sum(told["owed"].values()) + told["refund"] + sum(told["fees"].values()) == told["escrow"] == 1000 * 10**18
    assert told["audit"] == "ok" and told["data"]["rows"] == 300
    held = told["data"]["validation_rows"] + told["data"]["test_rows"] + sum(told["data"]["sites"].values())
    assert held == 300


def test_out_keeps_a_record_that_audit_show_and_preview_read(command: Command, people: Path, tmp_path: Path) -> None:
    ended = command("try", people, "--target", "repaid", "--sites", "2", "--out", "run", columns=200)
    assert "fedmarket audit run --task 1 --key run/keys/evaluator-1.key" in ended.out
    assert command("audit", "run", "--task", "1", "--key", "run/keys/evaluator-1.key").code == 0
    assert command("task", "show", "1", "--record", "run").code == 0
    key = tmp_path / "run" / "keys" / "site-1.key"
    assert key.stat().st_mode & 0o777 == 0o600
    seen = command("provider", "preview", people, "--task", "1", "--record", "run", "--key", key)
    assert seen.code == 0 and "Nothing was sent" in " ".join(seen.out.split())


def test_a_model_that_knows_nothing_is_warned_of(command: Command, tmp_path: Path) -> None:
    def scramble(rows: tables.Rows) -> None:
        for place, row in enumerate(rows):
            row[8] = "yes" if (place * 7919) % 4 < 2 else "no"

    out = command("try", tables.people(tmp_path, scramble), "--target", "repaid", "--sites", "2").out
    assert "hardly better than no model at all" in " ".join(out.split())


def test_names_in_a_file_cannot_steer_the_terminal(command: Command, tmp_path: Path) -> None:
    def evil(rows: tables.Rows) -> None:
        for place, row in enumerate(rows):
            row[5] = ("\x1b[2Jwiped", "b")[place % 2]

    ended = command("try", tables.people(tmp_path, evil), "--target", "repaid", "--by", "country")
    assert ended.code == 0 and "\x1b" not in ended.out


def test_sites_whose_names_make_the_same_file_name_keep_their_own_keys(command: Command, tmp_path: Path) -> None:
    def alike(rows: tables.Rows) -> None:
        for place, row in enumerate(rows):
            row[5] = ("A-1", "A 1", "...")[place % 3]

    path = tables.people(tmp_path, alike)
    assert command("try", path, "--target", "repaid", "--by", "country", "--out", "run").code == 0
    names = {key.name for key in (tmp_path / "run" / "keys").iterdir()}
    assert {"a-1.key", "a-1-2.key", "key.key"} <= names


@pytest.mark.parametrize(("lang", "said", "other"), [("en", "the mean", "how often"), ("zh", "平均值", "比例作答")])
def test_a_number_is_compared_with_its_mean_wherever_skill_is_explained(
    command: Command, tmp_path: Path, lang: str, said: str, other: str
) -> None:
    arguments = ("--target", "progression", "--sites", "2", "--out", "run", "--lang", lang)
    tried = command("try", tables.diabetes(tmp_path), *arguments)
    shown = command("task", "show", "1", "--record", "run", "--lang", lang)
    for ended in (tried, shown):
        text = " ".join(ended.out.split())
        assert ended.code == 0 and said in text and "R²" in text and other not in text
