"""The command line itself: help, languages, exit codes, which stream, and how fast it starts."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.conftest import Command
from tests.cli.fixtures import Played, refusal

HEAVY = ("web3", "numpy", "eth_account", "rich.console", "rich.table", "pyrage", "safetensors")


def python(script: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env={**os.environ, **environ}, check=False
    )


@pytest.mark.parametrize("code", [2, 3, 4])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_refusal_is_its_sentence_on_standard_error_and_its_code(command: Command, code: int, lang: str) -> None:
    ended = command("demo", "--lang", lang, played=Played(fault=refusal(code)))
    assert (ended.code, ended.out) == (code, "")
    assert ended.err == refusal(code).sentence(lang) + "\n"


def test_a_refused_demo_leaves_standard_output_empty(command: Command) -> None:
    assert command("demo", played=Played(fault=refusal(2))).out == ""


def test_a_fault_of_ours_is_owned_in_one_sentence_without_traceback(command: Command) -> None:
    ended = command("demo", played=Played(fault=ZeroDivisionError("of\nours")))
    assert ended.code == 70
    assert ended.err.startswith("This is a fault of fedmarket, not of yours: ZeroDivisionError: of ours.")
    assert "FEDMARKET_DEBUG=1" in ended.err and ended.err.count("\n") == 1


def test_debug_shows_the_traceback_and_keeps_the_code(command: Command) -> None:
    ended = command("demo", played=Played(fault=ZeroDivisionError("ours")), FEDMARKET_DEBUG="1")
    assert ended.code == 70
    assert "Traceback (most recent call last)" in ended.err


def test_an_interrupt_ends_with_130_and_a_sentence(command: Command) -> None:
    ended = command("demo", played=Played(fault=KeyboardInterrupt()))
    assert ended.code == 130
    assert ended.err.strip() == "Stopped by you; nothing goes on in the background."


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["demo", "--sed", "3"], "--sed"),
        (["demo", "--seed", "many"], "many"),
        (["demo", "--seed", "-1"], "-1"),
        (["dmo"], "dmo"),
        (["audit"], "DIR"),
        (["audit", "run"], "--task"),
        (["demo", "extra"], "extra"),
        (["demo", "--seed"], "--seed"),
        (["demo", "--seed", "-1"], "--seed"),
        (["demo", "--json=yes"], "--json"),
    ],
)
def test_a_wrong_command_line_is_one_sentence_that_names_it_and_points_to_help(
    command: Command, words: list[str], said: str
) -> None:
    for lang, pointer in (("en", "--help' for options and examples."), ("zh", "--help”。")):
        ended = command(*words, FEDMARKET_LANG=lang)
        assert (ended.code, ended.out) == (2, "")
        assert said in ended.err and ended.err.endswith(pointer + "\n") and ended.err.count("\n") == 1
        prose = re.sub(r"many|fedmarket|demo|audit|--\w+", "", ended.err.replace(said, ""))
        assert lang == "en" or not re.search("[A-Za-z]{4,}", prose), "English in a Chinese sentence"


@pytest.mark.parametrize("words", [["--lang", "fr"], ["demo", "--lang=fr"]])
def test_an_unknown_language_is_refused(command: Command, words: list[str]) -> None:
    ended = command(*words)
    assert ended.code == 2
    assert ended.err == "There is no language 'fr'; set FEDMARKET_LANG or --lang to en or zh.\n"


def test_the_flag_goes_before_the_environment_before_english(command: Command) -> None:
    assert "Usage:" in command("--help").out
    assert "用法：" in command("--help", FEDMARKET_LANG="zh").out
    assert "Usage:" in command("--help", "--lang", "en", FEDMARKET_LANG="zh").out
    assert "用法：" in command("--lang=zh", "demo", "--help").out


COMMANDS = [
    "demo",
    "try",
    "audit",
    "task",
    "task show",
    "task list",
    "provider",
    "provider preview",
    "deploy",
    "chain",
    "chain up",
    "account",
    "account new",
    "account import",
    "account list",
    "profile",
    "profile show",
]


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_command_explains_itself_with_examples(command: Command, name: str, lang: str) -> None:
    ended = command("--lang", lang, *name.split(), "--help")
    assert ended.code == 0 and ended.err == ""
    assert ended.out.count(f"  fedmarket {name}") >= 2
    assert max(cell_len(line) for line in ended.out.splitlines()) <= 80
    assert "--lang en|zh" in ended.out or name in ("chain", "account", "profile")


def test_without_a_command_the_help_is_shown(command: Command) -> None:
    ended = command()
    assert ended.code == 0
    assert "Commands:\n  demo " in ended.out


def test_the_version_is_the_packages(command: Command) -> None:
    from importlib.metadata import version

    assert command("--version").out == f"fedmarket {version('fedmarket')}\n"


def test_progress_is_shown_on_a_terminal_only(command: Command) -> None:
    assert command("demo").err == ""


@pytest.mark.parametrize("words", [["--help"], ["--version"], *([*name.split(), "--help"] for name in COMMANDS)])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    script = (
        "import sys\nfrom fedmarket.cli.app import run\n"
        f"run({words!r}, {{}})\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    )
    assert python(script).stdout.splitlines()[-1] == "[]"


def test_the_program_says_its_sentence_even_where_the_terminal_has_no_chinese() -> None:
    ended = python(
        "import sys; from fedmarket.cli.app import main; sys.argv[1:] = ['audit', 'nowhere', '--task', '1']; main()",
        PYTHONIOENCODING="ascii",
        FEDMARKET_LANG="zh",
    )
    assert ended.returncode == 2
    assert "nowhere" in ended.stderr and "Traceback" not in ended.stderr


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path) -> None:
    script = "import sys; from fedmarket.cli.app import main; sys.argv[1:] = ['--help']; main()"
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        ended = subprocess.run([sys.executable, "-c", script], stdout=closed, stderr=subprocess.PIPE, check=False)
    assert ended.returncode == 141
    assert ended.stderr == b""


@pytest.mark.parametrize(
    ("shell", "code", "said"),
    [
        ("audit nowhere --task 1 2>&-", 2, ""),
        ("--version >&-", 0, ""),
        ("--version >/dev/full", 4, "The output cannot be written: the disk is full"),
        ("--help >/dev/full", 4, "The output cannot be written: the disk is full"),
        ("audit nowhere --task 1 --passphrase-file pass", 2, "A passphrase file was given without a key"),
    ],
)
def test_closed_and_full_streams_get_a_code_and_no_complaint(shell: str, code: int, said: str) -> None:
    ended = subprocess.run(
        f"{sys.executable} -m fedmarket {shell}", shell=True, capture_output=True, text=True, check=False
    )
    assert ended.returncode == code
    assert said in ended.stderr and "Traceback" not in ended.stderr and "ignored" not in ended.stderr


def test_what_the_system_says_is_said_in_the_users_language(command: Command, tmp_path: Path) -> None:
    ended = command("audit", str(tmp_path), "--task", "1", "--key", str(tmp_path / "none"), "--lang", "zh")
    assert ended.code == 2
    assert "没有这个文件或文件夹" in ended.err
    assert "no such file" not in ended.err.lower()
