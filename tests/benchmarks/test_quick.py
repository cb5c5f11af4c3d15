"""Every benchmark runs, small, and what it finds can be read back and shown in both languages."""

from importlib import import_module
from pathlib import Path

import pytest
from benchmarks.command import run
from benchmarks.page import ORDER, page, words
from benchmarks.result import Size, read

from fedmarket.domain.errors import LANGUAGES

FOLDER = Path(__file__).parents[2] / "benchmarks"
BESIDE = {
    "__init__",
    "__main__",
    "command",
    "images",
    "large_task",
    "machine",
    "page",
    "result",
    "scenarios",
    "timing",
}
"""Modules of the folder that are no benchmarks themselves."""


@pytest.mark.parametrize("name", ORDER)
def test_a_benchmark_runs_small_and_its_page_can_be_written(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run(name, import_module(f"benchmarks.{name}").measure, ["--quick", "--out", str(tmp_path)])
    if result is None:
        pytest.skip(capsys.readouterr().out.strip())
    kept = read(tmp_path / f"{name}.json")
    assert (kept.name, kept.size, kept.seed) == (name, Size.QUICK, 0)
    assert kept.machine.cores >= 1 and "numpy" in kept.versions and kept.date
    assert kept.found.tables and all(table.rows for table in kept.found.tables)
    for lang in LANGUAGES:
        shown = page(lang, [kept])
        assert f"## {words(lang)['benchmarks'][name][0]}" in shown
        for verdict in kept.found.verdicts:
            assert words(lang)["verdicts"][f"{name}.{verdict.name}"] in shown


def test_the_page_knows_every_benchmark() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} - BESIDE == set(ORDER)


def test_both_languages_have_words_for_the_same_things() -> None:
    english, chinese = words("en"), words("zh")
    assert english.keys() == chinese.keys()
    for kind in english:
        assert english[kind].keys() == chinese[kind].keys(), kind


def test_a_bound_that_is_not_kept_is_said(tmp_path: Path) -> None:
    from benchmarks.result import Found, Result, Sense, Table, Verdict

    found = Found(
        tables=(Table("times", ("way", "ms"), (("batched", 1.0),)),),
        verdicts=(Verdict("largest_gap", 1.0, 2.0), Verdict("times_faster", 8.0, 8.0, Sense.AT_LEAST)),
    )
    shown = page("en", [Result.of("batched_exact", Size.FULL, 0, 1.0, found)])
    assert "| largest difference of a value | at most 1 | 2 | **not kept** |" in shown
    assert "| times faster | at least 8 | 8 | kept |" in shown


def test_a_file_that_is_no_result_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gas.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="not a benchmark"):
        read(tmp_path / "gas.json")


def test_the_committed_results_are_full_runs() -> None:
    for path in sorted((FOLDER / "results").glob("*.json")):
        assert read(path).size is Size.FULL, f"{path.name} is a quick run"
