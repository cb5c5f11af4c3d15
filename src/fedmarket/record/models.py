"""Models and aggregates of a task, opened with one party's key."""

from fedmarket.domain.errors import RefusedError
from fedmarket.domain.manifest import Manifest
from fedmarket.domain.manifest_rules import RoundFault
from fedmarket.domain.strategies import AVERAGING
from fedmarket.domain.terms import Terms
from fedmarket.learning.recipe import Recipe, build_recipe
from fedmarket.learning.rules import AggregationRule, build_rule
from fedmarket.learning.server_step import ServerOptimiser, build_server_step
from fedmarket.learning.tensors import Tensors, decode, model_id
from fedmarket.record.live import Record
from fedmarket.record.relay import open_shared
from fedmarket.store.age import AgeIdentity


def recipe_of(terms: Terms) -> Recipe:
    """Return the recipe that the terms name, for data of their schema."""
    return build_recipe(terms.recipe, terms.data)


def initial_model(terms: Terms) -> Tensors:
    """Return the model that training starts from; raises RefusedError unless it is the one that the terms name."""
    model = recipe_of(terms).init(terms.seed)
    if model_id(model) != terms.initial_model:
        raise RefusedError("record.wrong_start")
    return model


def open_model(record: Record, number: int, round_number: int, identity: AgeIdentity) -> Tensors:
    """Return the model after a round (0: the initial one), exactly the one that the chain names.

    Raises StoreError or AgeError where it is missing or not for this identity.
    """
    terms = record.terms(number)
    if round_number == 0:
        return initial_model(terms)
    manifest = record.manifest(number, round_number)
    if manifest.model != record.task(number).model_after(round_number):
        raise RoundFault("round.wrong_field", round=round_number, field="model")
    data, spec = open_shared(record, number, manifest, "model", identity), recipe_of(terms).spec
    return decode(data, spec, spec.encoded_bytes)


def open_total(record: Record, manifest: Manifest, terms: Terms, identity: AgeIdentity) -> Tensors:
    """Return a round's exact int64 aggregate as the aggregator stored it."""
    spec = recipe_of(terms).spec.of("I64")
    data = open_shared(record, manifest.task, manifest, "aggregate", identity)
    return decode(data, spec, spec.encoded_bytes)


def rule_of(terms: Terms) -> AggregationRule:
    """Return the aggregation rule that the terms name."""
    return build_rule(terms.aggregation)


def fresh_server(terms: Terms) -> ServerOptimiser:
    """Return the strategy's state before round 1; raises UsageError where it needs a package that is not installed."""
    return build_server_step(terms.strategy)


def server_after(record: Record, number: int, rounds: int, identity: AgeIdentity) -> ServerOptimiser:
    """Return the strategy's state after `rounds` rounds, rebuilt from the stored aggregates."""
    terms = record.terms(number)
    server, rule = fresh_server(terms), rule_of(terms)
    if terms.strategy.name in AVERAGING:
        return server
    for round_number in range(1, rounds + 1):
        manifest = record.manifest(number, round_number)
        base = open_model(record, number, round_number - 1, identity)
        total = open_total(record, manifest, terms, identity)
        server.advance(base, total, rule.total_weight(manifest.delivered_weight))
    return server
