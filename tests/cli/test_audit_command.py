"""`fedmarket audit`: a line a check, exit code 1 on any FAIL."""

import json
from pathlib import Path

from fedmarket.cli.keyfile import write_key_file
from tests.cli.conftest import Command
from tests.cli.fixtures import BLOCKED, FAILED, PASSED, PRIVATE, Played, refusal


def test_a_fail_ends_with_1_and_every_check_has_its_line(command: Command) -> None:
    ended = command("audit", "run", "--task", 1, played=Played(checks=(PASSED, FAILED, BLOCKED, PRIVATE)), columns=200)
    assert ended.code == 1 and ended.err == ""
    statuses = [line.split()[:2] for line in ended.out.splitlines()[:4]]
    assert statuses == [["PASS", "events"], ["FAIL", "claims"], ["BLOCKED", "models"], ["PRIVATE", "updates"]]
    assert "Audit FAIL at 'claims': 1 checks passed, 1 failed, 1 blocked, 1 private." in ended.out


def test_a_fault_is_told_in_the_readers_language(command: Command) -> None:
    ended = command("audit", "run", "--task", 1, "--lang", "zh", played=Played(checks=(FAILED,)), columns=200)
    assert FAILED.said.sentence("zh") in ended.out and FAILED.detail not in ended.out
    assert "FAIL  领取" in ended.out


def test_private_checks_do_not_fail_and_the_key_is_pointed_to(command: Command) -> None:
    ended = command("audit", "run", "--task", 1, played=Played(checks=(PASSED, PRIVATE)))
    assert ended.code == 0
    assert "--key" in ended.out


def test_folder_task_and_key_reach_the_audit(command: Command, tmp_path: Path) -> None:
    played, key = Played(), tmp_path / "keys" / "seat.key"
    write_key_file(key, b"\x07" * 32)
    command("audit", "run", "--task", 3, "--key", key, played=played)
    assert played.audited == (Path("run"), 3, b"\x07" * 32)


def test_as_json_it_is_one_object(command: Command) -> None:
    ended = command("audit", "run", "--task", 1, "--json", played=Played(checks=(PASSED, FAILED)))
    told = json.loads(ended.out)
    assert (ended.code, told["audit"], told["task"]) == (1, "claims", 1)
    assert [check["status"] for check in told["checks"]] == ["PASS", "FAIL"]


def test_an_unknown_task_is_refused_in_one_sentence(command: Command) -> None:
    ended = command("audit", "run", "--task", 7, played=Played(fault=refusal(2)))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "There is no task 7 here; known: 1.\n"
