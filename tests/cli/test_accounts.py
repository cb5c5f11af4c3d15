"""`fedmarket account`: keystores that only their owner reads, behind passphrases that nobody sees."""

import json
import sys
from pathlib import Path

import pytest

from fedmarket.cli import passphrase as passphrase_module
from fedmarket.cli.accounts import add_account, open_account
from fedmarket.cli.keyfile import write_key_file, write_private
from fedmarket.domain.accounts import address_of
from fedmarket.domain.errors import LANGUAGES, KeyfileError
from tests.cli.conftest import Command, Ended

PASSPHRASE = "correct horse"
SECRET = b"\x11" * 32


@pytest.fixture
def words(tmp_path: Path) -> Path:
    path = tmp_path / "pass.txt"
    path.write_text(PASSPHRASE + "\nsecond line\n")
    return path


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"FEDMARKET_HOME": str(tmp_path / "home")}


@pytest.fixture(scope="module")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A keystore of SECRET: encrypting one takes a second."""
    home = {"FEDMARKET_HOME": str(tmp_path_factory.mktemp("home"))}
    return add_account(home, "bank", SECRET, PASSPHRASE).read_text()


@pytest.fixture
def imported(keystore: str, tmp_path: Path) -> Path:
    """The keystore of an account 'bank' whose key is SECRET."""
    path = tmp_path / "home" / "accounts" / "bank.json"
    write_private(path, keystore)
    return path


def refused(ended: Ended, said: str) -> None:
    assert (ended.code, ended.out) == (2, ""), ended
    assert said in ended.err and ended.err.count("\n") == 1, ended.err
    assert PASSPHRASE not in ended.err and SECRET.hex() not in ended.err


def test_a_new_account_is_a_keystore_for_its_owner_alone(
    command: Command, words: Path, home: dict[str, str], tmp_path: Path
) -> None:
    ended = command("account", "new", "clinic", "--passphrase-file", words, **home)
    path = tmp_path / "home" / "accounts" / "clinic.json"
    assert ended.code == 0 and ended.err == ""
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    assert json.loads(path.read_text())["version"] == 3
    address = address_of(open_account(home, "clinic", words, "en"))
    assert f"Account 'clinic' is {address}" in ended.out
    assert PASSPHRASE not in ended.out + path.read_text()


def test_an_imported_key_opens_by_its_name_and_stays_where_it_was(
    command: Command, words: Path, home: dict[str, str], tmp_path: Path
) -> None:
    write_key_file(tmp_path / "bank.key", SECRET)
    assert command("account", "import", "bank", "bank.key", "--passphrase-file", words, **home).code == 0
    assert open_account(home, "bank", words, "en") == SECRET
    assert (tmp_path / "bank.key").exists()
    assert SECRET.hex() not in (tmp_path / "home" / "accounts" / "bank.json").read_text()


def test_a_keystore_is_imported_with_its_old_passphrase(
    command: Command, imported: Path, words: Path, home: dict[str, str], tmp_path: Path
) -> None:
    new = tmp_path / "new.txt"
    new.write_text("another phrase")
    flags = ("--old-passphrase-file", words, "--passphrase-file", new)
    assert command("account", "import", "copy", imported, *flags, **home).code == 0
    assert open_account(home, "copy", new, "en") == SECRET
    refused(command("account", "import", "third", imported, "--old-passphrase-file", new, **home), "not the passphrase")


def test_the_list_needs_no_passphrase(command: Command, imported: Path, home: dict[str, str]) -> None:
    ended = command("account", "list", **home)
    assert ended.code == 0
    assert ended.out.splitlines()[-1].split() == ["bank", address_of(SECRET)]


def test_no_accounts_is_a_sentence(command: Command, home: dict[str, str]) -> None:
    assert command("account", "list", **home).out.startswith("There are no accounts yet")
    assert command("account", "list", "--lang", "zh", **home).out.startswith("还没有账户")


def test_a_damaged_keystore_is_named_after_the_others_are_shown(
    command: Command, imported: Path, home: dict[str, str]
) -> None:
    (imported.parent / "broken.json").write_text('{"version": 3}')
    ended = command("account", "list", **home)
    assert ended.code == 2 and address_of(SECRET) in ended.out
    assert "broken.json is not a usable keystore" in ended.err


def test_an_existing_name_is_never_written_over(
    command: Command, imported: Path, words: Path, home: dict[str, str]
) -> None:
    before = imported.read_bytes()
    refused(command("account", "new", "bank", "--passphrase-file", words, **home), "There is an account 'bank' already")
    refused(command("account", "import", "bank", "bank.key", **home), "never written over")
    assert imported.read_bytes() == before


@pytest.mark.parametrize("name", ["Bank", "-x", "../bank", "a" * 33, "a b", "银行"])
def test_what_is_not_a_name_is_refused(command: Command, words: Path, home: dict[str, str], name: str) -> None:
    refused(command("account", "new", "--passphrase-file", words, "--", name, **home), "is not a name for an account")


def test_a_short_passphrase_and_none_are_refused(command: Command, home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("1234567\nlong enough second line")
    refused(command("account", "new", "a", "--passphrase-file", "short.txt", **home), "at least 8 characters")
    refused(command("account", "new", "a", **home), "--passphrase-file")
    refused(command("account", "new", "a", "--passphrase-file", "gone.txt", **home), "gone.txt cannot be read")
    assert not (tmp_path / "home").exists()


def test_a_key_that_is_none_is_refused(command: Command, words: Path, home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "no.key").write_text("hello")
    refused(command("account", "import", "a", "no.key", "--passphrase-file", words, **home), "holds no key")
    refused(command("account", "import", "a", "gone.key", "--passphrase-file", words, **home), "cannot be read")


def test_a_passphrase_is_never_an_argument(command: Command) -> None:
    ended = command("account", "new", "a", "--passphrase", PASSPHRASE)
    assert ended.code == 2 and "--passphrase" in ended.err and PASSPHRASE not in ended.err


def typed(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Give these answers on a terminal; returns what was asked."""
    asked: list[str] = []
    left = list(answers)

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return left.pop(0)

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(passphrase_module, "getpass", answer)
    return asked


