"""What terms may say but their parties should know: no rule forbids it, and a sentence tells what it leads to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fedmarket.domain.errors import sentence
from fedmarket.domain.terms import Terms

FEW_ROWS = 50
ENOUGH_ROWS = 100
FEW_OF_A_CLASS = 10


@dataclass(frozen=True)
class TermsWarning:
    """A warning by its message id ("warning.<name>") and parameters."""

    message_id: str
    params: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, lang: str = "en") -> str:
        """Return the warning as one sentence in `lang` ("en" or "zh")."""
        return sentence(self.message_id, lang, **self.params)


def warnings(terms: Terms) -> tuple[TermsWarning, ...]:
    """Return what is doubtful about terms that `terms_rules.check` takes: a validation set too small to measure by."""
    found = (_few_rows(terms), _few_of_a_class(terms))
    return tuple(warning for warning in found if warning is not None)


def _few_rows(terms: Terms) -> TermsWarning | None:
    rows = terms.validation.rows
    if rows >= FEW_ROWS:
        return None
    return TermsWarning("warning.few_rows", {"rows": rows, "enough": ENOUGH_ROWS})


def _few_of_a_class(terms: Terms) -> TermsWarning | None:
    counts = zip(terms.data.classes, terms.validation.class_counts, strict=True)
    few = [f"{name[:40]} ({count})" for name, count in counts if count < FEW_OF_A_CLASS]
    if not few:
        return None
    more = f", … ({len(few)})" if len(few) > 12 else ""
    return TermsWarning("warning.few_of_a_class", {"classes": ", ".join(few[:12]) + more, "enough": FEW_OF_A_CLASS})
