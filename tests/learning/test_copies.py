import numpy as np

from fedmarket.domain.accounts import address_of
from fedmarket.learning.gate import Standing, first_of_copies

from .payloads import ANN, BOB, EVE, admitted, filled
from .raw_tensors import good
from .refusals import refused

FIRST, SECOND, THIRD = (10, 0), (10, 1), (11, 0)


def refusals(*standings: Standing) -> dict[str, str]:
    return {account: str(error.params["original"]) for account, error in first_of_copies(standings).items()}


def test_of_two_copies_the_later_join_is_refused_naming_the_original() -> None:
    standings = [Standing(admitted(good(), BOB), SECOND), Standing(admitted(good(), ANN), FIRST)]
    found = first_of_copies(standings)
    assert list(found) == [address_of(BOB)]
    assert found[address_of(BOB)].reason == "copied"
    with refused("update.copied", address_of(ANN)):
        raise found[address_of(BOB)]


def test_an_announcement_stands_before_any_join() -> None:
    early, announced = Standing(admitted(good(), ANN), FIRST), Standing(admitted(good(), BOB), SECOND, (99, 0))
    assert refusals(early, announced) == {address_of(ANN): address_of(BOB)}


def test_of_two_announcements_the_earlier_stands() -> None:
    late, soon = Standing(admitted(good(), ANN), FIRST, (99, 1)), Standing(admitted(good(), BOB), SECOND, (99, 0))
    assert refusals(late, soon) == {address_of(ANN): address_of(BOB)}


def test_all_but_one_of_three_copies_are_refused_in_any_order() -> None:
    standings = [
        Standing(admitted(good(), secret), place) for secret, place in ((EVE, THIRD), (ANN, FIRST), (BOB, SECOND))
    ]
    expected = {address_of(BOB): address_of(ANN), address_of(EVE): address_of(ANN)}
    assert refusals(*standings) == refusals(*reversed(standings)) == expected


def test_updates_of_equal_norm_that_differ_all_stand() -> None:
    negated = {name: -array for name, array in good().items()}
    shuffled = {**good(), "bias": np.array([2, -1], np.int32)}
    updates = [good(), negated, shuffled]
    standings = [Standing(admitted(u, s), FIRST) for u, s in zip(updates, (ANN, BOB, EVE), strict=True)]
    assert refusals(*standings) == {}


def test_one_quantum_of_difference_is_not_a_copy() -> None:
    assert refusals(Standing(admitted(filled(4), ANN), FIRST), Standing(admitted(filled(5), BOB), SECOND)) == {}
