"""The server optimisers (by Flower's names) and aggregation rules that terms may name, and their parameters' ranges."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from fedmarket.domain.errors import TermsError
from fedmarket.domain.rates import exact
from fedmarket.domain.terms import Aggregation, Strategy

MAX_SERVER_RATE = 10
MIN_TAU = "0.000001"


@dataclass(frozen=True)
class Parameter:
    """What a parameter may be, the sentence that refuses anything else, and its value where the terms are silent."""

    rule: str
    allows: Callable[[Fraction], bool]
    limit: str = ""
    default: str | None = None


_MOMENTUM = Parameter("bad_momentum", lambda value: 0 <= value < 1)
_RATE = Parameter("bad_server_rate", lambda value: 0 < value <= MAX_SERVER_RATE, str(MAX_SERVER_RATE))
_PROXIMAL = Parameter("bad_proximal", lambda value: value > 0)
# Far below the updates' own size the sign alone of a coordinate would decide its step, and chance the shares of it.
_TAU = Parameter("bad_tau", lambda value: Fraction(MIN_TAU) <= value <= 1, MIN_TAU, default="0.01")
_TRIM = Parameter("bad_trim", lambda value: 0 < value < Fraction(1, 2))
_ADAPTIVE = {
    "eta": _RATE,
    "beta_1": replace(_MOMENTUM, default="0.9"),
    "beta_2": replace(_MOMENTUM, default="0.99"),
    "tau": _TAU,
}

STRATEGIES: Mapping[str, Mapping[str, Parameter]] = {
    "fedavg": {},
    "fedprox": {"proximal_mu": _PROXIMAL},
    "fedavgm": {"server_momentum": _MOMENTUM, "server_learning_rate": replace(_RATE, default="1")},
    "fedadam": _ADAPTIVE,
    "fedyogi": _ADAPTIVE,
    "fedadagrad": {"eta": _RATE, "tau": _TAU},
}
"""Every strategy's parameters. Defaults are written down here so that no release of Flower can move them.

They are Flower's own but for tau, 0.001 there: contributions are then four to five times as far from Shapley's value.
"""

AGGREGATIONS: Mapping[str, Mapping[str, Parameter]] = {"mean": {}, "trimmed_mean": {"trim": _TRIM}}

AVERAGING = ("fedavg", "fedprox")
"""Strategies whose next model is the base plus the aggregate: they keep no state and replay to the same bits."""


def strategy_parameters(strategy: Strategy) -> dict[str, Fraction]:
    """Return the exact value of every parameter of a strategy, defaults filled in, in the table's order.

    Raises TermsError for an unknown strategy, for a parameter that is unknown, named twice or missing, and for one
    that is no plain decimal or out of its range.
    """
    known = ", ".join(STRATEGIES)
    if strategy.name not in STRATEGIES:
        raise TermsError("terms.unknown_strategy", name=strategy.name[:40], known=known)
    return _values(strategy.name, strategy.parameters, STRATEGIES[strategy.name])


def aggregation_parameters(aggregation: Aggregation) -> dict[str, Fraction]:
    """Return the exact value of every parameter of an aggregation rule; raises TermsError as `strategy_parameters`."""
    known = ", ".join(AGGREGATIONS)
    if aggregation.name not in AGGREGATIONS:
        raise TermsError("terms.unknown_aggregation", name=aggregation.name[:40], known=known)
    return _values(aggregation.name, aggregation.parameters, AGGREGATIONS[aggregation.name])


def _values(owner: str, named: tuple[tuple[str, str], ...], expected: Mapping[str, Parameter]) -> dict[str, Fraction]:
    given = dict(named)
    needed = {name for name, parameter in expected.items() if parameter.default is None}
    if len(given) != len(named) or not needed <= given.keys() <= expected.keys():
        raise TermsError("terms.bad_parameters", name=owner, expected=_described(expected))
    return {
        name: _value(name, given.get(name, parameter.default or ""), parameter) for name, parameter in expected.items()
    }


def _value(name: str, text: str, parameter: Parameter) -> Fraction:
    value = exact(name, text)
    if not parameter.allows(value):
        raise TermsError(f"terms.{parameter.rule}", name=name, text=text, limit=parameter.limit)
    return value


def _described(expected: Mapping[str, Parameter]) -> str:
    """Return the parameters' names, each with its default where it may be left out; "-" where there are none."""
    words = (f"{name}={parameter.default}" if parameter.default else name for name, parameter in expected.items())
    return ", ".join(words) or "-"
