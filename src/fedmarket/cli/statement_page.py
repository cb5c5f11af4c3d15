"""A provider's statement as a page of headings, sentences and rows, in words; how it looks is another file's."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shlex import join
from typing import TYPE_CHECKING

from fedmarket.cli.amounts import UNIT, places_needed, tokens
from fedmarket.cli.page import printable
from fedmarket.cli.why import reason_word, why
from fedmarket.domain.errors import sentence
from fedmarket.embedded.report import ProviderLine

if TYPE_CHECKING:
    from fedmarket.audit.statements import Told
    from fedmarket.domain.statement import Statement

PPB = 1_000_000_000
PLACES = 4
LEAST_SHOWN = UNIT // 10**PLACES
DIGIT_PPB: int = PPB // 10**PLACES
"""What the last digit stands for that is printed of a skill."""
ONLY_WHERE_ANY = ("bond_debited", "bond_forfeited")
LAST_SECOND = 253_402_300_799
"""The last second of the year 9999: the latest that a date can show."""


@dataclass(frozen=True)
class Section:
    """A part of the page: sentences, then rows of (label, value), then commands to run."""

    heading: str
    sentences: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True)
class StatementPage:
    """The whole page, in the language `lang`."""

    lang: str
    title: str
    lead: str
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Reader:
    """For whom a page is written: language, the provider's name if it has one, what a weight counts, and the folder
    of the record that its commands name."""

    lang: str
    name: str | None
    unit: str
    folder: Path
    key: str

    def __call__(self, name: str, /, **params: object) -> str:
        """Return the sentence `statement_page.<name>` with its parameters filled in."""
        return sentence(f"statement_page.{name}", self.lang, **params)


@dataclass(frozen=True)
class _Score:
    score_ppb: int


def statement_page(told: "Told", reader: Reader) -> StatementPage:
    """Return the page for `reader`; foreign text in it is made printable here and escaped by who shows it."""
    found = told.statement
    name = printable(reader.name or found.provider)
    measured = {"count": len(told.writers), "seats": told.seats}
    return StatementPage(
        lang=reader.lang,
        title=reader("page_title", name=name, task=found.task),
        lead=reader("page_lead", requester=found.requester, task=found.task, **measured),
        sections=(
            _paid(told, reader),
            _contribution(told, reader),
            _rounds(found, reader),
            _without(found, reader),
            _bond(told, reader),
            _check(found, reader),
        ),
    )


def _paid(told: "Told", reader: Reader) -> Section:
    found, money = told.statement, told.statement.money
    reason = why(_line(found), [_Score(score) for score in told.scores_ppb], reader.lang, reader.unit)
    # The two parts add up as printed: what is cut off of both is told with the pay.
    owed, participation = (amount - amount % LEAST_SHOWN for amount in (money.owed, money.participation))
    parts = {"owed": owed, "pay": owed - participation, "participation": participation}
    amounts = {name: tokens(amount, PLACES) for name, amount in parts.items()}
    return Section(
        reader("paid_heading"),
        (reader("paid_owed", **amounts), reader("paid_why", reason=printable(reason)), _released(found, reader)),
    )


def _released(found: "Statement", reader: Reader) -> str:
    money = found.money
    facts = {
        "initial": _skill(found.initial_ppb),
        "final": _skill(found.final_ppb),
        "released": tokens(money.released, PLACES),
        "performance": tokens(money.performance, PLACES),
    }
    if found.target_ppb is None:
        return reader("paid_released_no_target", **facts)
    return reader("paid_released", target=_skill(found.target_ppb), **facts)


def _line(found: "Statement") -> ProviderLine:
    money = found.money
    return ProviderLine(
        account=found.provider,
        name=found.provider,
        weight=found.weight,
        score_ppb=found.score_ppb,
        stderr_ppb=found.measured.stderr_ppb,
        pay=money.pay,
        participation=money.participation,
        owed=money.owed,
        debit=money.debit,
        bond=money.bond,
        forfeited=money.forfeited,
        delivered=len(found.delivered),
        rounds=found.rounds_verified,
        refused={reason: len(rounds) for reason, rounds in found.refused.items()},
    )


def _contribution(told: "Told", reader: Reader) -> Section:
    found = told.statement
    low, high = found.interval_ppb
    figures = {"score": _skill(found.score_ppb), "low": _skill(low), "high": _skill(high)}
    said = [reader("contribution_is", **figures)]
    if low <= 0 <= high and found.delivered:
        said.append(reader("contribution_near_zero"))
    said.append(reader("contribution_means", rows=found.validation_rows, best=found.best_round))
    if told.differing:
        facts = {"accounts": ", ".join(told.differing), "tolerance": f"{told.tolerance_ppb / PPB:.9f}".rstrip("0")}
        said.append(reader("contribution_differs", **facts))
    return Section(reader("contribution_heading"), tuple(said))


def _rounds(found: "Statement", reader: Reader) -> Section:
    whole = found.rounds_verified
    rows = [(reader("rounds_accepted"), _listed(found.delivered, whole, reader))]
    for reason, rounds in sorted(found.refused.items()):
        word = printable(reason_word(reason, reader.lang))
        rows.append((reader("rounds_refused", reason=word), _listed(rounds, whole, reader)))
    if found.missed:
        rows.append((reader("rounds_missed"), _listed(found.missed, whole, reader)))
    said = [reader("rounds_credited", count=found.credited)] if found.credited else []
    if len(found.rounds) > whole:
        said.append(reader("rounds_cut", first=whole + 1, last=len(found.rounds)))
    return Section(reader("rounds_heading"), tuple(said), tuple(rows))


def _listed(rounds: tuple[int, ...], whole: int, reader: Reader) -> str:
    return reader("rounds_listed", rounds=_ranges(rounds), count=len(rounds), whole=whole)


def _ranges(rounds: tuple[int, ...]) -> str:
    """Return ascending round numbers in few characters: "1-3, 5"; a dash where there is none."""
    parts: list[list[int]] = []
    for number in rounds:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(f"{first}-{last}" if first < last else f"{first}" for first, last in parts) or "-"


def _without(found: "Statement", reader: Reader) -> Section:
    lost = _rounded(found.final_ppb) - _rounded(found.measured.without_ppb)
    kind = "lower" if lost > 0 else "higher" if lost < 0 else "same"
    figures = {"without": _skill(found.measured.without_ppb), "final": _skill(found.final_ppb)}
    said = reader(f"without_{kind}", difference=_skill(abs(lost)), **figures)
    means = reader("without_means", round=found.measured.without_round, best=found.best_round)
    opposite = [reader("without_signs")] if lost * _rounded(found.score_ppb) < 0 else []
    return Section(reader("without_heading"), (said, *opposite, means, reader("without_not_paid")))


def _bond(told: "Told", reader: Reader) -> Section:
    money = told.statement.money
    amounts = {
        "bond_locked": money.bond,
        "bond_debited": money.debit,
        "bond_forfeited": money.forfeited,
        "bond_returned": money.returned,
        "bond_owed": money.owed,
        "bond_received": money.received,
        "bond_balance": money.balance,
    }
    amounts = {name: amount for name, amount in amounts.items() if amount or name not in ONLY_WHERE_ANY}
    places = places_needed(list(amounts.values()))
    rows = tuple((reader(name), tokens(amount, places)) for name, amount in amounts.items())
    return Section(reader("bond_heading"), (_claimed(told, reader),), rows)


def _claimed(told: "Told", reader: Reader) -> str:
    if told.payment is not None:
        return reader("bond_claimed", paid=tokens(told.payment.owed + told.payment.bond, PLACES))
    deadline = datetime.fromtimestamp(min(told.claim_deadline, LAST_SECOND), UTC)
    return reader("bond_unclaimed", deadline=f"{deadline:%Y-%m-%d %H:%M} UTC")


def _check(found: "Statement", reader: Reader) -> Section:
    money, proof = found.money, found.proof
    leaf = f"({found.provider}, {money.owed}, {money.debit + money.forfeited}, {proof.share_ppb})"
    rows = (
        (reader("check_chain"), str(found.chain_id)),
        (reader("check_contract"), found.contract),
        (reader("check_task"), str(found.task)),
        (reader("check_terms"), f"sha256:{found.terms.hex()}"),
        (reader("check_leaf"), leaf),
        (reader("check_leaf_hash"), _hex(proof.leaf)),
        *((reader("check_proof", place=place), _hex(node)) for place, node in enumerate(proof.path, 1)),
        (reader("check_root"), _hex(proof.payout_root)),
    )
    task = ["--task", str(found.task)]
    commands = (
        join(["fedmarket", "audit", str(reader.folder), *task]),
        join(["fedmarket", "provider", "statement", str(reader.folder), *task, "--key", reader.key]),
    )
    said = (reader("check_how"), reader("check_reveals"))
    return Section(reader("check_heading"), said, rows, tuple(map(printable, commands)))


def _skill(ppb: int) -> str:
    return f"{_rounded(ppb) / PPB:.4f}"


def _rounded(ppb: int) -> int:
    """Return a skill as it is printed, so that what is said of printed figures holds for them."""
    return (2 * ppb + DIGIT_PPB) // (2 * DIGIT_PPB) * DIGIT_PPB


def _hex(hash32: bytes) -> str:
    return f"0x{hash32.hex()}"
