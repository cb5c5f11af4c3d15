"""GTG-Shapley: near the closed forms, truncated and stopped as its authors say."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from fedmarket.domain.errors import UsageError
from fedmarket.valuation.closed_forms import Additive, Airport, Gloves, Pairwise, Saturating, SolvedGame
from fedmarket.valuation.games import Coalitions, FloatVector, Game
from fedmarket.valuation.gtg import gtg_shapley


@dataclass
class Counted:
    """The same game, keeping what it was asked for."""

    game: Game
    asked: list[tuple[bool, ...]] = field(default_factory=list)

    @property
    def players(self) -> int:
        return self.game.players

    def values(self, coalitions: Coalitions) -> FloatVector:
        self.asked.extend(tuple(map(bool, row)) for row in coalitions)
        return self.game.values(coalitions)


@pytest.mark.parametrize("tolerance", [{"truncation": -1e-9}, {"convergence": -0.1}])
def test_a_negative_tolerance_is_refused(tolerance: dict[str, float]) -> None:
    with pytest.raises(UsageError) as refusal:
        gtg_shapley(Additive((1.0, 2.0)), seed=0, **tolerance)  # type: ignore[arg-type]
    assert refusal.value.error_id == "valuation.negative_tolerance"


def test_a_game_without_players_is_refused() -> None:
    with pytest.raises(UsageError):
        gtg_shapley(Additive(()), seed=0)


@pytest.mark.parametrize(
    "game",
    [
        Airport((3.0, 1.0, 7.5, 3.0, 2.0, 4.0)),
        Gloves(3, 4),
        Saturating((0.1, 2.0, 0.5, 3.0, 0.7, 1.0)),
        Pairwise(
            (1.0, 2.0, 3.0, 1.0),
            ((0.0, 1.0, 0.5, 0.2), (1.0, 0.0, 0.3, 0.4), (0.5, 0.3, 0.0, 0.1), (0.2, 0.4, 0.1, 0.0)),
        ),
    ],
    ids=str,
)
def test_without_truncation_many_permutations_reach_the_closed_form(game: SolvedGame) -> None:
    valuation = gtg_shapley(game, seed=1, truncation=0.0, convergence=0.0, most=6000)
    np.testing.assert_allclose(valuation.phi, game.shapley(), atol=0.05 * np.abs(game.shapley()).max())
    assert valuation.efficiency_gap == pytest.approx(0.0, abs=1e-9)


def test_in_an_additive_game_the_first_cycles_say_everything_and_sampling_stops_at_thirty() -> None:
    game = Counted(Additive((2.0, -1.0, 0.5, 4.0, 1.0)))
    valuation = gtg_shapley(game, seed=0, truncation=0.0)
    np.testing.assert_allclose(valuation.phi, [2.0, -1.0, 0.5, 4.0, 1.0], atol=1e-12)
    assert len(set(game.asked)) == len(game.asked) == valuation.evaluations <= 2**5


def test_who_arrives_when_little_is_left_to_gain_gains_nothing_and_is_not_asked_for() -> None:
    game = Counted(Airport((1.0, 1.0, 1.0, 1.0, 1.0, 1.0)))
    valuation = gtg_shapley(game, seed=0, truncation=0.01)
    assert all(sum(row) in (0, 1, 6) for row in game.asked)
    np.testing.assert_allclose(valuation.phi, np.full(6, 1 / 6), atol=1e-12)


def test_truncation_leaves_a_gap_of_at_most_its_tolerance() -> None:
    game = Saturating(tuple(np.linspace(0.5, 2.0, 8)))
    valuation = gtg_shapley(game, seed=3, truncation=0.05)
    assert 0 < -valuation.efficiency_gap <= 0.05
    assert valuation.evaluations < 2**8


def test_a_gain_below_the_tolerance_is_worth_nothing_to_anybody() -> None:
    valuation = gtg_shapley(Additive((1e-4, 2e-4, -1e-4)), seed=0)
    assert valuation.phi.tolist() == [0.0, 0.0, 0.0]
    assert valuation.evaluations == 2


def test_the_seed_fixes_the_estimate_and_most_ends_it() -> None:
    game = Gloves(4, 5)
    once, again, other = (gtg_shapley(game, seed=seed, convergence=0.0, most=45) for seed in (7, 7, 8))
    assert (once.phi == again.phi).all() and (once.phi != other.phi).any()
    assert once.evaluations <= 2 + 45 * 8


def test_a_lone_player_is_worth_the_gain() -> None:
    assert gtg_shapley(Additive((2.5,)), seed=0).phi.tolist() == [2.5]
