"""Keys in files: 64 hex digits for their owner's eyes alone, or a keystore (version 3) behind a passphrase."""

import json
import os
import sys
from getpass import getpass
from pathlib import Path
from stat import S_IMODE
from typing import Any

from fedmarket.domain.accounts import AccountError, address_of
from fedmarket.domain.canonical import refuse_depth
from fedmarket.domain.errors import DocumentError, KeyfileError, SystemFault, sentence

MAX_BYTES = 64 * 1024
OTHERS = 0o077
OWNER_ONLY = 0o600
KDF_LIMITS = {"n": 2**20, "r": 16, "p": 16, "c": 10**7, "dklen": 64}
"""The most that a keystore may ask of scrypt or PBKDF2: four times the usual, a few seconds and a gigabyte."""


def read_key_file(path: Path, passphrase_file: Path | None, lang: str) -> bytes:
    """Return the 32-byte secret in `path`; a keystore's passphrase is read from a file or asked for.

    Raises KeyfileError: unreadable, not_a_key, open_to_others (a bare key that other users can read),
    broken_keystore, no_passphrase, wrong_passphrase.
    """
    text = read_text(path)
    if text.lstrip().startswith("{"):
        return _open_keystore(path, text, passphrase_file, lang)
    secret = _bare_key(path, text)
    mode = S_IMODE(path.stat().st_mode)
    if os.name == "posix" and mode & OTHERS:
        raise KeyfileError("keyfile.open_to_others", path=path, mode=f"{mode:04o}")
    return secret


def write_key_file(path: Path, secret: bytes) -> None:
    """Write a 32-byte `secret` as 64 hex digits to a new file of mode 0600, making its folder where needed.

    Raises KeyfileError where a file is there already (exists), or where it cannot be written (unwritable).
    """
    write_private(path, secret.hex() + "\n")


def write_private(path: Path, text: str) -> None:
    """Write ASCII `text` to a new file that only its owner can read, as `write_key_file` does."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
    except FileExistsError as error:
        raise KeyfileError("keyfile.exists", path=path) from error
    except OSError as error:
        raise KeyfileError("keyfile.unwritable", path=path, detail=SystemFault.of(error)) from error


def read_text(path: Path) -> str:
    """Return the beginning of a file as text; raises KeyfileError where it is unreadable or no text."""
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(MAX_BYTES)
    except OSError as error:
        raise KeyfileError("keyfile.unreadable", path=path, detail=SystemFault.of(error)) from error
    except UnicodeDecodeError as error:
        raise KeyfileError("keyfile.not_a_key", path=path) from error


def _bare_key(path: Path, text: str) -> bytes:
    digits = text.strip().removeprefix("0x")
    if len(digits) != 64 or digits.strip("0123456789abcdefABCDEF"):
        raise KeyfileError("keyfile.not_a_key", path=path)
    return _checked(path, bytes.fromhex(digits))


def _open_keystore(path: Path, text: str, passphrase_file: Path | None, lang: str) -> bytes:
    try:
        refuse_depth(text.encode())
        keystore = json.loads(text)
    except (DocumentError, ValueError) as error:
        raise KeyfileError("keyfile.broken_keystore", path=path, detail="not JSON") from error
    if keystore.get("version") != 3:
        raise KeyfileError("keyfile.broken_keystore", path=path, detail=f"version {keystore.get('version')}")
    _refuse_costly(path, keystore)
    secret = _checked(path, _decrypt(path, keystore, _passphrase(path, passphrase_file, lang)))
    stated, found = str(keystore.get("address", "")).lower().removeprefix("0x"), address_of(secret)
    # The keystore's checksum does not cover the initialisation vector: a damaged one opens to another key.
    if stated and stated != found[2:].lower():
        raise KeyfileError("keyfile.other_address", path=path, stated=f"0x{stated}"[:44], found=found)
    return secret


def _refuse_costly(path: Path, keystore: dict[str, Any]) -> None:
    """Refuse a key derivation that nobody writes and that would never end, or end the process."""
    crypto = keystore.get("crypto") or keystore.get("Crypto")
    params = crypto.get("kdfparams") if isinstance(crypto, dict) else None
    for name, most in KDF_LIMITS.items() if isinstance(params, dict) else ():
        assert isinstance(params, dict)
        value = params.get(name, 0)
        if not isinstance(value, int) or not 0 <= value <= most:
            raise KeyfileError("keyfile.too_costly", path=path, detail=f"{name} = {str(value)[:20]}")


def _decrypt(path: Path, keystore: dict[str, Any], passphrase: str) -> bytes:
    from eth_account import Account

    try:
        return bytes(Account.decrypt(keystore, passphrase))
    except KeyError as error:
        raise KeyfileError("keyfile.broken_keystore", path=path, detail=f"no {error}") from error
    except ValueError as error:
        if "MAC" in str(error):
            raise KeyfileError("keyfile.wrong_passphrase", path=path) from error
        raise KeyfileError("keyfile.broken_keystore", path=path, detail=str(error)[:120]) from error
    except (TypeError, AttributeError, NotImplementedError, OverflowError, MemoryError) as error:
        raise KeyfileError("keyfile.broken_keystore", path=path, detail=str(error)[:120]) from error


def _passphrase(path: Path, passphrase_file: Path | None, lang: str) -> str:
    if passphrase_file is not None:
        return read_text(passphrase_file).partition("\n")[0].removesuffix("\r")
    if not sys.stdin.isatty():
        raise KeyfileError("keyfile.no_passphrase", path=path)
    return getpass(sentence("keyfile.prompt", lang, path=path))


def _checked(path: Path, secret: bytes) -> bytes:
    try:
        address_of(secret)
    except AccountError as error:
        raise KeyfileError("keyfile.not_a_key", path=path) from error
    return secret
