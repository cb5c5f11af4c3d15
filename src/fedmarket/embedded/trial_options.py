"""What a task on one's own table starts with: rates and clip fitted to the validation set, money to the budget."""

from dataclasses import replace

import numpy as np

from fedmarket.domain.recipe_choice import RecipeChoice
from fedmarket.domain.terms import DataSchema, Training
from fedmarket.embedded.plan import Options
from fedmarket.learning.recipe import build_recipe, train_locally
from fedmarket.learning.table import FloatArray, Table
from fedmarket.learning.tensors import difference

FULL_BUDGET = 1000
"""Whole tokens that the default fees are made for; other budgets scale them, floors and all."""
STEADY = {"softmax": 3.0, "linear": 0.24}
"""Learning rate times `row_square` up to which SGD with momentum 0.9 on batches of 16 stays steady: tried on tables."""
LARGE_SITE = 400
LEAST_STEPS, MOST_STEPS = 20, 40
LARGE_BATCH = 32
PATIENCE = 3
"""Rounds in a row with next to no gain after which the requester stops: later ones only pull back and forth."""


def trial_options(validation: Table, schema: DataSchema, site_rows: list[int], budget: int) -> Options:
    """Return the options of a task without a target, all of which a requester may replace.

    The learning rate falls as rows get longer, local steps and batch grow with the median site, and the clip is the
    norm of one round of training on the validation set: what an honest first update needs.
    """
    defaults = _money(Options(target=None), budget)
    recipe = "linear" if schema.regression else "softmax"
    rows = int(np.median(site_rows))
    batch = LARGE_BATCH if rows >= LARGE_SITE else defaults.batch
    steps = int(np.clip(rows // batch, LEAST_STEPS, MOST_STEPS))
    rate = min(float(defaults.learning_rate), STEADY[recipe] / row_square(validation.features))
    training = Training(steps, batch, _two_digits(rate), defaults.momentum)
    return replace(
        defaults,
        recipe=recipe,
        learning_rate=training.learning_rate,
        batch=batch,
        patience_rounds=PATIENCE,
        steps=steps,
        clip=_two_digits(_first_norm(recipe, validation, schema, training)),
    )


def row_square(features: FloatArray) -> float:
    """Return E|x|^4 / E|x|^2 of standardised rows (n, d): how far a step on unusual rows can overshoot."""
    squares = np.square(features).sum(axis=1)
    return max(float(np.square(squares).mean() / max(squares.mean(), 1e-9)), 1e-3)


def _first_norm(name: str, validation: Table, schema: DataSchema, training: Training) -> float:
    recipe = build_recipe(RecipeChoice.read(name), schema)
    start = recipe.init(0)
    change = difference(train_locally(recipe, start, validation, training, 0), start)
    norm = sum(float(np.square(tensor).sum()) for tensor in change.values()) ** 0.5
    return float(np.clip(norm, 0.01, 100.0))


def _money(options: Options, budget: int) -> Options:
    """Return options whose fees and participation money are the same part of any budget."""
    names = ("participation", "aggregator_fee", "evaluator_fee")
    return replace(options, **{name: getattr(options, name) * budget // FULL_BUDGET for name in names})


def _two_digits(value: float) -> str:
    return np.format_float_positional(value, precision=2, fractional=False, trim="-")
