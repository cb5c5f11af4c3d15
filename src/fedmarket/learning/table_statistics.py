"""Aggregates that an owner chooses to show of its table: exact, or with noise whose privacy budget is recorded.

With noise, two tables that differ in one row give any answer with odds that differ by exp(epsilon) at most: the budget
is divided evenly among the questions, each answered by discrete Laplace noise. It covers these statistics only; names,
kinds of columns, findings and the number of rows are published as they are.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from hashlib import sha256

import numpy as np

from fedmarket.domain.discrete_laplace import Draw, discrete_laplace
from fedmarket.domain.listing import Count, Moment, Statistics
from fedmarket.domain.plain_text import ListingError
from fedmarket.domain.rates import exact
from fedmarket.learning.sheet import Numbers, Sheet, Texts, Unusable, as_texts

LEAST_ROWS = 50
LEAST_COUNT = 10
"""Rows under which a value is not shown: it would be about few."""
PARTS = 1 << 20
"""A noised sum is taken in so many parts of a column's range."""
DIGITS = 6


@dataclass(frozen=True)
class Shown:
    """What the owner lets be shown: columns of numbers with their (low, high), columns of texts with their values.

    With `epsilon` everything is noised, and bounds and values must come from the owner. Without it, bounds and values
    may be empty: a column of numbers is taken as it is, and the values of a column of texts that enough rows hold.
    """

    moments: Mapping[str, tuple[str, str] | None] = field(default_factory=dict)
    counts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    epsilon: str | None = None

    @property
    def digest(self) -> bytes:
        """A hash of the questions: other ones must get other noise, or two answers would tell what it was."""
        asked = [
            self.epsilon or "",
            [[name, *(bounds or ())] for name, bounds in self.moments.items()],
            [[name, *values] for name, values in self.counts.items()],
        ]
        return sha256(json.dumps(asked, ensure_ascii=True).encode()).digest()


def statistics_of(sheet: Sheet, shown: Shown, draw: Draw) -> Statistics:
    """Return the statistics of a sheet; `draw` feeds the noise, where there is to be any.

    Raises ListingError: few_rows, no_statistics_column, no_bounds, bad_choice, TermsError for a bad decimal.
    """
    if len(sheet) < LEAST_ROWS:
        raise ListingError("listing.few_rows", rows=len(sheet), limit=LEAST_ROWS)
    if shown.epsilon is None:
        moments = [_moment(sheet, name) for name in shown.moments]
        counts = [line for name, values in shown.counts.items() for line in _counts(sheet, name, values)]
        return Statistics(None, tuple(moments), tuple(counts))
    scale = _scale(shown)
    noised = [_noised_moment(sheet, name, bounds, scale, draw) for name, bounds in shown.moments.items()]
    lines = [line for name, values in shown.counts.items() for line in _noised_counts(sheet, name, values, scale, draw)]
    return Statistics(shown.epsilon, tuple(noised), tuple(lines))


def _scale(shown: Shown) -> Fraction:
    """Return the noise's scale for a question that one row changes by one: questions / epsilon."""
    epsilon = exact("epsilon", shown.epsilon or "")
    if not 0 < epsilon <= 100:
        raise ListingError("listing.bad_choice", field="epsilon", value=shown.epsilon, known="above 0, up to 100")
    return max(2 * len(shown.moments) + len(shown.counts), 1) / epsilon


def _moment(sheet: Sheet, name: str) -> Moment:
    values = _numbers(sheet, name)
    values = values[~np.isnan(values)]
    if len(values) < LEAST_ROWS:
        raise ListingError("listing.few_rows", rows=len(values), limit=LEAST_ROWS)
    return Moment(name, _decimal(float(values.mean())), _decimal(float(values.std())))


def _counts(sheet: Sheet, name: str, wanted: tuple[str, ...]) -> list[Count]:
    found = _tally(sheet, name)
    kept = {value: rows for value, rows in found.items() if rows >= LEAST_COUNT and (not wanted or value in wanted)}
    return [Count(name, value, str(rows)) for value, rows in sorted(kept.items())]


def _noised_moment(sheet: Sheet, name: str, bounds: tuple[str, str] | None, scale: Fraction, draw: Draw) -> Moment:
    """Return mean and deviation of values clamped to the bounds; an empty cell counts as the middle."""
    if bounds is None:
        raise ListingError("listing.no_bounds", column=name[:40])
    low, high = exact("bounds", bounds[0]), exact("bounds", bounds[1])
    if not low < high:
        raise ListingError("listing.bad_choice", field=name[:40], value=", ".join(bounds)[:40], known="low < high")
    values = np.nan_to_num(_numbers(sheet, name), nan=float(low + high) / 2)
    unit = np.clip((values - float(low)) / float(high - low), 0.0, 1.0)
    sums = [int(np.rint(power * PARTS).astype(np.int64).sum()) for power in (unit, np.square(unit))]
    first, second = (Fraction(total + discrete_laplace(scale * PARTS, draw), PARTS * len(values)) for total in sums)
    first = min(max(first, Fraction(0)), Fraction(1))
    spread = max(second - first * first, Fraction(0))
    return Moment(name, _decimal(float(low + first * (high - low))), _decimal(float(spread) ** 0.5 * float(high - low)))


def _noised_counts(sheet: Sheet, name: str, wanted: tuple[str, ...], scale: Fraction, draw: Draw) -> list[Count]:
    if not wanted:
        raise ListingError("listing.no_bounds", column=name[:40])
    found = _tally(sheet, name)
    # One row less here is one more there: a replaced row changes two counts.
    return [Count(name, value, str(found.get(value, 0) + discrete_laplace(2 * scale, draw))) for value in wanted]


def _numbers(sheet: Sheet, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    column = sheet.columns.get(name)
    if not isinstance(column, Numbers):
        raise ListingError("listing.no_statistics_column", column=name[:40], what="mean")
    return column.values


def _tally(sheet: Sheet, name: str) -> dict[str, int]:
    column = sheet.columns.get(name)
    if column is None or isinstance(column, Unusable):
        raise ListingError("listing.no_statistics_column", column=name[:40], what="counts")
    texts: Texts = as_texts(column)
    counts = np.bincount(texts.codes[texts.codes >= 0], minlength=len(texts.values))
    return {value: int(count) for value, count in zip(texts.values, counts, strict=True) if count}


def _decimal(value: float) -> str:
    """Return a number with six significant digits, as documents write it."""
    with localcontext() as context:
        context.prec, context.rounding = DIGITS, ROUND_HALF_EVEN
        written = f"{+Decimal(repr(value)):f}"
    return "0" if not float(written) else written
