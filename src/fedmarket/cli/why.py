"""Why a provider is owed what it is owed, in one sentence from its line of the report."""

from collections.abc import Sequence
from typing import Protocol

from fedmarket.cli.amounts import tokens
from fedmarket.domain.errors import sentence
from fedmarket.embedded.report import ProviderLine

UNCHANGED = "unchanged"


class Scored(Protocol):
    """Somebody's contribution."""

    @property
    def score_ppb(self) -> int:
        """The signed score in ppb of skill."""


def why(line: ProviderLine, everybody: Sequence[Scored], lang: str, unit: str = "weight") -> str:
    """Return the reason for what `line` is owed, in `lang`.

    Shares are of the positive contributions of `everybody`, as pay is. `unit` names what a weight counts:
    "biopsies" or "weight".
    """
    parts = [_for_contribution(line, everybody, lang, unit)]
    if line.delivered and _near_zero(line):
        parts.append(_say("near_zero", lang))
    if line.delivered and line.participation and line.pay == 0:
        parts.append(_say("taking_part", lang))
    parts += _absences(line, lang)
    if line.forfeited:
        parts.append(_say("forfeited", lang))
    return _say("separator", lang).join(parts)


def refusals(refused: Sequence[tuple[str, int]], lang: str) -> str:
    """Return the gate's reasons with how often each was given, such as "2 × NaN, 1 × over the norm"."""
    mark = "，" if lang == "zh" else ", "
    return mark.join(_say("refused_one", lang, count=n, reason=reason_word(reason, lang)) for reason, n in refused)


def reason_word(reason: str, lang: str) -> str:
    """Return a gate's reason in a word or two; a reason that the catalogue does not know comes back as it is."""
    try:
        return _say(f"reason_{reason}", lang)
    except KeyError:
        return reason


def _for_contribution(line: ProviderLine, everybody: Sequence[Scored], lang: str, unit: str) -> str:
    if not line.delivered:
        return _for_nothing(line, lang)
    if line.debit:
        return _say("debited", lang, tokens=tokens(line.debit, 4))
    if line.score_ppb < 0:
        return _say("clamped", lang)
    if line.score_ppb == 0:
        return _say("nothing", lang)
    positive = sum(max(0, other.score_ppb) for other in everybody)
    data = _say(f"unit_{unit}", lang, count=line.weight)
    return _say("share", lang, share=100 * line.score_ppb / positive, data=data)


def _for_nothing(line: ProviderLine, lang: str) -> str:
    if not line.refused:
        return _say("silent", lang, rounds=line.rounds)
    if set(line.refused) == {UNCHANGED}:
        return _say("rider", lang, refused=line.refused[UNCHANGED], rounds=line.rounds)
    return _refused(line, lang)


def _near_zero(line: ProviderLine) -> bool:
    return 0 < line.score_ppb < 2 * line.stderr_ppb


def _absences(line: ProviderLine, lang: str) -> list[str]:
    refused = sum(line.refused.values())
    missed = line.rounds - line.delivered - refused
    parts = [_refused(line, lang)] if refused and line.delivered else []
    if missed > 0 and (line.delivered or refused):
        parts.append(_say("missed", lang, missed=missed, rounds=line.rounds))
    return parts


def _refused(line: ProviderLine, lang: str) -> str:
    reasons = refusals(sorted(line.refused.items()), lang)
    return _say("refused", lang, refused=sum(line.refused.values()), rounds=line.rounds, reasons=reasons)


def _say(name: str, lang: str, /, **params: object) -> str:
    return sentence(f"why.{name}", lang, **params)
