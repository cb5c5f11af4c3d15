"""`fedmarket.toml` and `fedmarket profile show`: a flag before the environment before the file, and strict reading."""

import json
from pathlib import Path

import pytest

from fedmarket.cli.profiles import ProfileError, read_profiles
from fedmarket.domain.errors import LANGUAGES
from tests.cli.conftest import Command
from tests.cli.fixtures import Played
from tests.docs.examples import blocks

WHOLE = """
profile = "clinic"

[profiles.clinic]
rpc = "https://user:secret@node.example/v2/secret?token=secret"
deployment = "deployments/7.json"
stores = ["store", "https://user:secret@blobs.example/secret"]
account = "clinic"
language = "zh"

[profiles.bank]
rpc = "http://127.0.0.1:9545"
account = "keys/bank.key"
"""
BAD = {
    "a key at the top": ('profil = "x"', "profile.unknown_key", "'profil'"),
    "a key of a profile": ('[profiles.a]\nrcp = "http://x"', "profile.unknown_key", "'profiles.a.rcp'"),
    "a number for text": ("[profiles.a]\naccount = 7", "profile.wrong_type", "must be of type string, not integer"),
    "text for a list": ('[profiles.a]\nstores = "x"', "profile.wrong_type", "list of strings"),
    "a number in a list": ('[profiles.a]\nstores = ["x", 1]', "profile.wrong_type", "profiles.a.stores[1]"),
    "an empty list": ("[profiles.a]\nstores = []", "profile.empty", "profiles.a.stores"),
    "empty text": ('[profiles.a]\naccount = " "', "profile.empty", "profiles.a.account"),
    "a truth for a number": ("[profiles.a]\nrpc = true", "profile.wrong_type", "boolean"),
    "text for a profile": ('[profiles]\na = "x"', "profile.wrong_type", "'profiles.a' must be of type table"),
    "profiles as a list": ("profiles = []", "profile.wrong_type", "'profiles' must be of type table"),
    "an address of no endpoint": ('[profiles.a]\nrpc = "127.0.0.1:8545"', "profile.bad_rpc", "profiles.a.rpc"),
    "an unknown language": ('[profiles.a]\nlanguage = "fr"', "profile.unknown_language", "'fr'"),
    "a default that is missing": ('profile = "b"\n[profiles.a]', "profile.missing", "'b'"),
    "a key twice": ('[profiles.a]\nrpc = "http://x"\nrpc = "http://y"\n', "profile.not_toml", "line 3"),
    "a line that is no TOML": ("[profiles.a]\n\nrpc 7", "profile.not_toml", "line 3"),
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "fedmarket.toml"
    path.write_text(WHOLE)
    return path


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_refused_by_its_name(tmp_path: Path, case: str) -> None:
    text, error_id, named = BAD[case]
    path = tmp_path / "fedmarket.toml"
    path.write_text(text)
    with pytest.raises(ProfileError) as refusal:
        read_profiles(path)
    assert refusal.value.error_id == error_id and refusal.value.exit_code == 2
    assert named in refusal.value.sentence() and str(path) in refusal.value.sentence()
    assert all("\n" not in refusal.value.sentence(lang) for lang in LANGUAGES)


def test_a_file_that_is_no_text_or_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    for path, error_id in ((tmp_path / "binary.toml", "profile.not_text"), (tmp_path, "profile.unreadable")):
        with pytest.raises(ProfileError) as refusal:
            read_profiles(path)
        assert refusal.value.error_id == error_id


def test_the_address_in_a_bad_file_is_not_repeated(tmp_path: Path, command: Command) -> None:
    (tmp_path / "fedmarket.toml").write_text('[profiles.a]\nrpc = "wss://user:secret@node"')
    ended = command("profile", "show", "--profile", "a")
    assert ended.code == 2 and "secret" not in ended.err


def test_paths_are_relative_to_the_file_and_names_are_not(file: Path) -> None:
    found = read_profiles(file).named
    assert found["clinic"].deployment == file.parent / "deployments/7.json"
    assert found["clinic"].stores == (str(file.parent / "store"), "https://user:secret@blobs.example/secret")
    assert found["clinic"].account == "clinic"
    assert found["bank"].account == str(file.parent / "keys/bank.key")
    assert found["bank"].stores is None


@pytest.mark.parametrize("name", ["chain.md", "chain.zh-CN.md"])
def test_the_guides_profile_is_one(tmp_path: Path, name: str) -> None:
    guide = Path(__file__).parents[2] / "docs" / "guides" / name
    path = tmp_path / "fedmarket.toml"
    path.write_text(next(block.text for block in blocks(guide) if block.language == "toml"), encoding="utf-8")
    found = read_profiles(path).choose(None)
    assert found is not None and None not in vars(found).values()


def shown(command: Command, *words: object, **environ: str) -> dict[str, tuple[object, str]]:
    ended = command("profile", "show", "--json", *words, **environ)
    assert ended.code == 0, ended.err
    settings = json.loads(ended.out)["settings"]
    return {name: (line["value"], line["from"]) for name, line in settings.items()}


def test_the_default_profile_is_in_force_and_says_so(file: Path, command: Command) -> None:
    found = shown(command)
    assert found["account"] == ("clinic", "fedmarket.toml [profiles.clinic]")
    assert found["language"] == ("zh", "fedmarket.toml [profiles.clinic]")


def test_a_flag_goes_before_the_environment_before_the_file(file: Path, command: Command) -> None:
    environ = {"FEDMARKET_RPC_URL": "http://from.environment", "FEDMARKET_ACCOUNT": "environment"}
    found = shown(command, "--rpc-url", "http://from.flag", **environ)
    assert found["rpc"] == ("http://from.flag", "--rpc-url")
    assert found["account"] == ("environment", "FEDMARKET_ACCOUNT")
    assert found["deployment"][1] == "fedmarket.toml [profiles.clinic]"


def test_stores_in_the_environment_are_a_list(command: Command) -> None:
    found = shown(command, FEDMARKET_STORES="a, https://key@host/b,")
    assert found["stores"] == (["a", "https://host"], "FEDMARKET_STORES")


def test_without_a_file_only_defaults_are_in_force(command: Command) -> None:
    found = shown(command)
    assert found.pop("language") == ("en", "nowhere")
    assert set(found.values()) == {(None, "nowhere")}
    assert "There is no fedmarket.toml here." in command("profile", "show").out


@pytest.mark.parametrize("words", [("--profile", "bank"), ()])
def test_a_profile_is_chosen_by_flag_or_environment(file: Path, command: Command, words: tuple[str, ...]) -> None:
    found = shown(command, *words, **({} if words else {"FEDMARKET_PROFILE": "bank"}))
    assert found["rpc"] == ("http://127.0.0.1:9545", "fedmarket.toml [profiles.bank]")


def test_access_keys_are_never_shown(file: Path, command: Command) -> None:
    for words in (("--json",), ()):
        ended = command("profile", "show", *words, columns=200)
        assert "secret" not in ended.out and "https://node.example" in ended.out


def test_a_missing_profile_and_a_missing_file_are_named(file: Path, command: Command) -> None:
    ended = command("profile", "show", "--profile", "lab")
    assert ended.code == 2
    assert ended.err == "There is no profile 'lab' in fedmarket.toml; known: clinic, bank.\n"
    file.unlink()
    ended = command("profile", "show", "--profile", "lab")
    assert ended.code == 2 and "fedmarket.toml" in ended.err and "FEDMARKET_CONFIG" in ended.err
    ended = command("profile", "show", FEDMARKET_CONFIG="gone.toml")
    assert ended.code == 2 and "gone.toml cannot be read" in ended.err


def test_words_follow_the_profiles_language(file: Path, command: Command) -> None:
    assert "用法：" in command("--help").out
    assert "Usage:" in command("--help", "--lang", "en").out
    assert "Usage:" in command("--help", FEDMARKET_LANG="en").out
    assert "设置" in command("profile", "show").out


def test_help_is_shown_however_wrong_the_file_is(tmp_path: Path, command: Command) -> None:
    (tmp_path / "fedmarket.toml").write_text("[")
    assert command("--help").code == 0
    assert command("profile", "show").code == 2


def test_a_file_that_only_lies_there_does_not_send_the_demo_or_the_audit_to_its_chain(
    file: Path, command: Command
) -> None:
    played = Played()
    (file.parent / "words.toml").write_text('[profiles.words]\nlanguage = "zh"\n')
    words = {"FEDMARKET_CONFIG": "words.toml", "FEDMARKET_PROFILE": "words"}
    assert command("demo", played=played, **words).code == 0 and played.seed is not None
    played.seed = None
    assert command("demo", played=played).code == 0 and played.seed is not None
    assert command("audit", "run", "--task", 1, played=played).code == 0 and played.audited is not None


@pytest.mark.parametrize("words", [("demo",), ("audit", "run", "--task", 1), ("deploy",)])
def test_a_profile_without_a_chain_is_told_so(tmp_path: Path, command: Command, words: tuple[object, ...]) -> None:
    (tmp_path / "fedmarket.toml").write_text("[profiles.a]\n")
    ended = command(*words, "--profile", "a")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("No chain is named; give its address with --rpc-url")


def test_an_address_that_is_none_is_refused_without_being_repeated(command: Command) -> None:
    for words, environ, source in (
        (("--rpc-url", "ws://secret"), {}, "--rpc-url"),
        ((), {"FEDMARKET_RPC_URL": "secret"}, "FEDMARKET_RPC_URL"),
    ):
        ended = command("demo", *words, **environ)
        assert (ended.code, ended.out) == (2, "")
        assert ended.err.startswith(f"{source} is not the address") and "secret" not in ended.err
