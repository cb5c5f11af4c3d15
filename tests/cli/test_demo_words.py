"""What the demo prints, in order and in both languages, and that it claims no more than it shows."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from fedmarket.cli.demo_command import SEED
from fedmarket.cli.language import Words
from fedmarket.cli.render_money import released
from fedmarket.domain.errors import LANGUAGES
from fedmarket.embedded.report import Comparison
from tests.cli.conftest import Command
from tests.cli.fixtures import (
    AGGREGATOR,
    BLOCKED,
    COMPARISON,
    FAILED,
    FREE,
    GENERAL,
    HONEST,
    MODEL_ID,
    PASSED,
    PROVIDERS,
    REPORT,
    TOKEN,
    Played,
    quality,
)


def sections_in_order(text: str, *openings: str) -> bool:
    places = [text.index(opening) for opening in openings]
    return places == sorted(places)


def test_a_failed_audit_ends_the_demo_with_1_and_names_the_check(command: Command) -> None:
    ended = command("demo", played=Played(checks=(PASSED, FAILED, BLOCKED)))
    assert ended.code == 1
    assert "Audit FAIL at 'claims': 1 checks passed, 1 failed, 1 blocked" in ended.out


def test_a_sum_that_is_not_the_escrow_is_said(command: Command) -> None:
    ended = command("demo", played=Played(report=replace(REPORT, refund=REPORT.refund - 1)))
    assert "The sum differs from the escrow by -1 units." in ended.out
    assert "equals the escrow" not in ended.out


def test_the_story_is_told_in_order(command: Command) -> None:
    ended = command("demo", columns=120)
    assert ended.code == 0 and ended.err == ""
    assert sections_in_order(
        ended.out,
        "Five hospitals train",
        "Rounds, measured",
        "Who is owed what",
        "Released for the effect: 900.0000 of 900 tokens (100.0 %)",
        "The sum equals the escrow to the unit.",
        "Bonds lie apart from the escrow.",
        "Claims: everybody's balance",
        MODEL_ID,
        "The model on the test set",
        "The audit, check by check",
        "figure.svg",
        "Done in 14.2 seconds.",
    )


def test_each_round_is_a_line_with_its_measures_and_refusals(command: Command) -> None:
    lines = command("demo").out.splitlines()
    headings = next(place for place, line in enumerate(lines) if line.startswith("round "))
    assert lines[headings].split() == [
        "round",
        "loss",
        "skill",
        "accuracy",
        "AUC",
        "updates",
        "gas",
        "seconds",
        "refused",
    ]
    assert lines[headings + 1].split() == [
        "1",
        "0.620",
        "0.060",
        "0.950",
        "0.990",
        "3",
        "56,201",
        "0.25",
        "1",
        "×",
        "unchanged",
    ]
    assert [line.split()[0] for line in lines[headings + 1 : headings + 13]] == [str(n) for n in range(1, 13)]


def test_the_amounts_in_the_escrow_table_add_up_to_the_escrow_to_the_unit(command: Command) -> None:
    table = command("demo").out.split("Where the escrow went")[1].split("The sum equals")[0]
    amounts = {
        line[:30].strip(): int(line.split()[-1].replace(",", "").replace(".", ""))
        for line in table.splitlines()
        if line.endswith(tuple("0123456789")) and len(line.split()[-1].rpartition(".")[2]) == 18
    }
    escrow, total = amounts.pop("escrow"), amounts.pop("sum")
    assert sum(amounts.values()) == total == escrow == REPORT.escrow
    assert len(amounts) == len(PROVIDERS) + 3


def test_debits_are_shown_beside_the_escrow_and_counted_in_the_sum(command: Command) -> None:
    debited = replace(HONEST, score_ppb=-5, pay=0, participation=0, owed=0, debit=3 * TOKEN)
    owed = {**REPORT.owed, GENERAL: 0}
    report = replace(
        REPORT,
        providers=(PROVIDERS[0], debited, *PROVIDERS[2:]),
        owed=owed,
        refund=REPORT.refund + HONEST.owed + 3 * TOKEN,
    )
    ended = command("demo", played=Played(report=report))
    assert "debited from bonds" in ended.out
    assert "The sum equals the escrow to the unit." in ended.out
    assert "3 debited" in ended.out


def test_the_reasons_stand_in_the_table_where_it_is_wide_and_below_it_where_not(command: Command) -> None:
    wide, narrow = command("demo", columns=120).out, command("demo", columns=80).out
    row = next(line for line in wide.splitlines() if line.startswith("General hospital"))
    assert row.endswith("174.4999  18.3 % of the positive contributions,")
    row = next(line for line in narrow.splitlines() if line.startswith("General hospital"))
    assert row.endswith("174.4999")
    assert "General hospital              18.3 % of the positive contributions, from 39" in narrow


def test_the_free_rider_and_the_noisy_hospital_are_explained(command: Command) -> None:
    text = command("demo", columns=400).out
    assert "returned the model unchanged in 12 of 12 rounds; bond forfeited" in text
    assert "negative contribution, clamped at zero; paid for taking part" in text
    assert "10 forfeited (Free rider)" in text


@pytest.mark.parametrize("columns", [80, 100, 120])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_line_is_wider_than_the_terminal_and_none_is_cut(command: Command, columns: int, lang: str) -> None:
    ended = command("demo", "--lang", lang, "--out", "run", columns=columns, played=Played())
    assert max(cell_len(line) for line in ended.out.splitlines()) <= columns
    assert "…" not in ended.out and not any(line.endswith(" ") for line in ended.out.splitlines())


def test_in_chinese_no_english_sentence_is_left(command: Command) -> None:
    text = command("demo", FEDMARKET_LANG="zh", columns=120).out
    assert sections_in_order(text, "五家医院", "轮次", "各方应付", "按效果释放", "合计与托管金分毫不差", "审计通过")
    assert "12 轮中有 12 轮原样交回模型；保证金被没收" in text
    assert "以 39 例活检占正贡献的 18.3 %" in text
    for english in ("hospital", "evaluator", "rounds", "tokens", "Free rider"):
        assert english not in text


def test_federated_is_called_as_good_as_pooled_only_where_it_is(command: Command) -> None:
    assert "as good as training on all data pooled: loss 0.037 lower, accuracy 0.007 higher." in " ".join(
        command("demo").out.split()
    )
    worse = replace(COMPARISON, pooled=quality(0.967, 0.99, 0.100))
    text = " ".join(command("demo", played=Played(comparison=worse)).out.split())
    assert "as good as" not in text
    assert "Against training on all data pooled: loss 0.007 higher, the same accuracy." in text


def test_it_counts_the_hospitals_that_are_beaten_and_never_says_every(command: Command) -> None:
    text = " ".join(command("demo").out.split())
    assert "a lower loss than 2 of 3 hospitals alone and a higher accuracy than 2." in text
    better = Comparison(quality(1.0, 1.0, 0.0), COMPARISON.pooled, COMPARISON.alone)
    assert "every hospital" not in command("demo", played=Played(comparison=better)).out


def test_a_task_without_target_says_so(command: Command) -> None:
    text = command("demo", played=Played(report=replace(REPORT, skill_target_ppb=None))).out
    assert "the task set no target" in " ".join(text.split())


def test_forfeits_of_seats_are_told_apart_from_those_of_providers(command: Command) -> None:
    text = command("demo", played=Played(report=replace(REPORT, forfeited=60 * TOKEN))).out
    assert "Seats forfeited 50 tokens of their bonds." in text


def test_out_keeps_picture_and_keys_and_shows_how_to_replay(command: Command, tmp_path: Path) -> None:
    folder = tmp_path / "a run"
    ended = command("demo", "--out", folder, "--seed", 5, columns=500)
    assert (folder / "figure.svg").read_text(encoding="utf-8").startswith("<svg")
    keys = {path.name: path.stat().st_mode & 0o777 for path in (folder / "keys").iterdir()}
    assert keys == {"evaluator-1.key": 0o600, "city-hospital-labels-noisy.key": 0o600}
    assert f"fedmarket audit '{folder}' --task 1 --key '{folder}/keys/evaluator-1.key'" in ended.out


def test_without_out_no_key_is_written(command: Command) -> None:
    played = Played()
    command("demo", played=played)
    assert played.folder is not None and played.seed == SEED
    assert (played.folder / "figure.svg").is_file()
    assert not (played.folder / "keys").exists()


def test_names_cannot_steer_the_terminal(command: Command) -> None:
    evil = replace(FREE, name="\x1b[2Jwiped")
    report = replace(REPORT, providers=(evil,), names={**REPORT.names, AGGREGATOR: "a\x1b]0;b"})
    assert "\x1b" not in command("demo", played=Played(report=report)).out


@pytest.mark.parametrize("area", ["cli", "try"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_where_nobody_scored_nothing_is_said_to_be_paid_out(area: str, lang: str) -> None:
    nobody = tuple(replace(line, score_ppb=min(0, line.score_ppb)) for line in PROVIDERS)
    report = replace(REPORT, providers=nobody, released=0, skill_target_ppb=None)
    text = released(report, Words(lang, area))
    assert ("no score is above zero" if lang == "en" else "没有任何得分大于零") in text and "900" in text
    assert released(replace(report, skill_target_ppb=900_000_000), Words(lang, area)) == text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_where_the_model_knows_nothing_only_the_floor_is_said_to_be_released(lang: str) -> None:
    report = replace(REPORT, released=REPORT.budget * 3 // 10, skill_target_ppb=None)
    text = released(report, Words(lang, "try"))
    assert "270" in text and ("their floor" if lang == "en" else "下限") in text
