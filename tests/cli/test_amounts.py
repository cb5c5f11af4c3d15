"""Token amounts in decimal, exactly."""

import pytest

from fedmarket.cli.amounts import places_needed, tokens
from tests.cli.fixtures import TOKEN


@pytest.mark.parametrize(
    ("amount", "places", "written"),
    [
        (0, None, "0"),
        (1, None, "0.000000000000000001"),
        (1000 * TOKEN, None, "1,000"),
        (TOKEN // 2, None, "0.5"),
        (-3 * TOKEN // 2, None, "-1.5"),
        (2 * TOKEN - 1, 4, "1.9999"),
        (2 * TOKEN - 1, 0, "1"),
        (0, 4, "0.0000"),
        (12_345 * TOKEN, 2, "12,345.00"),
        (2**112, None, "5,192,296,858,534,827.628530496329220096"),
    ],
)
def test_amounts_are_written_without_a_float(amount: int, places: int | None, written: str) -> None:
    assert tokens(amount, places) == written


def test_what_is_cut_off_never_rounds_up() -> None:
    assert tokens(1, 4) == "0.0000"
    assert tokens(TOKEN - 1, 4) == "0.9999"


def test_a_column_has_as_many_places_as_its_finest_amount() -> None:
    assert places_needed([TOKEN, TOKEN // 4]) == 2
    assert places_needed([TOKEN, 1]) == 18
    assert places_needed([TOKEN]) == places_needed([]) == 0
