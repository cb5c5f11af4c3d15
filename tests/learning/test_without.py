"""Leave-one-out through the rule that was used: the same as doing every round again with zeros in one's place."""

import numpy as np
import pytest

from fedmarket.learning.server_step import ServerStep
from fedmarket.learning.tensors import Tensors
from fedmarket.learning.without import WithoutEach
from tests.learning.test_server_step import SPEC, WEIGHTS, model, rounds, total_of

MEMBERS = [["ann", "bob", "eve"], ["ann", "eve"], [], ["bob"], ["ann", "bob", "eve"]]


def first_coordinate(tensors: Tensors) -> int:
    """A skill that tells models apart: it stands for any measure."""
    return round(float(tensors["bias"][0]) * 1e6)


def again(left_out: str, momentum: float, played: list[dict[str, Tensors]]) -> list[int]:
    """Do every round again with a zero update in one account's place, its weight kept."""
    server, current = ServerStep(momentum), model()
    skills = [first_coordinate(current)]
    for updates in played:
        zeros = {name: np.zeros(shape, np.int32) for name, shape in SPEC.shapes.items()}
        kept = {account: zeros if account == left_out else update for account, update in updates.items()}
        current = server.advance(current, *total_of(kept))
        skills.append(first_coordinate(current))
    return skills


@pytest.mark.parametrize("momentum", [0.0, 0.7])
@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_zeros_in_ones_place_give(momentum: float, seed: int) -> None:
    played = rounds(seed, MEMBERS)
    without = WithoutEach(list(WEIGHTS), model(), lambda: ServerStep(momentum), first_coordinate)
    for updates in played:
        without.add(total_of(updates)[0], updates, WEIGHTS, total_of(updates)[1])
    for account in WEIGHTS:
        _, *later = again(account, momentum, played)
        assert without.best(account) == (max(later), later.index(max(later)) + 1)


def test_who_never_sent_anything_changes_nothing() -> None:
    played = rounds(1, [["ann", "bob"], ["bob"]])
    without = WithoutEach(["eve", "nobody"], model(), ServerStep, first_coordinate)
    for updates in played:
        without.add(total_of(updates)[0], updates, WEIGHTS, total_of(updates)[1])
    assert without.best("eve") == without.best("nobody")
    assert without.best("eve")[0] == max(again("nobody", 0.0, played)[1:])


def test_before_any_round_there_is_the_initial_model() -> None:
    assert WithoutEach(["ann"], model(), ServerStep, first_coordinate).best("ann") == (first_coordinate(model()), 0)
