"""Four lenders learn together who repays, and are paid for what their loans teach; no loan leaves its lender.

The loans are real (examples/data/german_credit.md); who lends for what is made up. `python examples/credit.py`
"""

import csv
from pathlib import Path

import numpy as np

from fedmarket import Market

SEED = 0
FILE = Path(__file__).parent / "data" / "german_credit.csv"
LENDERS = {
    "car finance": ("car (new)", "car (used)"),
    "electronics stores": ("radio/television", "domestic appliances"),
    "furniture stores": ("furniture/equipment", "repairs"),
}


def main() -> None:
    """Run the task and print what came of it."""
    loans = list(csv.DictReader(FILE.open(encoding="utf-8")))
    names, features = columns(loans)
    repaid, random = np.array([loan["creditability"] for loan in loans]), np.random.default_rng(SEED)
    validation, rest = np.split(random.permutation(len(loans)), [250])
    varied = features[validation].std(axis=0) > 0.2
    features = features[:, varied]
    task = Market(SEED).task((features[validation], repaid[validation]), target_skill="0.20", rounds=8, clip="0.5")
    lender_of = np.array([lender(loan["purpose"]) for loan in loans])
    for name in (*LENDERS, "house bank"):
        rows = rest[lender_of[rest] == name]
        told = random.permutation(repaid[rows]) if name == "furniture stores" else repaid[rows]
        task.provider(name, features[rows], told)
    report = task.run().report
    print(f"{varied.sum()} of {len(names)} columns vary enough. The furniture stores' answers are shuffled.")
    for line in report.rounds:
        error, area = line.skill_stderr_ppb / 1e9, line.figures["auc"]
        print(f"round {line.number}: skill {line.skill_ppb / 1e9:.3f} ± {error:.3f}, AUC {area:.3f}")
    for each in report.providers:
        share, error = each.score_ppb / 1e9, each.stderr_ppb / 1e9
        print(f"{each.name}: {each.weight} loans, {share:.3f} ± {error:.3f}, {each.owed / 1e18:.2f} tokens")
    print(f"back to the requester: {report.refund / 1e18:.2f} of {report.escrow / 1e18:.0f} tokens")


def lender(purpose: str) -> str:
    """Return who lends for a purpose."""
    return next((name for name, purposes in LENDERS.items() if purpose in purposes), "house bank")


def columns(loans: list[dict[str, str]]) -> tuple[list[str], np.ndarray]:
    """Return names and values (n, d): numbers as they are, words as a column of 0 and 1 for each."""
    found: dict[str, list[float]] = {}
    for name in [name for name in loans[0] if name not in ("creditability", "purpose")]:
        cells = [loan[name] for loan in loans]
        if all(cell.isdigit() for cell in cells):
            found[name] = [float(cell) for cell in cells]
        else:
            found |= {f"{name}: {word}": [float(cell == word) for cell in cells] for word in sorted(set(cells))}
    return list(found), np.array(list(found.values())).T


if __name__ == "__main__":
    main()
