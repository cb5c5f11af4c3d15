"""Contributions against exact Shapley values of the round's game, played through the actual server step."""

import numpy as np
import pytest

from fedmarket.domain.terms import Strategy
from fedmarket.learning.aggregate import weighted_sum
from fedmarket.learning.contribution import RoundGame, score_round
from fedmarket.learning.server_step import build_server_step
from fedmarket.learning.table import folds
from fedmarket.valuation.exact import shapley
from fedmarket.valuation.games import all_coalitions
from fedmarket.valuation.leave_one_out import leave_one_out

from .clinics import CLIP, FEDAVG, FEDAVGM, Federation, diabetes_federation, federation

STRATEGIES = [pytest.param(FEDAVG, 0.01, id="fedavg"), pytest.param(FEDAVGM, 0.02, id="fedavgm")]


def games(world: Federation) -> list[RoundGame]:
    return [RoundGame(world.recipe, each.base, each.shares, world.validation) for each in world.rounds]


def actual_utilities(world: Federation, members: set[str], strategy: Strategy) -> list[float]:
    """Replay every round with the absent sending zeros, from the round's actual base: losses after it, negated."""
    step, spec, found = build_server_step(strategy), world.recipe.spec.of("I32"), []
    for each in world.rounds:
        sent = [update if name in members else spec.zeros() for name, update in each.updates.items()]
        total = weighted_sum(sent, [world.weights[name] for name in each.updates], spec, CLIP)
        after = step.advance(each.base, total, sum(world.weights.values()))
        found.append(-float(world.recipe.losses(after, world.validation).mean()))
    return found


def error_against_shapley(world: Federation) -> float:
    fold_of = folds(len(world.validation))
    rounds = [
        score_round(world.recipe, each.base, each.after, each.shares, world.validation, fold_of)
        for each in world.rounds
    ]
    ours = sum(np.array(list(each.phi.values())) for each in rounds)
    exact = sum(shapley(game).phi for game in games(world))
    return float(np.linalg.norm(ours - exact) / np.linalg.norm(exact))


@pytest.mark.parametrize(("strategy", "bound"), STRATEGIES)
def test_ten_providers_contributions_are_their_shapley_values_within_the_bound(
    strategy: Strategy, bound: float
) -> None:
    errors = [error_against_shapley(federation(seed, 10, 12, strategy)) for seed in range(10)]
    assert np.median(errors) <= bound, errors


@pytest.mark.parametrize("name", ["mlp:32", "linear", "mlp:16 of a number"])
def test_other_recipes_contributions_too_are_their_shapley_values_within_a_hundredth(name: str) -> None:
    def world(seed: int) -> Federation:
        if name == "mlp:32":
            return federation(seed, 10, 4, FEDAVG, recipe_name=name)
        return diabetes_federation(seed, 10, 4, FEDAVG, recipe_name=name.partition(" ")[0])

    errors = [error_against_shapley(world(seed)) for seed in range(3)]
    assert np.median(errors) <= 0.01, errors


@pytest.mark.parametrize("strategy", [FEDAVG, FEDAVGM], ids=lambda each: each.name)
def test_the_rounds_game_is_the_actual_server_step_with_the_absent_sending_zeros(strategy: Strategy) -> None:
    world = federation(4, 5, 4, strategy)
    coalitions = all_coalitions(5)
    played = np.array([game.values(coalitions) for game in games(world)])
    accounts = games(world)[0].accounts
    for row, coalition in enumerate(coalitions):
        members = {name for name, present in zip(accounts, coalition, strict=True) if present}
        assert np.allclose(played[:, row], actual_utilities(world, members, strategy), rtol=0, atol=1e-6)


def test_leaving_one_out_is_played_on_the_same_game() -> None:
    world = federation(4, 5, 4, FEDAVG)
    game = games(world)[0]
    found = leave_one_out(game)
    everybody = set(game.accounts)
    full = actual_utilities(world, everybody, FEDAVG)[0]
    for place, account in enumerate(game.accounts):
        without = actual_utilities(world, everybody - {account}, FEDAVG)[0]
        assert found.phi[place] == pytest.approx(full - without, abs=1e-6)
