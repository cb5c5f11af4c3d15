"""How figures are written: shares to three decimals, amounts in a target's own units as long as they need be."""

import pytest

from fedmarket.cli.render_rounds import figure


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.96543, "0.965"),
        (-0.5, "-0.500"),
        (9.9994, "9.999"),
        (56.4539, "56.45"),
        (471.13, "471.1"),
        (4711.3, "4,711"),
        (123_456.7, "123,457"),
        (-2.5e6, "-2,500,000"),
    ],
)
def test_a_figure_has_three_decimals_or_where_it_is_large_four_leading_digits(value: float, text: str) -> None:
    assert figure(value) == text
