"""The demo as a person sees it: what it prints adds up, repeats, and stands an audit in another process."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.program import Ran, fedmarket

TOKEN = 10**18


@dataclass(frozen=True)
class Demo:
    """A demo that was run once: its JSON, and the folder that holds its record."""

    told: dict[str, Any]
    folder: Path
    ran: Ran


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    home = tmp_path_factory.mktemp("demo")
    ran = fedmarket("demo", "--json", "--seed", 7, "--out", "record", folder=home)
    assert ran.code == 0, ran.err
    return Demo(json.loads(ran.out), home / "record", ran)


@pytest.fixture
def record(demo: Demo, tmp_path: Path) -> Iterator[Path]:
    """A copy of the demo's record that a test may spoil."""
    copy = tmp_path / "record"
    shutil.copytree(demo.folder, copy)
    yield copy


def test_owed_refund_and_fees_are_the_escrow_to_the_unit(demo: Demo) -> None:
    told = demo.told
    assert told["escrow"] == 1000 * TOKEN
    assert sum(told["owed"].values()) + told["refund"] + sum(told["fees"].values()) == told["escrow"]
    assert all(type(amount) is int for amount in (*told["owed"].values(), *told["fees"].values(), told["refund"]))


def test_the_free_rider_is_owed_nothing_and_the_noisy_hospital_next_to_nothing(demo: Demo) -> None:
    told = demo.told
    owed = sorted(told["owed"].values(), reverse=True)
    assert told["owed"][told["free_rider"]] == 0
    assert told["owed"][told["noisy"]] < owed[2]
    assert len(owed) == 6


def test_the_json_has_what_scripts_need(demo: Demo) -> None:
    told = demo.told
    assert len(told["rounds"]) == 12
    assert told["skill_initial"] < 0.3 < told["skill_final"] <= 1
    assert told["audit"] == "ok"
    assert 0 < told["seconds"] <= 60
    for quality in (told["test"]["federated"], told["test"]["pooled"], *told["test"]["alone"].values()):
        assert set(quality) >= {"accuracy", "auc", "loss"}
    assert len(told["test"]["alone"]) == 5
    assert set(told["contributions"]) == set(told["owed"])
    assert len(told["gas"]["commit_round"]) == 12
    assert max(told["gas"]["commit_round"]) <= 62_000


def test_json_is_all_that_stands_on_stdout_and_nothing_is_said_without_a_terminal(demo: Demo) -> None:
    assert demo.ran.out.count("\n") <= 1 or json.loads(demo.ran.out)
    assert "Traceback" not in demo.ran.err


def test_the_same_seed_gives_the_same_model_and_payouts(demo: Demo, tmp_path: Path) -> None:
    again = json.loads(fedmarket("demo", "--json", "--seed", 7, "--out", "again", folder=tmp_path).out)
    assert again["model_id"] == demo.told["model_id"]
    assert again["owed"] == demo.told["owed"]


def test_anybody_can_audit_the_public_part_in_another_process(demo: Demo, tmp_path: Path) -> None:
    ran = fedmarket("audit", demo.folder, "--task", 1, folder=tmp_path)
    assert ran.code == 0, ran.out
    assert "PRIVATE" in ran.out
    assert "FAIL" not in ran.out


def test_a_seats_key_checks_every_number(demo: Demo, tmp_path: Path) -> None:
    key = next(path for path in sorted((demo.folder / "keys").iterdir()) if "evaluator" in path.name)
    ran = fedmarket("audit", demo.folder, "--task", 1, "--key", key, folder=tmp_path)
    assert ran.code == 0, ran.out
    assert "PRIVATE" not in ran.out


def test_every_provider_finds_its_statement_in_both_languages_and_two_looks(demo: Demo) -> None:
    stems = {path.stem for path in (demo.folder / "keys").iterdir()}
    seats = {"requester", "aggregator", "standby-1", "evaluator-1", "evaluator-2", "evaluator-3"}
    written = {path.name for path in (demo.folder / "statements").iterdir()}
    assert written == {
        f"{stem}.{lang}.{look}" for stem in stems - seats for lang in ("en", "zh") for look in ("md", "html")
    }
    for line in demo.told["providers"]:
        whole, rest = divmod(line["owed"], 10**18)
        found = [path for path in (demo.folder / "statements").glob("*.en.md") if line["account"] in path.read_text()]
        assert len(found) == 1 and f"| owed | {whole:,}.{rest:018d}".rstrip("0").rstrip(".") in found[0].read_text()


def test_a_providers_key_reads_its_statement_in_another_process(demo: Demo, tmp_path: Path) -> None:
    key = demo.folder / "keys" / "free-rider.key"
    ran = fedmarket("provider", "statement", demo.folder, "--task", 1, "--key", key, folder=tmp_path)
    assert ran.code == 0, ran.err
    assert "returned the model unchanged in 12 of 12 rounds; bond forfeited" in ran.out


def test_a_spoiled_byte_fails_the_audit_with_exit_code_one(record: Path, tmp_path: Path) -> None:
    events = record / "events.json"
    text = events.read_text(encoding="utf-8")
    place = text.index('"owed":"') + len('"owed":"')
    events.write_text(text[:place] + str((int(text[place]) + 1) % 10 or 1) + text[place + 1 :], encoding="utf-8")
    ran = fedmarket("audit", record, "--task", 1, folder=tmp_path)
    assert ran.code == 1
    assert "FAIL" in ran.out


@pytest.mark.parametrize("language", ["en", "zh"])
def test_bad_input_gets_one_sentence_and_no_traceback(demo: Demo, tmp_path: Path, language: str) -> None:
    wrong_key = tmp_path / "wrong.key"
    wrong_key.write_text("not a key")
    (tmp_path / "file").write_text("x")
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "mine.txt").write_text("x")
    cases = [
        ("audit", tmp_path / "nowhere", "--task", 1),
        ("audit", demo.folder, "--task", 9),
        ("audit", demo.folder, "--task", 1, "--key", wrong_key),
        ("audit", demo.folder, "--task", 1, "--key", tmp_path / "missing.key"),
        ("demo", "--out", tmp_path / "file" / "below"),
        ("demo", "--out", tmp_path / "used"),
        ("demo", "--seed", "-1"),
        ("demo", "--seed", "many"),
        ("nonsense",),
    ]
    for arguments in cases:
        ran = fedmarket(*arguments, folder=tmp_path, language=language)
        assert ran.code == 2, (arguments, ran)
        assert ran.out == "", arguments
        assert "Traceback" not in ran.err, arguments
        assert ran.err.strip(), arguments
    assert (tmp_path / "used" / "mine.txt").read_text() == "x"
