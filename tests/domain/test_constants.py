"""Constants that follow from providers' summaries: exact, the same for everybody, and hard to bend."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from fedmarket.domain.codec import Amount
from fedmarket.domain.constants import LEAST_ROWS, PARTS, Constants, Summary, combine
from fedmarket.domain.errors import MarketError
from fedmarket.domain.rates import exact
from fedmarket.domain.terms import DataSchema
from fedmarket.learning.columns import column_sums, standardised_by
from fedmarket.learning.table import build_table

ACCOUNTS = tuple(f"0x{i:040x}" for i in range(1, 6))
SCHEMA = DataSchema(
    ("age", "income"), ("40", "3"), ("10", "2"), "ill", ("no", "yes"), bounds=(("0", "100"), ("-5", "15"))
)
RANDOM = np.random.default_rng(3)
RAW = [
    np.column_stack([RANDOM.uniform(20 + 5 * i, 70, n), RANDOM.normal(i, 1.5, n)]) for i, n in enumerate((60, 90, 150))
]


def summary(raw: np.ndarray, account: str = ACCOUNTS[0]) -> Summary:
    labels = np.arange(len(raw)) % 2
    sums, squares = column_sums(build_table(raw, labels, SCHEMA), SCHEMA)
    return Summary(1, ACCOUNTS[4], 1, account, len(raw), sums, squares, bytes(32))


def summaries() -> list[Summary]:
    return [summary(raw, account) for raw, account in zip(RAW, ACCOUNTS, strict=False)]


def read(changed: Summary) -> Summary:
    return Summary.read(changed.encoded, 2)


def test_with_rows_as_weights_the_constants_are_those_of_all_rows_in_one_table() -> None:
    found = combine(SCHEMA, summaries(), {account: len(raw) for account, raw in zip(ACCOUNTS, RAW, strict=False)})
    pooled = np.concatenate(RAW)
    assert [float(exact("mean", text)) for text in found.means] == pytest.approx(pooled.mean(axis=0), rel=1e-6)
    assert [float(exact("scale", text)) for text in found.scales] == pytest.approx(pooled.std(axis=0), rel=1e-6)


def test_the_order_of_summaries_changes_no_digit() -> None:
    weights = dict(zip(ACCOUNTS, (7, 11, 13), strict=False))
    for chosen in (weights, None):
        assert combine(SCHEMA, summaries(), chosen) == combine(SCHEMA, summaries()[::-1], chosen)


def test_a_lie_on_the_number_of_rows_moves_nothing_under_an_allow_list() -> None:
    weights = dict(zip(ACCOUNTS, (60, 90, 150), strict=False))
    first, *rest = summaries()
    louder = replace(
        first,
        rows=first.rows * 1000,
        sums=tuple(Amount(1000 * each) for each in first.sums),
        squares=tuple(Amount(1000 * each) for each in first.squares),
    )
    assert combine(SCHEMA, [louder, *rest], weights) == combine(SCHEMA, [first, *rest], weights)


def test_one_liar_of_three_stays_within_the_others_range_under_open_admission() -> None:
    honest = summaries()
    for value in (0, PARTS):
        liar = replace(honest[0], sums=(Amount(value * 60),) * 2, squares=(Amount(value**2 * 60),) * 2)
        found = combine(SCHEMA, [read(liar), *honest[1:]], None)
        for place in range(2):
            others = [raw[:, place] for raw in RAW[1:]]
            low, high = min(each.mean() for each in others), max(each.mean() for each in others)
            assert low - 1e-3 <= float(exact("mean", found.means[place])) <= high + 1e-3
            assert float(exact("scale", found.scales[place])) <= max(each.std() for each in others) + 1e-3


def test_under_an_allow_list_a_liar_moves_a_mean_by_its_weights_share_of_the_bounds_at_most() -> None:
    honest, weights = summaries(), dict(zip(ACCOUNTS, (60, 90, 150), strict=False))
    liar = replace(honest[0], sums=(Amount(PARTS * 60),) * 2, squares=(Amount(PARTS**2 * 60),) * 2)
    told, true = combine(SCHEMA, [read(liar), *honest[1:]], weights), combine(SCHEMA, honest, weights)
    moved = abs(exact("mean", told.means[0]) - exact("mean", true.means[0]))
    assert moved <= 100 * Fraction(60, 300)


@pytest.mark.parametrize("ends", [(0, 0), (0, 1), (1, 1)], ids=["low", "both", "high"])
def test_under_an_allow_list_a_liar_moves_a_deviation_by_its_shares_root_of_the_bounds_at_most(
    ends: tuple[int, int],
) -> None:
    weights, share = dict(zip(ACCOUNTS, (60, 90, 150), strict=False)), 60 / 300
    at_ends = tuple(Amount(30 * PARTS * sum(ends)) for _ in range(2))
    liar = replace(summaries()[0], sums=at_ends, squares=tuple(Amount(PARTS * each) for each in at_ends))
    told, others = combine(SCHEMA, [read(liar), *summaries()[1:]], weights), combine(SCHEMA, summaries()[1:], weights)
    for place, (low, high) in enumerate(SCHEMA.bounds):
        theirs, width = float(exact("scale", others.scales[place])), float(high) - float(low)
        found = float(exact("scale", told.scales[place]))
        assert (1 - share) ** 0.5 * theirs - 1e-6 <= found <= theirs + share**0.5 * width + 1e-6


def test_values_beyond_the_bounds_count_as_the_bounds() -> None:
    raw = np.tile([[1000.0, -1000.0], [-3.0, 40.0]], (30, 1))
    inside = np.tile([[100.0, -5.0], [0.0, 15.0]], (30, 1))
    assert summary(raw) == summary(inside)


def test_a_feature_that_varies_nowhere_keeps_the_terms_constants() -> None:
    raw = RAW[0].copy()
    raw[:, 0] = 25.0
    found = combine(SCHEMA, [summary(raw)], None)
    assert (found.means[0], found.scales[0]) == ("40", "10")
    assert found.means[1] != "3"


def test_without_summaries_the_terms_constants_hold() -> None:
    assert combine(SCHEMA, [], None) == SCHEMA


def test_half_a_million_rows_are_summed_without_overflow() -> None:
    raw = np.tile([[100.0, 15.0], [100.0, -5.0]], (250_000, 1))
    found = summary(raw)
    assert found.squares[0] == 500_000 * PARTS**2
    assert read(found) == found


def test_too_few_rows_say_nothing() -> None:
    with pytest.raises(MarketError, match=f"{LEAST_ROWS} are the least"):
        summary(RAW[0][: LEAST_ROWS - 1])
    with pytest.raises(MarketError, match="49 rows would say too much"):
        read(replace(summary(RAW[0]), rows=49))


@pytest.mark.parametrize(
    ("sums", "squares"),
    [
        ((60 * PARTS + 1, 0), (60 * PARTS**2, 0)),
        ((0, 0), (1, 0)),
        ((30 * PARTS, 0), (15 * PARTS**2 - 1, 0)),
        ((PARTS, 0), (PARTS**2 + 1, 0)),
    ],
    ids=["a mean above the bounds", "squares of nothing", "a negative variance", "squares above the values"],
)
def test_sums_that_no_rows_can_have_are_refused(sums: tuple[int, int], squares: tuple[int, int]) -> None:
    changed = replace(summary(RAW[0]), sums=tuple(map(Amount, sums)), squares=tuple(map(Amount, squares)))
    with pytest.raises(MarketError, match="No rows within the bounds"):
        read(changed)


def test_a_summary_without_a_salt_is_refused() -> None:
    with pytest.raises(MarketError, match="a salt of 0 bytes"):
        read(replace(summary(RAW[0]), salt=b""))


def test_a_summary_of_other_features_is_refused() -> None:
    with pytest.raises(MarketError, match="on 1 features, the terms name 2"):
        read(replace(summary(RAW[0]), sums=(Amount(5),), squares=(Amount(5),)))


def test_constants_are_read_back_and_applied() -> None:
    found = combine(SCHEMA, summaries(), None)
    stated = Constants(1, ACCOUNTS[4], 1, ((ACCOUNTS[0], bytes(32)),), found.means, found.scales)
    assert Constants.read(stated.encoded).applied_to(SCHEMA) == found


def test_rows_standardised_anew_are_those_that_raw_rows_would_give() -> None:
    labels = np.arange(len(RAW[0])) % 2
    then = combine(SCHEMA, summaries(), None)
    moved = standardised_by(build_table(RAW[0], labels, SCHEMA), SCHEMA, then)
    assert moved.features == pytest.approx(build_table(RAW[0], labels, then).features)
