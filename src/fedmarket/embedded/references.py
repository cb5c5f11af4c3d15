"""What a federated model is measured against: the same program run with one provider, on pooled or own data."""

from collections.abc import Mapping

from fedmarket.domain.terms import Terms
from fedmarket.embedded.report import Comparison, Quality
from fedmarket.learning.aggregate import weighted_sum
from fedmarket.learning.fixed_point import quantise
from fedmarket.learning.metrics import measure
from fedmarket.learning.recipe import Recipe, train_locally
from fedmarket.learning.table import Table
from fedmarket.learning.tensors import Tensors, difference
from fedmarket.record.models import fresh_server, initial_model, recipe_of


def quality(recipe: Recipe, model: Tensors, test: Table) -> Quality:
    """Measure a model on the test set."""
    measured = measure(recipe, model, test)
    return Quality(measured.accuracy, measured.auc, measured.loss)


def train_alone(terms: Terms, table: Table, seed: int) -> Tensors:
    """Return the model of the same rounds, steps, clip and server step with `table` as the only provider's data."""
    recipe, server, model = recipe_of(terms), fresh_server(terms), initial_model(terms)
    for round_number in range(1, terms.rounds + 1):
        trained = train_locally(recipe, model, table, terms.training, seed + round_number)
        update = quantise(difference(trained, model), terms.clip_quanta)
        model = server.advance(model, weighted_sum([update], [1], recipe.spec, terms.clip_quanta), 1)
    return model


def compare(
    terms: Terms, federated: Tensors, alone: Mapping[str, Table], pooled: Table, test: Table, seed: int
) -> Comparison:
    """Measure the federated model, the pooled one and each provider's own on the test set."""
    recipe = recipe_of(terms)
    return Comparison(
        federated=quality(recipe, federated, test),
        pooled=quality(recipe, train_alone(terms, pooled, seed), test),
        alone={account: quality(recipe, train_alone(terms, table, seed), test) for account, table in alone.items()},
    )
