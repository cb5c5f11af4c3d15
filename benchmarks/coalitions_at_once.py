"""Losses of all 1,024 coalitions of ten providers of a 784-200-10 network: at once, and one model after another.

Prints one JSON object: seconds of either way (best of three), their ratio, and the largest difference.
"""

import json
import platform
from collections.abc import Callable
from time import perf_counter

import numpy as np

from fedmarket.domain.recipe_choice import RecipeChoice
from fedmarket.domain.terms import DataSchema
from fedmarket.learning.contribution import RoundGame
from fedmarket.learning.recipe import Recipe, build_recipe
from fedmarket.learning.table import Table
from fedmarket.learning.tensors import Tensors, flatten, unflatten
from fedmarket.valuation.games import Coalitions, FloatVector, all_coalitions

SEED = 0
FEATURES, HIDDEN, CLASSES = 784, 200, 10
PROVIDERS, ROWS = 10, 250


def one_by_one(
    recipe: Recipe, base: Tensors, shares: dict[str, FloatVector], table: Table, coalitions: Coalitions
) -> FloatVector:
    """Return the utility (m,) of every coalition (m, players) by making its model and measuring it."""
    start, steps = flatten(base).astype(np.float64), np.stack(list(shares.values()))
    points = (start + coalition @ steps for coalition in coalitions.astype(np.float64))
    return np.array([-recipe.losses(unflatten(point, recipe.spec), table).mean() for point in points])


def best_of_three(act: Callable[[], FloatVector]) -> tuple[float, FloatVector]:
    """Return the least seconds that `act` took, and what it returned."""
    seconds = []
    for _ in range(3):
        begun = perf_counter()
        found = act()
        seconds.append(perf_counter() - begun)
    return min(seconds), found


def main() -> None:
    """Measure and print."""
    names = tuple(f"pixel {i}" for i in range(FEATURES))
    schema = DataSchema(
        names, ("0",) * FEATURES, ("1",) * FEATURES, "digit", tuple(str(digit) for digit in range(CLASSES))
    )
    recipe, random = build_recipe(RecipeChoice.read(f"mlp:{HIDDEN}"), schema), np.random.default_rng(SEED)
    table = Table(random.normal(size=(ROWS, FEATURES)), random.integers(CLASSES, size=ROWS))
    shares = {f"{i}": 1e-3 * random.normal(size=recipe.spec.parameters) for i in range(PROVIDERS)}
    base, coalitions = recipe.init(SEED), all_coalitions(PROVIDERS)
    fast, values = best_of_three(lambda: RoundGame(recipe, base, shares, table).values(coalitions))
    slow, expected = best_of_three(lambda: one_by_one(recipe, base, shares, table, coalitions))
    result = {
        "seed": SEED,
        "machine": platform.platform(),
        "network": [FEATURES, HIDDEN, CLASSES],
        "validation_rows": ROWS,
        "coalitions": len(coalitions),
        "seconds_at_once": round(fast, 4),
        "seconds_one_by_one": round(slow, 4),
        "ratio": round(slow / fast, 2),
        "largest_difference": float(np.abs(values - expected).max()),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
