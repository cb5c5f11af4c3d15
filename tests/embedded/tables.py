"""scikit-learn's tables written as the files that a stranger would have."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn import datasets  # type: ignore[import-untyped]

Rows = list[list[Any]]


def write(path: Path, header: Sequence[str], rows: Sequence[Sequence[Any]], **how: Any) -> Path:
    """Write rows as CSV; `how` goes to the csv module, `encoding` to the file."""
    with path.open("w", encoding=how.pop("encoding", "utf-8"), newline="") as file:
        writer = csv.writer(file, **how)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def breast_cancer(folder: Path) -> Path:
    """569 biopsies, thirty numbers each, from four hospitals; `diagnosis` is malignant or benign."""
    bunch = datasets.load_breast_cancer()
    hospitals = np.random.default_rng(0).choice(
        ["North", "South", "East", "West"], len(bunch.target), p=[0.4, 0.3, 0.2, 0.1]
    )
    rows = [[*x, h, bunch.target_names[y]] for x, h, y in zip(bunch.data, hospitals, bunch.target, strict=True)]
    return write(folder / "biopsies.csv", [*bunch.feature_names, "hospital", "diagnosis"], rows)


def wine(folder: Path) -> Path:
    """178 wines, thirteen numbers each; `cultivar` is 0, 1 or 2."""
    bunch = datasets.load_wine()
    rows = [[*x, int(y)] for x, y in zip(bunch.data, bunch.target, strict=True)]
    return write(folder / "wine.csv", [*bunch.feature_names, "cultivar"], rows)


def digits(folder: Path) -> Path:
    """1,797 digits of 64 pixels, some of which are always black."""
    bunch = datasets.load_digits()
    rows = [[*x, int(y)] for x, y in zip(bunch.data, bunch.target, strict=True)]
    return write(folder / "digits.csv", [*bunch.feature_names, "digit"], rows)


def diabetes(folder: Path) -> Path:
    """442 patients; `progression` is a number from 25 to 346."""
    bunch = datasets.load_diabetes(scaled=False)
    rows = [[*x, y] for x, y in zip(bunch.data, bunch.target, strict=True)]
    return write(folder / "diabetes.csv", [*bunch.feature_names, "progression"], rows)


HEADER = ("number", "age", "income", "job", "smoker", "country", "born", "note", "repaid")


def borrowers(count: int = 300, change: Callable[[Rows], None] = lambda rows: None) -> Rows:
    """People with every kind of column: an identifier, numbers, a category, yes/no, a constant, a date, free text."""
    random = np.random.default_rng(3)
    rows: Rows = []
    for number in range(count):
        age, income = int(random.integers(18, 80)), round(float(np.exp(random.normal(10, 0.5))), 2)
        job, smoker = str(random.choice(["clerk", "nurse", "pilot"])), str(random.choice(["yes", "no"]))
        worth = 0.1 * (age - 48) + 2 * (job == "nurse") - 2 * (smoker == "yes") + random.logistic()
        born = f"{2026 - age}-0{random.integers(1, 10)}-1{random.integers(0, 9)}"
        repaid = "yes" if worth > 0 else "no"
        rows.append([number + 1, age, income, job, smoker, "NO", born, f"note {random.integers(10**9)}", repaid])
    change(rows)
    return rows


def people(folder: Path, change: Callable[[Rows], None] = lambda rows: None, **how: Any) -> Path:
    """Write the borrowers, changed by `change`."""
    return write(folder / "people.csv", HEADER, borrowers(change=change), **how)
