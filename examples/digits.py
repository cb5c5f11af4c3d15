"""Six schools that each know mostly a few digits train one reader together: softmax against a hidden layer.

The data are scikit-learn's handwritten digits (UCI Optical Recognition of Handwritten Digits, E. Alpaydin and
C. Kaynak 1998): `pip install scikit-learn`, then `python examples/digits.py`.
"""

import numpy as np
from sklearn.datasets import load_digits  # type: ignore[import-untyped]

from fedmarket import Market

SEED = 0
SCHOOLS = [(0, 1), (2, 3), (4, 5), (6, 7), (8, 9), (0, 5)]
RECIPES = ("softmax", "mlp:32")


def main() -> None:
    """Run the same task with either recipe and print what came of it."""
    digits, random = load_digits(), np.random.default_rng(SEED)
    pixels, order = digits.data[:, digits.data.std(axis=0) > 1], random.permutation(len(digits.data))
    validation, rest = order[:300], order[300:]
    fondness = np.array([[8.0 if digit in favourites else 1.0 for digit in range(10)] for favourites in SCHOOLS])
    chances = (fondness / fondness.sum(axis=0)).T[digits.target[rest]]
    school_of = (chances.cumsum(axis=1) < random.random((len(rest), 1))).sum(axis=1)
    for recipe in RECIPES:
        market = Market(SEED)
        task = market.task((pixels[validation], digits.target[validation]), recipe=recipe, clip="2.0", rounds=10)
        for number, favourites in enumerate(SCHOOLS):
            rows = rest[school_of == number]
            task.provider(f"mostly {favourites[0]} and {favourites[1]}", pixels[rows], digits.target[rows])
        report = task.run().report
        print(f"{recipe}: skill by round", *(f"{line.skill_ppb / 1e9:.3f}" for line in report.rounds))
        best = report.rounds[report.best_round - 1]
        print(f"round {best.number}: {best.figures['accuracy']:.1%} of 300 digits read rightly")
        for line in report.providers:
            share, error = line.score_ppb / 1e9, line.stderr_ppb / 1e9
            print(f"  {line.name}: {line.weight} digits, {share:.3f} ± {error:.3f}, {line.owed / 1e18:.2f} tokens")


if __name__ == "__main__":
    main()
