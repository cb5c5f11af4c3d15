"""What a task on one's own table starts with: rates and clip fitted to the validation set, money to the budget."""

from dataclasses import replace

import numpy as np

from fedmarket.domain.terms import DataSchema, Training
from fedmarket.embedded.plan import Options
from fedmarket.learning.recipe import build_recipe, train_locally
from fedmarket.learning.table import Table
from fedmarket.learning.tensors import difference

FULL_BUDGET = 1000
"""Whole tokens that the default fees are made for; other budgets scale them, floors and all."""
STEADY_SQUARE = 64.0
"""Mean squared length of a row up to which the default rate is steady: SGD's noise grows with it."""
LARGE_SITE = 400
MOST_STEPS = 40


def trial_options(validation: Table, schema: DataSchema, site_rows: list[int], budget: int) -> Options:
    """Return the options of a task without a target, all of which a requester may replace.

    The learning rate falls as rows get longer, local steps and batch grow with the median site, and the clip is the
    norm of one round of training on the validation set: what an honest first update needs.
    """
    defaults = _money(Options(target=None), budget)
    square = float(np.square(validation.features).sum(axis=1).mean())
    rate = _two_digits(float(defaults.learning_rate) * min(1.0, STEADY_SQUARE / max(square, 1e-9)))
    rows = int(np.median(site_rows))
    batch = 32 if rows >= LARGE_SITE else defaults.batch
    steps = int(np.clip(rows // batch, defaults.steps, MOST_STEPS))
    training = Training(steps, batch, rate, defaults.momentum)
    recipe = build_recipe(defaults.recipe, schema)
    start = recipe.init(0)
    change = difference(train_locally(recipe, start, validation, training, 0), start)
    norm = sum(float(np.square(tensor).sum()) for tensor in change.values()) ** 0.5
    clip = _two_digits(float(np.clip(norm, 0.01, 100.0)))
    return replace(defaults, learning_rate=rate, batch=batch, steps=steps, clip=clip)


def _money(options: Options, budget: int) -> Options:
    """Return options whose fees and participation money are the same part of any budget."""
    names = ("participation", "aggregator_fee", "evaluator_fee")
    return replace(options, **{name: getattr(options, name) * budget // FULL_BUDGET for name in names})


def _two_digits(value: float) -> str:
    return np.format_float_positional(value, precision=2, fractional=False, trim="-")
