"""The keys of a run's accounts, kept beside its record: worth nothing outside it."""

from collections.abc import Mapping
from pathlib import Path

from fedmarket.cli.keyfile import write_key_file

EVALUATOR = "evaluator 1"


def keep_keys(folder: Path, keys: Mapping[str, bytes]) -> dict[str, Path]:
    """Write the keys by name to `folder`/keys, and return each one's path."""
    paths: dict[str, Path] = {}
    for name, secret in keys.items():
        paths[name] = _free_path(folder / "keys", name, set(paths.values()))
        write_key_file(paths[name], secret)
    return paths


def _free_path(folder: Path, name: str, taken: set[Path]) -> Path:
    """Return a file name of the letters and digits of `name`, numbered where another key has it already."""
    stem = stem_of(name)
    path, number = folder / f"{stem}.key", 2
    while path in taken:
        path, number = folder / f"{stem}-{number}.key", number + 1
    return path


def stem_of(name: str) -> str:
    """Return the letters and digits of a name as the stem of a file: "City hospital (noisy)" as city-hospital-noisy."""
    letters = "".join(character if character.isalnum() else " " for character in name.lower())
    return "-".join(letters.split()) or "key"
