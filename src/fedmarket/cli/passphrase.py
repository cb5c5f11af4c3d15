"""A new keystore's passphrase: asked for twice, or the first line of a file; never an argument, never shown."""

import sys
from getpass import getpass
from pathlib import Path

from fedmarket.cli.keyfile import read_text
from fedmarket.domain.errors import KeyfileError, sentence

SHORTEST = 8
"""Characters that a new passphrase has at least."""


def first_line(path: Path) -> str:
    """Return a file's first line; raises KeyfileError where it cannot be read."""
    return read_text(path).partition("\n")[0].removesuffix("\r")


def new_passphrase(name: str, file: Path | None, lang: str) -> str:
    """Return the passphrase for a new account called `name`.

    Raises KeyfileError: no_new_passphrase where there is neither file nor terminal, passphrases_differ,
    short_passphrase.
    """
    passphrase = first_line(file) if file else _asked(name, lang)
    if len(passphrase) < SHORTEST:
        raise KeyfileError("keyfile.short_passphrase", limit=SHORTEST)
    return passphrase


def _asked(name: str, lang: str) -> str:
    if not sys.stdin.isatty():
        raise KeyfileError("keyfile.no_new_passphrase", name=name)
    first = getpass(sentence("keyfile.prompt_new", lang, name=name))
    if getpass(sentence("keyfile.prompt_again", lang)) != first:
        raise KeyfileError("keyfile.passphrases_differ")
    return first
