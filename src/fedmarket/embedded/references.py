"""What a federated model is measured against: the same program run with one provider, on pooled or own data."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.terms import Terms
from fedmarket.embedded.report import Comparison, Quality
from fedmarket.learning.fixed_point import quantise
from fedmarket.learning.metrics import measure
from fedmarket.learning.recipe import Recipe, train_locally
from fedmarket.learning.server_step import client_config
from fedmarket.learning.table import Table, schema_from_arrays, table_from_arrays
from fedmarket.learning.tensors import Tensors, difference
from fedmarket.record.models import fresh_server, initial_model, recipe_of, rule_of


@dataclass(frozen=True, eq=False)
class Raw:
    """Raw features (n, d) and labels (n,): class names, or numbers."""

    features: NDArray[np.float64]
    labels: NDArray[Any]


def quality(recipe: Recipe, model: Tensors, test: Table) -> Quality:
    """Measure a model on the test set."""
    measured = measure(recipe, model, test)
    return Quality(measured.figures, measured.loss)


def train_alone(terms: Terms, table: Table, seed: int) -> Tensors:
    """Return the model of the same rounds, steps, clip and server step with `table` as the only provider's data."""
    recipe, server, model = recipe_of(terms), fresh_server(terms), initial_model(terms)
    rule, proximal = rule_of(terms), client_config(terms.strategy).get("proximal-mu", 0.0)
    for round_number in range(1, terms.rounds + 1):
        trained = train_locally(recipe, model, table, terms.training, seed + round_number, proximal)
        update = quantise(difference(trained, model), terms.clip_quanta)
        total = rule.total({"alone": update}, {"alone": 1}, recipe.spec, terms.clip_quanta)
        model = server.advance(model, total, rule.total_weight(1))
    return model


def compare(terms: Terms, federated: Tensors, alone: Mapping[str, Raw], test: Raw, seed: int) -> Comparison:
    """Measure the federated model, one trained on all data pooled, and each provider's own on the test set.

    Who trains alone has no constants but its own, so those two are standardised by what they trained on. A target that
    is a number keeps the constants of the terms, or losses could not be compared.
    """
    recipe = recipe_of(terms)
    pooled = Raw(
        np.concatenate([held.features for held in alone.values()]),
        np.concatenate([held.labels for held in alone.values()]),
    )
    return Comparison(
        federated=quality(recipe, federated, table_from_arrays(test.features, test.labels, terms.data)),
        pooled=_own_quality(terms, pooled, test, seed),
        alone={account: _own_quality(terms, held, test, seed) for account, held in alone.items()},
    )


def _own_quality(terms: Terms, held: Raw, test: Raw, seed: int) -> Quality:
    own = schema_from_arrays(held.features, held.labels, terms.data.features, terms.data.target)
    schema = replace(terms.data, means=own.means, scales=own.scales)
    model = train_alone(terms, table_from_arrays(held.features, held.labels, schema), seed)
    return quality(recipe_of(terms), model, table_from_arrays(test.features, test.labels, schema))
