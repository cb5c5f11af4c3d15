"""The axioms that make it the Shapley value, on random games; sampling keeps those that it can."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fedmarket.valuation.exact import shapley
from fedmarket.valuation.games import FloatVector, Tabulated, all_coalitions
from fedmarket.valuation.permutations import sampled_shapley

CLOSE = 1e-9
FEW = settings(max_examples=40, deadline=None)
PLAYERS = st.integers(1, 6)
UTILITIES = st.floats(-100, 100)


@st.composite
def games(draw: st.DrawFn, players: st.SearchStrategy[int] = PLAYERS) -> Tabulated:
    size = 2 ** draw(players)
    return Tabulated(draw(st.lists(UTILITIES, min_size=size, max_size=size)))


def table_of(game: Tabulated) -> FloatVector:
    return np.array(game.table)


@FEW
@given(games())
def test_efficiency_the_worths_add_up_to_the_gain(game: Tabulated) -> None:
    valuation = shapley(game)
    assert valuation.gain == game.table[-1] - game.table[0]
    assert abs(valuation.efficiency_gap) < 1e-9
    assert abs(sampled_shapley(game, seed=1, pairs=2).efficiency_gap) < 1e-9


@FEW
@given(games(), st.data())
def test_null_player_who_never_changes_a_utility_is_worth_exactly_nothing(game: Tabulated, data: st.DataObject) -> None:
    null = data.draw(st.integers(0, game.players - 1))
    without = np.arange(len(game.table)) & ~(1 << null)
    blind = Tabulated(table_of(game)[without].tolist())
    assert shapley(blind).phi[null] == 0
    assert sampled_shapley(blind, seed=3, pairs=2).phi[null] == 0


@FEW
@given(games(st.integers(2, 6)))
def test_symmetry_interchangeable_players_are_worth_the_same(game: Tabulated) -> None:
    rows = all_coalitions(game.players)
    swapped = rows.copy()
    swapped[:, [0, 1]] = rows[:, [1, 0]]
    alike = Tabulated((game.values(rows) + game.values(swapped)).tolist())
    phi = shapley(alike).phi
    np.testing.assert_allclose(phi[0], phi[1], rtol=0, atol=CLOSE)


@FEW
@given(st.data(), PLAYERS, st.floats(-3, 3), st.floats(-3, 3))
def test_additivity_a_mixture_of_games_is_worth_the_mixture_of_the_worths(
    data: st.DataObject, players: int, a: float, b: float
) -> None:
    first, second = (data.draw(games(st.just(players))) for _ in range(2))
    mixed = Tabulated((a * table_of(first) + b * table_of(second)).tolist())
    for value in (shapley, lambda game: sampled_shapley(game, seed=2, pairs=2)):
        expected = a * value(first).phi + b * value(second).phi
        np.testing.assert_allclose(value(mixed).phi, expected, rtol=0, atol=CLOSE)


@FEW
@given(games(), st.data())
def test_equivariance_renaming_the_players_renames_their_worths(game: Tabulated, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(game.players)))
    renamed = Tabulated(game.values(all_coalitions(game.players)[:, order]).tolist())
    np.testing.assert_allclose(shapley(renamed).phi[order], shapley(game).phi, rtol=0, atol=CLOSE)
