"""Where this program keeps what is the user's: keys, outboxes, an installed node."""

from collections.abc import Mapping
from pathlib import Path

from platformdirs import user_data_path

VARIABLE = "FEDMARKET_HOME"


def home(environ: Mapping[str, str]) -> Path:
    """Return the user's data folder for fedmarket: FEDMARKET_HOME, else where this system keeps such things."""
    named = environ.get(VARIABLE)
    return Path(named) if named else user_data_path("fedmarket", appauthor=False)


def accounts_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the named accounts' keystores."""
    return home(environ) / "accounts"


def outbox_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of the accounts' outboxes."""
    return home(environ) / "outbox"


def anvil_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder into which anvil is installed."""
    return home(environ) / "anvil"
