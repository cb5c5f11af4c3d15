"""What is in force: a flag goes before the environment, the environment before the profile, that before nothing."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fedmarket.cli.language import flag_values
from fedmarket.cli.profiles import FILE, WEB, Profile, Profiles, read_profiles
from fedmarket.domain.errors import LANGUAGES, UsageError

CONFIG_VARIABLE = "FEDMARKET_CONFIG"
PROFILE_VARIABLE = "FEDMARKET_PROFILE"
PROFILE_FLAG = "--profile"
VARIABLES = {
    "rpc": "FEDMARKET_RPC_URL",
    "deployment": "FEDMARKET_DEPLOYMENT",
    "stores": "FEDMARKET_STORES",
    "account": "FEDMARKET_ACCOUNT",
    "language": "FEDMARKET_LANG",
}
FLAGS = {"rpc": "--rpc-url", "deployment": "--deployment", "account": "--account", "language": "--lang"}
NOWHERE = "nowhere"


@dataclass(frozen=True)
class Setting:
    """A value in force and where it comes from: a flag, a variable, or a profile of a file; None from nowhere."""

    value: Any
    source: str


@dataclass(frozen=True)
class Settings:
    """Every setting by its name in a profile, the file that was read, and the profile that was chosen."""

    rpc: Setting
    deployment: Setting
    stores: Setting
    account: Setting
    language: Setting
    file: Path | None
    profile: str | None

    def by_name(self) -> dict[str, Setting]:
        """Return the settings in a profile's order."""
        return {name: getattr(self, name) for name in VARIABLES}


def settle(
    environ: Mapping[str, str],
    flags: Mapping[str, str | Path | None],
    profile: str | None = None,
    folder: Path | None = None,
) -> Settings:
    """Return what is in force for `flags` (by a profile's names), the environment, and the profile in `folder`.

    Raises ProfileError for a file that is wrong and a profile that is missing, UsageError for a wrong value elsewhere.
    """
    profiles = find_profiles(environ, folder or Path())
    wanted = profile or environ.get(PROFILE_VARIABLE) or None
    if wanted and profiles is None:
        raise UsageError("profile.no_file", name=wanted, file=FILE)
    chosen = profiles.choose(wanted) if profiles else None
    found = {name: _setting(name, environ, flags, profiles, chosen) for name in VARIABLES}
    return Settings(**found, file=profiles.path if profiles else None, profile=chosen.name if chosen else None)


def configured_language(arguments: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """Return the language of the profile that `arguments` or `environ` choose, before anything is parsed.

    A file that is wrong has none: whichever command needs it refuses it by name, and help is shown all the same.
    """
    with suppress(UsageError):
        profiles = find_profiles(environ, Path())
        wanted = [environ.get(PROFILE_VARIABLE) or None, *flag_values(arguments, PROFILE_FLAG)][-1]
        chosen = profiles.choose(wanted) if profiles else None
        return chosen.language if chosen else None
    return None


def names_chain(environ: Mapping[str, str], rpc_url: str | None, profile: str | None) -> bool:
    """Return whether a flag or the environment names a chain, or a profile that has one, to go to.

    A file that only lies in the folder does not.
    """
    if rpc_url or profile or environ.get(VARIABLES["rpc"]):
        return True
    return bool(environ.get(PROFILE_VARIABLE)) and settle(environ, {}).rpc.value is not None


def needed_rpc(settings: Settings) -> str:
    """Return the chain's endpoint; raises UsageError where none is named."""
    if settings.rpc.value is None:
        raise UsageError("profile.needs_rpc")
    return str(settings.rpc.value)


def find_profiles(environ: Mapping[str, str], folder: Path) -> Profiles | None:
    """Return the profiles of FEDMARKET_CONFIG or of `folder`'s fedmarket.toml, or None where there is no such file."""
    named = environ.get(CONFIG_VARIABLE)
    path = Path(named) if named else folder / FILE
    return read_profiles(path) if named or path.exists() else None


def _setting(
    name: str,
    environ: Mapping[str, str],
    flags: Mapping[str, str | Path | None],
    profiles: Profiles | None,
    chosen: Profile | None,
) -> Setting:
    flag, variable = flags.get(name), VARIABLES[name]
    if flag is not None:
        return Setting(_read(name, str(flag), FLAGS[name]), FLAGS[name])
    if environ.get(variable):
        return Setting(_read(name, environ[variable], variable), variable)
    value = getattr(chosen, name) if chosen else None
    if value is not None and profiles and chosen:
        return Setting(value, f"{profiles.path} [profiles.{chosen.name}]")
    return Setting(LANGUAGES[0] if name == "language" else None, NOWHERE)


def _read(name: str, text: str, source: str) -> Any:
    if name == "rpc" and not text.startswith(WEB):
        raise UsageError("profile.bad_address", source=source)
    if name == "stores":
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if name == "language" and text not in LANGUAGES:
        raise UsageError("cli.unknown_language", language=text[:40])
    return Path(text) if name == "deployment" else text
