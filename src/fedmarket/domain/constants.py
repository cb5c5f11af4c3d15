"""Federated standardisation: what providers say of their columns, and the constants that follow from it, exactly.

A value x of a feature with bounds low < high becomes u = (x - low) / (high - low), clamped to 0..1 and rounded to whole
parts of 2^24. A summary holds the sums of u and u^2 over a provider's rows, as integers, so that everybody who reads
the summaries comes to the same constants to the digit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from math import isqrt

from fedmarket.domain import canonical, codec
from fedmarket.domain.codec import Amount
from fedmarket.domain.errors import RefusedError
from fedmarket.domain.manifest import NOTHING
from fedmarket.domain.rates import exact
from fedmarket.domain.terms import DataSchema

PARTS = 2**24
LEAST_ROWS = 50
SALT_BYTES = 32
SUMMARY_BYTES = 1 << 20
CONSTANTS_BYTES = 1 << 21
NOTICE_BYTES = 2048
DIGITS = 12
FRACTION_DIGITS = 30
_WIDE = Context(prec=64)
_FINEST = Decimal(1).scaleb(-FRACTION_DIGITS)
_ROUNDING = Context(prec=DIGITS, rounding=ROUND_HALF_EVEN)
# isqrt of a variance in parts^2 is floored; this many bits more keep twelve digits of any deviation above 2^-24.
_ROOT_BITS = 64


@dataclass(frozen=True)
class Summary:
    """A provider's sums over its `rows`, one for each feature, in parts of 2^24 (squares: in parts^2).

    Its hash is public; the `salt` (32 bytes, derived from the provider's key) lets nobody confirm a guess of it.
    """

    chain_id: int
    contract: str
    task: int
    provider: str
    rows: int
    sums: tuple[Amount, ...]
    squares: tuple[Amount, ...]
    salt: bytes

    SCHEMA = "fedmarket/summary/1"

    @property
    def encoded(self) -> bytes:
        """The canonical bytes; their sha256 is the listing that the provider joins with."""
        return codec.encode(self, self.SCHEMA)

    @classmethod
    def read(cls, data: bytes, features: int) -> "Summary":
        """Read a summary on so many features; raises DocumentError, or RefusedError where no rows can have such sums.

        For u in 0..1 over n rows: 0 <= sum <= n, and sum^2 / n <= sum of squares <= sum (Cauchy and Schwarz).
        """
        found = codec.decode(data, cls, cls.SCHEMA)
        if found.rows < LEAST_ROWS:
            raise RefusedError("constants.too_few_rows", rows=found.rows, least=LEAST_ROWS)
        if len(found.salt) != SALT_BYTES:
            raise RefusedError("constants.no_salt", length=len(found.salt), expected=SALT_BYTES)
        if not len(found.sums) == len(found.squares) == features:
            raise RefusedError("constants.other_features", found=len(found.sums), expected=features)
        for total, square in zip(found.sums, found.squares, strict=True):
            if not total**2 <= found.rows * square <= found.rows * PARTS * total <= found.rows**2 * PARTS**2:
                raise RefusedError("constants.impossible_sums")
        return found


@dataclass(frozen=True)
class Constants:
    """Means and scales of all features, and the hashes of the summaries that they follow from, by provider."""

    chain_id: int
    contract: str
    task: int
    summaries: tuple[tuple[str, bytes], ...]
    means: tuple[str, ...]
    scales: tuple[str, ...]

    SCHEMA = "fedmarket/constants/1"

    @property
    def encoded(self) -> bytes:
        """The canonical bytes."""
        return codec.encode(self, self.SCHEMA)

    @property
    def hash(self) -> bytes:
        """What updates and manifests name: sha256 of the canonical bytes."""
        return canonical.digest(self.encoded)

    @classmethod
    def read(cls, data: bytes) -> "Constants":
        """Read constants back from their canonical bytes; raises DocumentError."""
        return codec.decode(data, cls, cls.SCHEMA)

    def applied_to(self, schema: DataSchema) -> DataSchema:
        """Return `schema` with these means and scales.

        Raises RefusedError (impossible_constants) where no summaries within its bounds could lead to them: another
        number of features, a mean outside the bounds, a deviation of none or of more than half their width.
        """
        if not len(self.means) == len(self.scales) == len(schema.features) == len(schema.bounds):
            raise RefusedError("constants.impossible_constants", name=f"{len(self.means)} / {len(schema.features)}")
        own = zip(schema.means, schema.scales, strict=True)
        given = zip(self.means, self.scales, strict=True)
        for name, bounds, mine, pair in zip(schema.features, schema.bounds, given, own, strict=True):
            if mine != pair and not _possible(*bounds, *mine):
                raise RefusedError("constants.impossible_constants", name=name)
        return replace(schema, means=self.means, scales=self.scales)


def _possible(low: str, high: str, mean: str, scale: str) -> bool:
    """Return whether values within bounds can have a mean and a deviation (Popoviciu), but for the last digit."""
    begin, end = exact("bounds", low), exact("bounds", high)
    slack = (end - begin) / 10**9
    inside = begin - slack <= exact("mean", mean) <= end + slack
    return inside and 0 < exact("scale", scale) <= (end - begin) / 2 + slack


@dataclass(frozen=True)
class Notice:
    """An aggregator's signed word on a task's constants: hashes of plaintexts, ids of ciphertexts."""

    constants: bytes
    constants_blob: str
    summaries: bytes
    summaries_blob: str
    signature: bytes = b""

    SCHEMA = "fedmarket/notice/1"

    @property
    def encoded(self) -> bytes:
        """The canonical bytes."""
        return codec.encode(self, self.SCHEMA)

    @classmethod
    def read(cls, data: bytes) -> "Notice":
        """Read a notice back from its canonical bytes; raises DocumentError."""
        return codec.decode(data, cls, cls.SCHEMA)


NO_NOTICE = Notice(NOTHING, "", NOTHING, "")


def combine(schema: DataSchema, summaries: Sequence[Summary], weights: Mapping[str, int] | None) -> DataSchema:
    """Return `schema` with the constants that follow from providers' summaries; its own where there are none.

    With `weights` (an allow-list's, by account) means and mean squares are averaged by them, exactly as over one pooled
    table where weights are rows; a provider's own word on its rows does not count. Without (open admission) each
    feature takes the lower median of the means and that of the variances, so that less than half of the providers
    cannot move it out of the range of the others. A feature that varies nowhere keeps the schema's own constants.
    """
    if not summaries:
        return schema
    means, scales = list(schema.means), list(schema.scales)
    for place, (low, high) in enumerate(schema.bounds):
        mean, variance = _moments(place, summaries, weights)
        begin, width = exact("bounds", low), exact("bounds", high) - exact("bounds", low)
        scale = _decimal(width * _root(variance) / PARTS)
        if exact("scale", scale) > 0:
            means[place], scales[place] = _decimal(begin + width * mean / PARTS), scale
    return replace(schema, means=tuple(means), scales=tuple(scales))


def _moments(place: int, summaries: Sequence[Summary], weights: Mapping[str, int] | None) -> tuple[Fraction, Fraction]:
    """Return mean and variance of one feature, in parts and parts^2."""
    own = [(Fraction(each.sums[place], each.rows), Fraction(each.squares[place], each.rows)) for each in summaries]
    if weights is None:
        middle = (len(own) - 1) // 2
        return sorted(mean for mean, _ in own)[middle], sorted(square - mean**2 for mean, square in own)[middle]
    whole = sum(weights[each.provider] for each in summaries)
    mean = sum((weights[each.provider] * m for each, (m, _) in zip(summaries, own, strict=True)), Fraction()) / whole
    square = sum((weights[each.provider] * s for each, (_, s) in zip(summaries, own, strict=True)), Fraction()) / whole
    return mean, square - mean**2


def _root(variance: Fraction) -> Fraction:
    return Fraction(isqrt((variance.numerator << 2 * _ROOT_BITS) // variance.denominator), 1 << _ROOT_BITS)


def _decimal(value: Fraction) -> str:
    """Return twelve significant digits, but no more than thirty behind the point, without an exponent."""
    rounded = _ROUNDING.divide(Decimal(value.numerator), Decimal(value.denominator))
    return format(rounded.quantize(_FINEST, context=_WIDE).normalize(_WIDE), "f")
