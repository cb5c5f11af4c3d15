"""The program as a person runs it: in a process of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    out: str
    err: str
    code: int


def environment(language: str = "en", **more: str) -> dict[str, str]:
    """Return this process's environment as the program gets it: no settings but `language` and `more`."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("FEDMARKET_")}
    plain |= {"FEDMARKET_LANG": language, "COLUMNS": "120", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    return plain | more


def fedmarket(*arguments: object, folder: Path, language: str = "en", **more: str) -> Ran:
    """Run `fedmarket` with `arguments` in `folder`; its home is there too unless `more` names another."""
    command = [str(Path(sys.executable).parent / "fedmarket"), *map(str, arguments)]
    env = environment(language, **{"FEDMARKET_HOME": str(folder / "home"), **more})
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)
    return Ran(done.stdout, done.stderr, done.returncode)
