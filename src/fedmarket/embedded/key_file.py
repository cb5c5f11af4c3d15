"""A secret key in a file of its own: written once, readable by its owner alone."""

import os
from pathlib import Path

from fedmarket.domain.errors import KeyfileError

OWNER_ONLY = 0o600


def write_key_file(path: Path, secret: bytes) -> None:
    """Write a 32-byte `secret` as 64 hex digits to a new file of mode 0600, making its folder where needed.

    Raises KeyfileError where a file is there already (exists), or where it cannot be written (unwritable).
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secret.hex() + "\n")
    except FileExistsError as error:
        raise KeyfileError("keyfile.exists", path=path) from error
    except OSError as error:
        raise KeyfileError("keyfile.unwritable", path=path, detail=error.strerror) from error