def test_a_passphrase_is_asked_for_twice(
    command: Command, home: dict[str, str], words: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = typed(monkeypatch, PASSPHRASE, PASSPHRASE)
    assert command("account", "new", "lab", "--lang", "zh", **home).code == 0
    assert asked == ["新账户“lab”的口令：", "请再次输入："]
    assert open_account(home, "lab", words, "en")


def test_passphrases_that_differ_write_nothing(
    command: Command, home: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, PASSPHRASE, "correct horsf")
    refused(command("account", "new", "lab", **home), "The two passphrases differ")
    assert not (tmp_path / "home").exists()


def fault(home: dict[str, str], account: str, words: Path) -> KeyfileError:
    with pytest.raises(KeyfileError) as refusal:
        open_account(home, account, words, "en")
    assert all("\n" not in refusal.value.sentence(lang) for lang in LANGUAGES)
    return refusal.value


def test_an_unknown_name_a_wrong_passphrase_and_an_exchanged_key_are_refused(
    imported: Path, words: Path, home: dict[str, str], tmp_path: Path
) -> None:
    unknown = fault(home, "lab", words)
    assert unknown.error_id == "keyfile.unknown_account" and "known: bank" in str(unknown)
    wrong = tmp_path / "wrong.txt"
    wrong.write_text("another phrase")
    assert fault(home, "bank", wrong).error_id == "keyfile.wrong_passphrase"
    store = json.loads(imported.read_text())
    store["address"] = address_of(b"\x22" * 32)[2:].lower()
    imported.write_text(json.dumps(store))
    exchanged = fault(home, "bank", words)
    assert exchanged.error_id == "keyfile.other_address" and address_of(SECRET) in str(exchanged)


def test_an_account_may_be_a_key_file(home: dict[str, str], tmp_path: Path) -> None:
    write_key_file(tmp_path / "bank.key", SECRET)
    assert open_account(home, str(tmp_path / "bank.key"), None, "en") == SECRET
