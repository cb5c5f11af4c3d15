"""Runs every benchmark in the order of the page: `python -m benchmarks [--quick] [--seed N] [--out FOLDER]`."""

import sys
from importlib import import_module

from benchmarks.command import run
from benchmarks.page import ORDER


def main() -> None:
    """Run them all in this process; whatever one needs and does not find, it says and is left out."""
    for name in ORDER:
        run(name, import_module(f"benchmarks.{name}").measure, sys.argv[1:])


if __name__ == "__main__":
    main()
