"""The command line that every benchmark has: `python -m benchmarks.<name> [--quick] [--seed N] [--out FOLDER]`."""

from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.result import RESULTS, Found, Result, Size, Skipped
from benchmarks.timing import timed

Measure = Callable[[Size, int], Found]


def run(name: str, measure: Measure, arguments: Sequence[str] | None = None) -> Result | None:
    """Measure as the command line says, write `<name>.json`, and say in one line for each bound whether it is kept.

    A quick run writes only where `--out` says so: the page shows none. Returns None, having printed why, where
    something that the benchmark needs is missing.
    """
    parser = ArgumentParser(prog=f"benchmarks.{name}")
    parser.add_argument("--quick", action="store_true", help="as little as shows that the script works")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help=f"folder of the result (default: {RESULTS.name}/ for full runs)")
    chosen = parser.parse_args(arguments)
    size = Size.QUICK if chosen.quick else Size.FULL
    try:
        seconds, found = timed(lambda: measure(size, chosen.seed))
    except Skipped as reason:
        print(f"{name}: skipped: {reason}")
        return None
    result = Result.of(name, size, chosen.seed, seconds, found)
    folder = chosen.out or (None if chosen.quick else RESULTS)
    if folder:
        print(result.write(folder))
    for verdict in found.verdicts:
        said = "kept" if verdict.kept else "NOT KEPT"
        print(f"{name}.{verdict.name}: {verdict.measured:.4g} {verdict.sense} {verdict.bound:.4g}: {said}")
    return result
