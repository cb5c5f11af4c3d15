"""How long the command line takes to answer, and the demo from its first line to its last."""

import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.command import run
from benchmarks.result import Cell, Found, Size, Table, Verdict
from benchmarks.timing import timed
from fedmarket.embedded.demo import run_demo

SEED = 4
"""The demo's default seed."""
PROGRAM = "from fedmarket.cli.app import main; main()"


def measure(size: Size, seed: int) -> Found:
    """Start the program again and again, beside an interpreter that does nothing; a full run plays the demo, too."""
    starts, demos = (20, 3) if size is Size.FULL else (2, 0)
    seconds: dict[str, list[float]] = {"python": [], "help": []}
    for _ in range(starts):
        seconds["python"].append(_process("pass"))
        seconds["help"].append(_process(PROGRAM, "--help"))
    inside, whole = [], []
    for _ in range(demos):
        with TemporaryDirectory() as folder:
            inside.append(run_demo(SEED, Path(folder) / "record").seconds)
            whole.append(_process(PROGRAM, "demo", "--out", str(Path(folder) / "again")))
    rows = [(name, found, len(found)) for name, found in seconds.items()]
    rows += [("demo_inside", inside, demos), ("demo_process", whole, demos)] if demos else []
    table = Table("seconds", ("what", "median", "shortest", "runs"), _summary(rows))
    verdicts = [Verdict("help_seconds", 0.3, median(seconds["help"]))]
    if demos:
        verdicts += [
            Verdict(name, bound, median(whole)) for name, bound in (("demo_seconds", 30.0), ("demo_aim", 15.0))
        ]
    return Found((table,), tuple(verdicts))


def _summary(rows: list[tuple[str, list[float], int]]) -> tuple[tuple[Cell, ...], ...]:
    return tuple((name, median(seconds), min(seconds), runs) for name, seconds, runs in rows)


def _process(program: str, *arguments: str) -> float:
    """Return the seconds of a process of this interpreter; raises CalledProcessError where it fails."""
    command = [sys.executable, "-c", program, *arguments]
    return timed(lambda: subprocess.run(command, check=True, capture_output=True))[0]


if __name__ == "__main__":
    run("startup", measure)
