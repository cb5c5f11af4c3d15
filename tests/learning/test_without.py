"""Leave-one-out through the rule that was used: the same as doing every round again with zeros in one's place."""

from fractions import Fraction

import numpy as np
import pytest

from fedmarket.domain.terms import Strategy
from fedmarket.learning.rules import AggregationRule, WeightedMean
from fedmarket.learning.server_step import build_server_step
from fedmarket.learning.tensors import Tensors
from fedmarket.learning.trimmed_mean import TrimmedMean
from fedmarket.learning.without import RuleInUse, WithoutEach
from tests.learning.test_server_step import SPEC, WEIGHTS, model, rounds

FEDAVG = Strategy("fedavg")
STRATEGIES = [FEDAVG, Strategy("fedavgm", (("server_momentum", "0.7"),)), Strategy("fedadam", (("eta", "0.1"),))]

MEMBERS = [["ann", "bob", "eve"], ["ann", "eve"], [], ["bob"], ["ann", "bob", "eve"]]


def first_coordinate(tensors: Tensors) -> int:
    """A skill that tells models apart: it stands for any measure."""
    return round(float(tensors["bias"][0]) * 1e6)


CLIP = 2**30


def used(rule: AggregationRule, strategy: Strategy = FEDAVG) -> RuleInUse:
    return RuleInUse(rule, lambda: build_server_step(strategy), CLIP)


def again(left_out: str, how: RuleInUse, played: list[dict[str, Tensors]]) -> list[int]:
    """Do every round again with a zero update in one account's place, its weight kept."""
    server, current = how.server(), model()
    skills = [first_coordinate(current)]
    for updates in played:
        zeros = {name: np.zeros(shape, np.int32) for name, shape in SPEC.shapes.items()}
        kept = {account: zeros if account == left_out else update for account, update in updates.items()}
        weight = sum(WEIGHTS[account] for account in kept)
        total = how.rule.total(kept, WEIGHTS, SPEC, CLIP)
        current = server.advance(current, total, how.rule.total_weight(weight))
        skills.append(first_coordinate(current))
    return skills


def fed(without: WithoutEach, how: RuleInUse, played: list[dict[str, Tensors]]) -> WithoutEach:
    for updates in played:
        total = how.rule.total(updates, WEIGHTS, SPEC, CLIP)
        without.add(total, updates, WEIGHTS, sum(WEIGHTS[account] for account in updates))
    return without


@pytest.mark.parametrize("rule", [WeightedMean(), TrimmedMean(Fraction(1, 5))], ids=["mean", "trimmed mean"])
@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)
@pytest.mark.parametrize("seed", range(2))
def test_it_is_what_zeros_in_ones_place_give(rule: AggregationRule, strategy: Strategy, seed: int) -> None:
    played, how = rounds(seed, MEMBERS), used(rule, strategy)
    without = fed(WithoutEach(list(WEIGHTS), model(), how, first_coordinate), how, played)
    for account in WEIGHTS:
        _, *later = again(account, how, played)
        assert without.best(account) == (max(later), later.index(max(later)) + 1)


def test_who_never_sent_anything_changes_nothing() -> None:
    played, how = rounds(1, [["ann", "bob"], ["bob"]]), used(WeightedMean())
    without = fed(WithoutEach(["eve", "nobody"], model(), how, first_coordinate), how, played)
    assert without.best("eve") == without.best("nobody")
    assert without.best("eve")[0] == max(again("nobody", how, played)[1:])


def test_before_any_round_there_is_the_initial_model() -> None:
    how = used(WeightedMean())
    assert WithoutEach(["ann"], model(), how, first_coordinate).best("ann") == (first_coordinate(model()), 0)
