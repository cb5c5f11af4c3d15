"""Break the contract on purpose, one thing at a time, and count what the tests notice.

    python -m tests.contracts.stateful.mutants [--list FILE] [--jobs 2] [--tests PATH ...] [--only TEXT] [--check]

Each mutant in mutants.txt is a copy of contracts/ with one text replaced ("-" lines by "+" lines); the tests run
against it and must fail. The copies lie in a temporary folder, the tree itself is not touched. Not part of the test
run: it takes minutes. The exchange's: --list tests/contracts/exchange/mutants.txt --tests tests/contracts/exchange.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
CARRIED = ("contracts", "tests/contracts", "pyproject.toml")
TESTS = ("tests/contracts/stateful/test_stateful_contract.py", "tests/contracts/catalogue/test_catalogue.py")
PATIENCE = 300
"""Seconds that the tests may take on one mutant."""


@dataclass(frozen=True)
class Mutant:
    """One text of one contract file, which must stand there exactly once, and what it is replaced by."""

    file: str
    old: str
    new: str

    def apply(self, contracts: Path) -> None:
        """Replace the text in a copy of the contracts; raises SystemExit where it does not stand there once."""
        path = contracts / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise SystemExit(f"{self.file}: {text.count(self.old)} times, not once: {self.old!r}")
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")

    def __str__(self) -> str:
        return f"{self.file}: {' '.join(self.old.split())}  ->  {' '.join(self.new.split()) or 'nothing'}"


def listed(file: Path) -> list[Mutant]:
    """Read a list: blocks of a file's name, lines after "- " and lines after "+ "."""
    mutants = []
    for block in file.read_text(encoding="utf-8").split("\n\n"):
        name, *lines = block.strip("\n").split("\n")
        old, new = ("\n".join(line[2:] for line in lines if line.startswith(sign)) for sign in "-+")
        mutants.append(Mutant(name, old, new))
    return mutants


def verdict(sound: Path, mutant: Mutant | None, tests: Sequence[str]) -> str:
    """Run the tests on a copy of the sound tree, with a mutant or without; returns "killed", "survived", or else."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(sound, copy)
        if mutant:
            mutant.apply(copy / "contracts")
        flags = ("-x", "-q", "--no-header", "--tb=line", "-p", "no:cacheprovider")
        command = [sys.executable, "-m", "pytest", *flags, *tests]
        try:
            ran = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            return "too slow"
    if "vyper.exceptions" in ran.stdout:
        return "does not compile"
    return {0: "survived", 1: "killed"}.get(ran.returncode, f"not run: {ran.stdout[-300:]}")


def _carry(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


def check(mutants: Sequence[Mutant]) -> None:
    """See that every mutant applies; raises SystemExit at the first that does not."""
    for mutant in mutants:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(ROOT / "contracts", folder, dirs_exist_ok=True)
            mutant.apply(Path(folder))


def main() -> None:
    """Run the mutants and print what became of each, and how many were killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", type=Path, default=Path(__file__).parent / "mutants.txt")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tests", nargs="+", default=list(TESTS))
    parser.add_argument("--only", default="", help="run only mutants whose line holds this text")
    parser.add_argument("--check", action="store_true", help="only see that every text stands where it should")
    chosen = parser.parse_args()
    mutants = [mutant for mutant in listed(chosen.list) if chosen.only in str(mutant)]
    check(mutants)
    if chosen.check:
        print(f"{len(mutants)} mutants apply")  # noqa: T201
        return
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(chosen.jobs) as pool:
        sound = Path(folder)
        for name in CARRIED:
            _carry(ROOT / name, sound / name)
        if verdict(sound, None, chosen.tests) != "survived":
            raise SystemExit("the tests fail on the sound contract")
        verdicts = []
        for mutant, word in zip(mutants, pool.map(lambda one: verdict(sound, one, chosen.tests), mutants), strict=True):
            verdicts.append(word)
            print(f"{word}: {mutant}", flush=True)  # noqa: T201
    print(f"{verdicts.count('killed')} of {len(mutants)} mutants killed")  # noqa: T201


if __name__ == "__main__":
    main()
