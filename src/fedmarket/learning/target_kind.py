"""What the column to be predicted is: classes to tell apart, or a number to estimate."""

from dataclasses import dataclass

import numpy as np

from fedmarket.domain.errors import DataError
from fedmarket.domain.remark import Remark
from fedmarket.learning.column_builder import is_number
from fedmarket.learning.column_kinds import MOSTLY
from fedmarket.learning.magnitude import check_magnitude
from fedmarket.learning.sheet import BEYOND, Numbers, Sheet, Texts, Unusable, as_texts, listed
from fedmarket.learning.written_numbers import refuse_written_numbers

MOST_CLASSES = 30
MOST_NUMBER_CLASSES = 20
"""Different whole numbers up to which a column of numbers names classes."""
FEW_ROWS = 10
RARE_SHARE = 0.1


@dataclass(frozen=True)
class Target:
    """The column to be predicted: its `classes` with the rows of each, or none where it is a number to estimate."""

    column: str
    classes: tuple[str, ...]
    counts: tuple[int, ...]

    @property
    def is_number(self) -> bool:
        """Whether a number is to be estimated."""
        return not self.classes


def judge_target(sheet: Sheet, name: str) -> Target:
    """Judge the target's column, empty cells aside.

    Raises DataError: no_target, duplicate_column, unusable_column, target_empty, one_class, too_many_classes,
    not_a_number for a column of numbers with a stray text, and what `written_numbers` and `magnitude` raise.
    """
    if name not in sheet.columns:
        raise DataError("data.no_target", column=name[:40], found=listed(sheet.columns))
    column = sheet.column(name)
    if isinstance(column, Unusable):
        raise DataError("data.unusable_column", column=name, kind=column.kind)
    if column.missing.all():
        raise DataError("data.target_empty", column=name)
    if isinstance(column, Numbers) and _many_numbers(column):
        check_magnitude(name, column.values)
        return Target(name, (), ())
    return _classes(sheet, as_texts(column), name)


def imbalance(target: Target) -> list[Remark]:
    """Return what to know before trusting a figure where some classes have few rows."""
    total = sum(target.counts)
    if not total:
        return []
    few = [name for name, count in zip(target.classes, target.counts, strict=True) if count < FEW_ROWS]
    remarks = [Remark("columns.few_of_class", {"classes": listed(tuple(few)), "limit": FEW_ROWS})] if few else []
    share = max(target.counts) / total
    if 1 - share < RARE_SHARE:
        often = target.classes[target.counts.index(max(target.counts))]
        remarks.append(
            Remark("columns.imbalance", {"value": often[:40], "share": 100 * share, "column": target.column})
        )
    return remarks


def _many_numbers(column: Numbers) -> bool:
    present = column.values[~column.missing]
    distinct = np.unique(present)
    whole = bool((distinct == np.floor(distinct)).all())
    return len(distinct) > (MOST_NUMBER_CLASSES if whole else 2)


def _classes(sheet: Sheet, texts: Texts, name: str) -> Target:
    counts = np.bincount(texts.codes[texts.codes >= 0], minlength=len(texts.values))
    found = {value: int(count) for value, count in zip(texts.values, counts, strict=True) if count}
    if len(found) > MOST_CLASSES or (texts.codes == BEYOND).any():
        if sum(map(is_number, found)) >= MOSTLY * len(found) and texts.odd is not None:
            raise DataError("data.not_a_number", row=texts.odd[0], column=name, value=texts.odd[1][:40])
        refuse_written_numbers(sheet, name, texts, list(found)[:2000], MOSTLY)
        raise DataError("data.too_many_classes", column=name, count=f"{len(found):,}", limit=MOST_CLASSES)
    if len(found) < 2:
        raise DataError("data.one_class", column=name, value=next(iter(found)))
    ordered = sorted(found, key=_order)
    return Target(name, tuple(ordered), tuple(found[value] for value in ordered))


def _order(value: str) -> tuple[int, float, str]:
    """Numbers come in their own order, before texts."""
    try:
        return 0, float(value), value
    except ValueError:
        return 1, 0.0, value
