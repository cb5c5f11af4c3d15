"""What accounts with a negative score lose: the exact fixed point of debits and pay rate."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class Debtor:
    """An account below zero: its bond in base units, and its deficit in the units of what others earned."""

    bond: int
    deficit: int


def debits(released: int, earned: int, debtors: Mapping[str, Debtor]) -> dict[str, int]:
    """Return each debtor's debit in base units, rounded down: min(bond, deficit * rate).

    rate = (released + sum of debits) / earned: whoever lost pays at the rate at which the others are paid,
    and what is debited is paid out too (DESIGN, "Pay"). The right side is concave in the rate and positive
    at rate 0, so exactly one rate fits. Who has least bond per deficit reaches its bond first; taking
    debtors in that order, rate = (released + full bonds) / (earned - deficits of the rest). Nothing
    released or nothing earned: no debits.
    """
    if not released or not earned:
        return dict.fromkeys(debtors, 0)
    owing = sorted((debtor for debtor in debtors.values() if debtor.deficit), key=_endurance)
    money, base = released, earned - sum(debtor.deficit for debtor in owing)
    for debtor in owing:
        if debtor.deficit * money < debtor.bond * base:
            break
        money, base = money + debtor.bond, base + debtor.deficit
    return {account: min(debtor.bond, debtor.deficit * money // base) for account, debtor in debtors.items()}


def _endurance(debtor: Debtor) -> Fraction:
    return Fraction(debtor.bond, debtor.deficit)
