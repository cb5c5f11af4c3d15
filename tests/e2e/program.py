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


def fedmarket(*arguments: object, folder: Path, language: str = "en") -> Ran:
    """Run `fedmarket` with `arguments` in `folder`."""
    command = [str(Path(sys.executable).parent / "fedmarket"), *map(str, arguments)]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("FEDMARKET_")}
    plain |= {"FEDMARKET_LANG": language, "COLUMNS": "120", "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True, timeout=300, check=False)
    return Ran(done.stdout, done.stderr, done.returncode)
