"""Keys in files: refusals first, one sentence each, and no secret in any of them."""

import json
import os
import sys
from pathlib import Path

import pytest
from eth_account import Account

from fedmarket.cli import keyfile
from fedmarket.cli.keyfile import read_key_file, write_key_file
from fedmarket.domain.errors import KeyfileError

SECRET = b"\x11" * 32
PASSPHRASE = "right horse"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    path = tmp_path / "seat.json"
    path.write_text(json.dumps(Account.encrypt(SECRET, PASSPHRASE, kdf="pbkdf2", iterations=4)))
    return path


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    path = tmp_path / "pass.txt"
    path.write_text(PASSPHRASE + "\r\nand a second line\n")
    return path


def file(tmp_path: Path, text: str, mode: int = 0o600) -> Path:
    path = tmp_path / "given.key"
    path.write_text(text)
    path.chmod(mode)
    return path


def refused(path: Path, passphrase_file: Path | None = None) -> str:
    with pytest.raises(KeyfileError) as refusal:
        read_key_file(path, passphrase_file, "en")
    assert refusal.value.exit_code == 2
    for lang in ("en", "zh"):
        assert SECRET.hex() not in refusal.value.sentence(lang)
        assert PASSPHRASE not in refusal.value.sentence(lang)
    return refusal.value.error_id


def test_a_wrong_passphrase_is_refused(keystore: Path, tmp_path: Path) -> None:
    assert refused(keystore, file(tmp_path, "wrong horse\n")) == "keyfile.wrong_passphrase"


def test_without_terminal_or_file_there_is_no_passphrase(keystore: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull) as nobody:
        monkeypatch.setattr(sys, "stdin", nobody)
        assert refused(keystore) == "keyfile.no_passphrase"


def test_a_missing_file_a_folder_and_a_missing_passphrase_file_are_unreadable(keystore: Path, tmp_path: Path) -> None:
    assert refused(tmp_path / "nowhere") == refused(tmp_path) == "keyfile.unreadable"
    assert refused(keystore, tmp_path / "nowhere") == "keyfile.unreadable"


@pytest.mark.parametrize(
    "text", ["", "hello", "11" * 31, "11" * 33, "zz" * 32, "00" * 32, f"{ORDER:064x}", "0x0x" + "11" * 31]
)
def test_what_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    assert refused(file(tmp_path, text)) == "keyfile.not_a_key"


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "binary.key"
    path.write_bytes(b"\xff\xfe" + SECRET)
    assert refused(path) == "keyfile.not_a_key"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_bare_key_that_others_may_open_is_refused(tmp_path: Path, mode: int) -> None:
    assert refused(file(tmp_path, SECRET.hex(), mode)) == "keyfile.open_to_others"


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.update(version=1),
        lambda store: store.pop("crypto"),
        lambda store: store["crypto"].pop("mac"),
        lambda store: store["crypto"].update(kdf="rot13"),
        lambda store: store["crypto"].update(cipherparams="none"),
        lambda store: store["crypto"].update(ciphertext="not hex"),
        lambda store: store.update(crypto=None),
    ],
)
def test_a_broken_keystore_is_refused(keystore: Path, passphrase: Path, change: object) -> None:
    store = json.loads(keystore.read_text())
    change(store)  # type: ignore[operator]
    keystore.write_text(json.dumps(store))
    assert refused(keystore, passphrase) == "keyfile.broken_keystore"


def test_a_keystore_that_is_not_json_is_refused(tmp_path: Path) -> None:
    assert refused(file(tmp_path, "{version: 3")) == "keyfile.broken_keystore"


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    write_key_file(tmp_path / "a.key", SECRET)
    with pytest.raises(KeyfileError, match="never written over"):
        write_key_file(tmp_path / "a.key", b"\x22" * 32)
    assert read_key_file(tmp_path / "a.key", None, "en") == SECRET


def test_a_key_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(KeyfileError) as refusal:
        write_key_file(tmp_path / "file" / "a.key", SECRET)
    assert refusal.value.error_id in ("keyfile.unwritable", "keyfile.exists")


def test_a_written_key_is_its_owners_alone_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "evaluator-1.key"
    write_key_file(path, SECRET)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_key_file(path, None, "en") == SECRET


@pytest.mark.parametrize("text", ["0x" + "11" * 32, "11" * 32 + "\r\n", "  " + "11" * 32])
def test_a_key_may_have_0x_and_blanks_around_it(tmp_path: Path, text: str) -> None:
    assert read_key_file(file(tmp_path, text), None, "en") == SECRET


def test_a_keystore_opens_with_the_first_line_of_the_passphrase_file(keystore: Path, passphrase: Path) -> None:
    assert read_key_file(keystore, passphrase, "en") == SECRET


def test_a_passphrase_is_asked_for_on_a_terminal(keystore: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return PASSPHRASE

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(keyfile, "getpass", answer)
    assert read_key_file(keystore, None, "zh") == SECRET
    assert asked == [f"{keystore} 的口令："]


@pytest.mark.parametrize(
    "params", [{"c": 2**31}, {"c": 2**70}, {"dklen": 2**40}, {"c": "many"}, {"n": 2**22}, {"r": 10**6}, {"c": -1}]
)
def test_a_keystore_that_would_never_open_is_refused_before_it_is_tried(
    keystore: Path, passphrase: Path, params: dict[str, object]
) -> None:
    store = json.loads(keystore.read_text())
    store["crypto"]["kdfparams"] |= params
    keystore.write_text(json.dumps(store))
    assert refused(keystore, passphrase) == "keyfile.too_costly"


def test_a_keystore_that_nests_without_end_is_refused(tmp_path: Path) -> None:
    assert refused(file(tmp_path, '{"a":' * 10_000 + "1" + "}" * 10_000)) == "keyfile.broken_keystore"


def test_a_damaged_keystore_that_opens_to_another_key_is_refused(keystore: Path, passphrase: Path) -> None:
    """Its checksum covers the ciphertext and not the initialisation vector."""
    store = json.loads(keystore.read_text())
    vector = store["crypto"]["cipherparams"]["iv"]
    store["crypto"]["cipherparams"]["iv"] = vector[:-1] + ("0" if vector[-1] != "0" else "1")
    keystore.write_text(json.dumps(store))
    assert refused(keystore, passphrase) == "keyfile.other_address"
