"""The user's named accounts: a keystore (version 3) each, in a folder of their own."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes

from fedmarket.cli.keyfile import read_key_file, read_text, write_private
from fedmarket.cli.places import accounts_folder
from fedmarket.cli.profiles import is_path
from fedmarket.domain.accounts import AccountError, address_of, checksum
from fedmarket.domain.errors import KeyfileError

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


@dataclass(frozen=True)
class Listed:
    """An account by its name: the address that its keystore states, or why that cannot be read."""

    name: str
    address: str | None
    fault: KeyfileError | None = None


def fresh_secret() -> bytes:
    """Return a new random secret key."""
    while True:
        secret = token_bytes(32)
        try:
            address_of(secret)
        except AccountError:
            continue
        return secret


def add_account(environ: Mapping[str, str], name: str, secret: bytes, passphrase: str) -> Path:
    """Keep a key under a name, behind a passphrase, and return its file.

    Raises KeyfileError: bad_name, account_exists, unwritable.
    """
    from eth_account import Account

    path = account_path(environ, name)
    check_free(environ, name)
    keystore = dict(Account.encrypt(secret, passphrase))
    keystore["address"] = address_of(secret)[2:].lower()
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, json.dumps(keystore) + "\n")
    return path


def account_path(environ: Mapping[str, str], name: str) -> Path:
    """Return the file of a named account; raises KeyfileError for what is not a name."""
    if not NAME.fullmatch(name):
        raise KeyfileError("keyfile.bad_name", name=name[:40])
    return accounts_folder(environ) / f"{name}.json"


def check_free(environ: Mapping[str, str], name: str) -> None:
    """Raise KeyfileError where an account of this name exists."""
    path = account_path(environ, name)
    if path.exists():
        raise KeyfileError("keyfile.account_exists", name=name, path=path)


def list_accounts(environ: Mapping[str, str]) -> list[Listed]:
    """Return all named accounts in order; one whose file is damaged is listed with its fault."""
    return [_listed(path) for path in sorted(accounts_folder(environ).glob("*.json"))]


def open_account(environ: Mapping[str, str], account: str, passphrase_file: Path | None, lang: str) -> bytes:
    """Return the secret of an account given by its name or by its key file.

    Raises KeyfileError: unknown_account, other_address where a keystore holds another key than it states, and all
    that `read_key_file` raises.
    """
    if is_path(account):
        return read_key_file(Path(account), passphrase_file, lang)
    path = account_path(environ, account)
    if not path.exists():
        known = ", ".join(line.name for line in list_accounts(environ)) or "-"
        raise KeyfileError("keyfile.unknown_account", name=account, known=known)
    secret = read_key_file(path, passphrase_file, lang)
    if _address(path) != address_of(secret):
        raise KeyfileError("keyfile.other_address", path=path, address=address_of(secret))
    return secret


def _listed(path: Path) -> Listed:
    try:
        return Listed(path.stem, _address(path))
    except KeyfileError as fault:
        return Listed(path.stem, None, fault)


def _address(path: Path) -> str:
    """Return the address that a keystore states."""
    try:
        return checksum("0x" + str(json.loads(read_text(path))["address"]).removeprefix("0x"))
    except (ValueError, KeyError, TypeError, AccountError) as error:
        raise KeyfileError("keyfile.broken_keystore", path=path, detail="no address") from error
