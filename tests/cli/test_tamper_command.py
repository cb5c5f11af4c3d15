"""`fedmarket audit --tamper` and `--open`, on a real record."""

import json
from pathlib import Path

import pytest

from fedmarket.cli.keyfile import write_key_file
from fedmarket.domain.errors import LANGUAGES
from tests.audit.exported import exported
from tests.cli.conftest import Command
from tests.simulation.world import World


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    folder = tmp_path_factory.mktemp("record")
    return folder, exported(folder)


@pytest.fixture
def seat(record: tuple[Path, World], tmp_path: Path) -> Path:
    path = tmp_path / "seat.key"
    write_key_file(path, record[1].secret("evaluator 0"))
    return path


@pytest.mark.parametrize(("lang", "said"), [("en", "In a copy of the record, byte"), ("zh", "在记录的副本中")])
def test_a_sentence_says_what_was_changed_the_table_what_fails_and_the_code_is_1(
    command: Command, record: tuple[Path, World], lang: str, said: str
) -> None:
    ended = command("audit", record[0], "--task", 1, "--tamper", "payment", "--lang", lang, columns=200)
    told, _, table = ended.out.partition("\n\n")
    assert ended.code == 1 and ended.err == ""
    assert told.startswith(said) and "events.json" in told
    assert sum(line.startswith("FAIL") for line in table.splitlines()) == 1


def test_as_json_the_change_stands_beside_the_checks(command: Command, record: tuple[Path, World], seat: Path) -> None:
    arguments = ("audit", record[0], "--task", 1, "--key", seat, "--tamper", "update", "--seed", 3, "--json")
    ended = command(*arguments)
    told = json.loads(ended.out)
    assert (ended.code, told["audit"]) == (1, "updates")
    assert told["tampered"]["kind"] == "update" and told["tampered"]["of"]["round"] in (1, 2)
    assert told["tampered"]["old"] ^ told["tampered"]["new"] == 1
    faults = {check["name"]: (check["fault"], check["waits_for"]) for check in told["checks"]}
    assert faults["updates"] == ("update.wrong_signer", None) and faults["models"] == (None, "updates")
    assert command(*arguments).out == ended.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--tamper", "update"), "give the key of a seat with --key"),
        (("--tamper", "nonsense"), "nothing called 'nonsense'"),
        (("--open", "plain"), "Only the key of a seat"),
        (("--open", "plain", "--tamper", "any"), "not both"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    command: Command, record: tuple[Path, World], words: tuple[str, ...], said: str
) -> None:
    for lang in LANGUAGES:
        ended = command("audit", record[0], "--task", 1, *words, "--lang", lang)
        assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
        assert lang != "en" or said in ended.err


def test_opening_says_where_and_that_it_is_in_the_clear(
    command: Command, record: tuple[Path, World], seat: Path, tmp_path: Path
) -> None:
    ended = command("audit", record[0], "--task", 1, "--key", seat, "--open", tmp_path / "plain", columns=200)
    assert ended.code == 0
    count = len(list((tmp_path / "plain" / "plain").iterdir()))
    assert f"{count} documents lie opened in" in ended.out and "in the clear" in ended.out
    told = json.loads(
        command("audit", record[0], "--task", 1, "--key", seat, "--open", tmp_path / "again", "--json").out
    )
    assert told["opened"] == {"folder": str(tmp_path / "again"), "files": count}
