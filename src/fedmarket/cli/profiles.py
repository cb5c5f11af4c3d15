"""`fedmarket.toml`: named profiles, read strictly; whatever is wrong is refused by its name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fedmarket.domain.errors import LANGUAGES, SystemFault, UsageError

FILE = "fedmarket.toml"
TOP = ("profile", "profiles")
WEB = ("http://", "https://")


class ProfileError(UsageError):
    """`fedmarket.toml` cannot be used as it is, or lacks the profile."""


@dataclass(frozen=True)
class Profile:
    """One profile; what it leaves out is None. Paths are as the file means them: relative to its own folder."""

    name: str
    rpc: str | None = None
    deployment: Path | None = None
    stores: tuple[str, ...] | None = None
    account: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class Profiles:
    """All profiles of a file, and the name of the one that counts where none is named."""

    path: Path
    default: str | None
    named: Mapping[str, Profile]

    def choose(self, name: str | None) -> Profile | None:
        """Return the profile called `name`, or the default one, or None where there is neither.

        Raises ProfileError for a name that the file lacks.
        """
        wanted = name or self.default
        if wanted is None:
            return None
        if wanted not in self.named:
            known = ", ".join(self.named) or "-"
            raise ProfileError("profile.missing", name=wanted, path=self.path, known=known)
        return self.named[wanted]


def read_profiles(path: Path) -> Profiles:
    """Read a `fedmarket.toml`. Raises ProfileError naming the line or the key that is wrong."""
    import tomllib

    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProfileError("profile.unreadable", path=path, detail=SystemFault.of(error)) from error
    except UnicodeDecodeError as error:
        raise ProfileError("profile.not_text", path=path) from error
    except tomllib.TOMLDecodeError as error:
        raise ProfileError("profile.not_toml", path=path, detail=error) from error
    _known(path, "", document, TOP)
    default = _text(path, "profile", document["profile"]) if "profile" in document else None
    tables = _table(path, "profiles", document.get("profiles", {}))
    named = {name: _profile(path, name, _table(path, f"profiles.{name}", table)) for name, table in tables.items()}
    found = Profiles(path, default, named)
    found.choose(None)
    return found


def _profile(path: Path, name: str, table: Mapping[str, Any]) -> Profile:
    where = f"profiles.{name}"
    _known(path, where, table, tuple(READERS))
    return Profile(name, **{key: READERS[key](path, f"{where}.{key}", value) for key, value in table.items()})


def _known(path: Path, where: str, table: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            written = f"{where}.{key}".lstrip(".")
            raise ProfileError("profile.unknown_key", path=path, key=written, known=", ".join(known))


def _table(path: Path, key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ProfileError("profile.wrong_type", path=path, key=key, expected="table", found=_kind(value))
    return value


def _text(path: Path, key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ProfileError("profile.wrong_type", path=path, key=key, expected="string", found=_kind(value))
    if not value.strip():
        raise ProfileError("profile.empty", path=path, key=key)
    return value


def _rpc(path: Path, key: str, value: Any) -> str:
    text = _text(path, key, value)
    if not text.startswith(WEB):
        # The address may hold a key: it is not repeated.
        raise ProfileError("profile.bad_rpc", path=path, key=key)
    return text


def _path(path: Path, key: str, value: Any) -> Path:
    return path.parent / _text(path, key, value)


def _stores(path: Path, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ProfileError("profile.wrong_type", path=path, key=key, expected="list of strings", found=_kind(value))
    if not value:
        raise ProfileError("profile.empty", path=path, key=key)
    return tuple(_store(path, _text(path, f"{key}[{place}]", item)) for place, item in enumerate(value))


def _store(path: Path, text: str) -> str:
    return text if "://" in text else str(path.parent / text)


def _account(path: Path, key: str, value: Any) -> str:
    text = _text(path, key, value)
    return str(path.parent / text) if is_path(text) else text


def _language(path: Path, key: str, value: Any) -> str:
    text = _text(path, key, value)
    if text not in LANGUAGES:
        raise ProfileError("profile.unknown_language", path=path, key=key, language=text[:40])
    return text


def is_path(account: str) -> bool:
    """Return whether an account is given as a key file and not by its name."""
    return "/" in account or "\\" in account or account.endswith((".key", ".json"))


READERS: Mapping[str, Callable[[Path, str, Any], Any]] = {
    "rpc": _rpc,
    "deployment": _path,
    "stores": _stores,
    "account": _account,
    "language": _language,
}


def _kind(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "float", str: "string", list: "list", dict: "table"}
    return names.get(type(value), type(value).__name__)
