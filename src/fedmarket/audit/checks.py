"""Every check of an audit as one row: its name, what it depends on, which key it needs, and the function.

A function returns a finding about what holds, or raises the MarketError that says what does not.
"""

from collections.abc import Callable
from dataclasses import dataclass

from fedmarket.audit import private, public
from fedmarket.audit.evidence import Evidence
from fedmarket.audit.finding import Finding

ANYONE, SEAT, EVALUATOR = "anyone", "seat", "evaluator"


@dataclass(frozen=True)
class Row:
    """A check: it runs only once everything in `after` has passed."""

    name: str
    after: tuple[str, ...]
    needs: str
    run: Callable[[Evidence], Finding]


CHECKS: tuple[Row, ...] = (
    Row("events", (), ANYONE, public.events),
    Row("terms", ("events",), ANYONE, public.terms),
    Row("admission", ("terms",), ANYONE, public.admission),
    Row("initial_model", ("terms",), ANYONE, public.start),
    Row("manifests", ("admission", "initial_model"), ANYONE, public.manifests),
    Row("signatures", ("manifests",), ANYONE, public.signatures),
    Row("agreement", ("manifests",), ANYONE, public.agreement),
    Row("settlement", ("agreement",), ANYONE, public.settlement),
    Row("claims", ("settlement",), ANYONE, public.claims),
    Row("validation", ("initial_model",), EVALUATOR, private.validation),
    Row("constants", ("manifests",), SEAT, private.constants),
    Row("updates", ("signatures", "constants"), SEAT, private.updates),
    Row("aggregation", ("updates",), SEAT, private.aggregation),
    Row("models", ("aggregation", "initial_model"), SEAT, private.models),
    Row("cut", ("models", "agreement"), SEAT, private.cut),
    Row("skills", ("cut", "validation"), EVALUATOR, private.skills),
    Row("contributions", ("skills",), EVALUATOR, private.contributions),
)
