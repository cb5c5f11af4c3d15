import numpy as np
import pytest

from fedmarket.domain.terms import Strategy
from fedmarket.learning.contribution import RoundScores, ScoreBook, score_round
from fedmarket.learning.metrics import reference_loss, skill
from fedmarket.learning.table import Table, folds

from .clinics import FEDAVG, FEDAVGM, Federation, diabetes_federation, federation

STRATEGIES = pytest.mark.parametrize("strategy", [FEDAVG, FEDAVGM], ids=lambda each: each.name)


def scores(world: Federation, validation: Table | None = None) -> list[RoundScores]:
    table = validation or world.validation
    return [
        score_round(world.recipe, each.base, each.after, each.shares, table, folds(len(table))) for each in world.rounds
    ]


def book(world: Federation, validation: Table | None = None) -> ScoreBook:
    table = validation or world.validation
    found = ScoreBook(folds(len(table)), reference_loss(world.recipe, table))
    for each in scores(world, table):
        found.add(each)
    return found


def loss(world: Federation, rounds: int) -> float:
    model = world.rounds[rounds - 1].after if rounds else world.rounds[0].base
    return float(world.recipe.losses(model, world.validation).mean())


@STRATEGIES
def test_contributions_sum_to_the_fall_in_loss_in_every_round(strategy: Strategy) -> None:
    world = federation(0, 5, 12, strategy, "rider")
    for number, each in enumerate(scores(world), 1):
        fall = loss(world, number - 1) - loss(world, number)
        assert sum(each.phi.values()) == pytest.approx(fall, abs=2e-5)


@pytest.mark.parametrize("name", ["mlp:32", "linear", "mlp:16 of a number"])
def test_contributions_of_other_recipes_sum_to_the_fall_in_loss_too(name: str) -> None:
    if name == "mlp:32":
        world = federation(0, 5, 4, FEDAVG, "rider", name)
    else:
        world = diabetes_federation(0, 5, 4, FEDAVG, name.partition(" ")[0])
    for number, each in enumerate(scores(world), 1):
        fall = loss(world, number - 1) - loss(world, number)
        assert sum(each.phi.values()) == pytest.approx(fall, abs=1e-4)
        assert each.phi.get("rider", 0) == 0


@STRATEGIES
def test_score_ppb_sums_to_the_gain_in_skill(strategy: Strategy) -> None:
    world = federation(1, 5, 12, strategy)
    reference = reference_loss(world.recipe, world.validation)
    for rounds in (1, 6, 12):
        gain = skill(loss(world, rounds), reference) - skill(loss(world, 0), reference)
        assert sum(book(world).score_ppb(rounds).values()) == pytest.approx(gain * 1e9, abs=1e5)


@STRATEGIES
def test_a_provider_of_zero_updates_scores_exactly_zero(strategy: Strategy) -> None:
    found = book(federation(0, 5, 12, strategy, "rider"))
    assert found.score_ppb(12)["rider"] == 0
    assert found.stderr_ppb(12)["rider"] == 0
    assert all(score != 0 for account, score in found.score_ppb(12).items() if account != "rider")


def test_equal_shares_score_the_same_and_a_split_share_scores_the_same_in_sum() -> None:
    world = federation(2, 5, 3, FEDAVG)
    first, fold_of = world.rounds[0], folds(len(world.validation))
    whole = first.shares["clinic 0"]
    parts = {name: share for name, share in first.shares.items() if name != "clinic 0"}
    split = {**parts, "a": whole / 2, "b": whole / 2}
    before = score_round(world.recipe, first.base, first.after, first.shares, world.validation, fold_of).phi
    after = score_round(world.recipe, first.base, first.after, split, world.validation, fold_of).phi
    assert after["a"] == after["b"]
    assert after["a"] + after["b"] == pytest.approx(before["clinic 0"], rel=1e-12)
    assert all(after[name] == pytest.approx(before[name], rel=1e-12) for name in parts)


def test_the_order_of_accounts_changes_nothing() -> None:
    world = federation(2, 5, 3, FEDAVG)
    each, fold_of = world.rounds[1], folds(len(world.validation))
    turned = dict(reversed(each.shares.items()))
    first, again = (
        score_round(world.recipe, each.base, each.after, shares, world.validation, fold_of)
        for shares in (each.shares, turned)
    )
    assert first.phi == again.phi


def test_a_round_without_updates_scores_nobody() -> None:
    world = federation(2, 5, 3, FEDAVG)
    each = world.rounds[0]
    empty = score_round(world.recipe, each.base, each.base, {}, world.validation, folds(len(world.validation)))
    found = ScoreBook(folds(len(world.validation)), 0.5)
    found.add(empty)
    assert found.score_ppb(1) == found.stderr_ppb(1) == {}


def test_scores_count_the_first_rounds_only_and_are_signed() -> None:
    fold_of = folds(20)
    found = ScoreBook(fold_of, 0.5)
    for value in (0.25, -0.5, 1.0):
        found.add(RoundScores({"ann": value}, {"ann": np.full(10, value)}))
    assert [found.score_ppb(rounds).get("ann", 0) for rounds in range(4)] == [0, 5 * 10**8, -5 * 10**8, 15 * 10**8]
    assert found.stderr_ppb(3) == {"ann": 0}


def test_the_standard_error_is_about_what_other_validation_sets_scatter_by() -> None:
    world = federation(3, 5, 12, FEDAVG)
    rng, pool, seen = np.random.default_rng(0), world.test, []
    for _ in range(40):
        rows = rng.permutation(len(pool))[:76]
        sample = Table(pool.features[rows], pool.labels[rows])
        seen.append(book(world, sample))
    values = np.array([list(each.score_ppb(12).values()) for each in seen])
    errors = np.array([list(each.stderr_ppb(12).values()) for each in seen])
    # samples of a third without replacement scatter by sqrt(1 - 1/3) of their standard error
    ratio = np.sqrt((errors**2).mean(axis=0)) / (values.std(axis=0) / np.sqrt(2 / 3))
    assert (ratio > 0.6).all() and (ratio < 1.6).all(), ratio


def test_more_validation_rows_make_smaller_standard_errors() -> None:
    world = federation(3, 5, 12, FEDAVG)
    few = Table(world.test.features[:57], world.test.labels[:57])
    small, large = (sum(book(world, table).stderr_ppb(12).values()) for table in (world.test, few))
    assert large > 1.3 * small
