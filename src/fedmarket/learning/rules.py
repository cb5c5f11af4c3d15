"""The rules that make one aggregate of a round's updates, all weighted by the providers' weights."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from fedmarket.domain.strategies import aggregation_parameters
from fedmarket.domain.terms import Aggregation
from fedmarket.learning.aggregate import weighted_sum
from fedmarket.learning.momenta import Weight
from fedmarket.learning.tensors import Tensors, TensorSpec
from fedmarket.learning.trimmed_mean import TrimmedMean


class AggregationRule(Protocol):
    """Exact at every coordinate: the total is the sum of kept weight x update, divided once by all that is kept."""

    def total(
        self, updates: Mapping[str, Tensors], weights: Mapping[str, int], spec: TensorSpec, clip_quanta: int
    ) -> Tensors:
        """Return the int64 aggregate in the shapes of `spec`, zeros where there is no update.

        `updates` are int32 fixed point, each with a norm of at most `clip_quanta`; `weights` positive integers, of
        these accounts at least. Raises TermsError (overflow) unless clip x total weight < 2^53 quanta.
        """
        ...

    def total_without(
        self,
        account: str,
        total: Tensors,
        updates: Mapping[str, Tensors],
        weights: Mapping[str, int],
        clip_quanta: int,
    ) -> Tensors:
        """Return the aggregate had `account` sent zeros, `total` being that of all `updates`; all weights stay."""
        ...

    def kept(self, updates: Mapping[str, Tensors], weights: Mapping[str, int]) -> Mapping[str, Weight]:
        """Return what the rule keeps of each account's weight: all of it, or by coordinate (p,) as in `flatten`."""
        ...

    def total_weight(self, weight: int) -> int:
        """Return what is kept at every coordinate of a round's total `weight`: what its aggregate is divided by."""
        ...


class WeightedMean:
    """As an `AggregationRule`: everything is kept."""

    def total(
        self, updates: Mapping[str, Tensors], weights: Mapping[str, int], spec: TensorSpec, clip_quanta: int
    ) -> Tensors:
        """As `AggregationRule.total`."""
        return weighted_sum(list(updates.values()), [weights[account] for account in updates], spec, clip_quanta)

    def total_without(
        self,
        account: str,
        total: Tensors,
        updates: Mapping[str, Tensors],
        weights: Mapping[str, int],
        clip_quanta: int,
    ) -> Tensors:
        """As `AggregationRule.total_without`: what is left of an exact sum is as exact as every part of it."""
        update, weight = updates[account], weights[account]
        return {name: total[name] - update[name].astype(np.int64) * weight for name in total}

    def kept(self, updates: Mapping[str, Tensors], weights: Mapping[str, int]) -> dict[str, int]:
        """As `AggregationRule.kept`."""
        return {account: weights[account] for account in updates}

    def total_weight(self, weight: int) -> int:
        """As `AggregationRule.total_weight`."""
        return weight


def build_rule(aggregation: Aggregation) -> AggregationRule:
    """Return the terms' aggregation rule; raises TermsError as `domain.strategies.aggregation_parameters`."""
    values = aggregation_parameters(aggregation)
    return TrimmedMean(values["trim"]) if aggregation.name == "trimmed_mean" else WeightedMean()
