"""What a table's columns are, judged from their cells: which become features, and which are left out and why."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from fedmarket.domain.errors import DataError
from fedmarket.domain.remark import Remark
from fedmarket.learning.column_builder import is_number
from fedmarket.learning.features import Feature, parse_feature
from fedmarket.learning.magnitude import check_magnitude
from fedmarket.learning.sheet import BEYOND, Numbers, Sheet, Texts, Unusable, listed
from fedmarket.learning.written_numbers import refuse_written_numbers

MOST_CATEGORIES = 20
"""Different texts up to which a column is a category."""
MOSTLY = 0.8
DIFFERENT = 0.9
"""Share of different values from which a column named like an identifier is one."""
DATE = re.compile(
    r"\d{4}[-/.年]\d{1,2}([-/.月]\d{1,2}日?)?([ T]\d{1,2}:\d{2}.*)?|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}(\s.*)?"
)
IDENTIFIER = re.compile(
    r"(.*[ _.-])?(id|uuid|guid|nr|no|index|rownames)|.*[a-z](Id|ID)|column 1|.*(编号|序号|身份证号|病历号)", re.I
)


class Kind(StrEnum):
    """What a column that is used holds."""

    NUMBER = "number"
    YES_NO = "yes_no"
    CATEGORY = "category"


@dataclass(frozen=True)
class Used:
    """A column that becomes features: one number, or one for each of its `values`.

    `filled` says that it has empty cells, which get a feature of their own.
    """

    column: str
    kind: Kind
    values: tuple[str, ...] = ()
    filled: bool = False

    @property
    def features(self) -> tuple[str, ...]:
        """The names of its features."""
        own = [Feature(self.column, value) for value in self.values] or [Feature(self.column)]
        return tuple(feature.name for feature in (*own, *([Feature(self.column, "")] if self.filled else ())))

    @property
    def yes_no(self) -> tuple[bool, ...]:
        """Which of its features are 0 or 1."""
        return (self.kind is not Kind.NUMBER,) * max(len(self.values), 1) + (True,) * self.filled


@dataclass(frozen=True)
class Layout:
    """The columns that are used, in the file's order, and a remark on each that is left out."""

    used: tuple[Used, ...]
    left_out: tuple[Remark, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """The names of all features."""
        return tuple(name for used in self.used for name in used.features)

    @property
    def yes_no(self) -> tuple[bool, ...]:
        """Which of all features are 0 or 1."""
        return tuple(told for used in self.used for told in used.yes_no)


def judge_columns(sheet: Sheet, target: str, without: Collection[str] = ()) -> Layout:
    """Judge every column but the target and those the user does `without`.

    Raises DataError: duplicate_column, not_a_number for a column of numbers with a stray text, what
    `written_numbers` and `magnitude` raise, ambiguous_name for columns whose features would
    bear the same name, and no_features where nothing is left.
    """
    sheet.require(tuple(sheet.columns))
    judged = [judge_column(sheet, name) for name in sheet.columns if name != target and name not in without]
    layout = Layout(
        used=tuple(column for column in judged if isinstance(column, Used)),
        left_out=tuple(remark for remark in judged if isinstance(remark, Remark)),
    )
    if not layout.used:
        raise DataError("data.no_features", columns=listed(tuple(str(r.params["column"]) for r in layout.left_out)))
    _check_names(layout, target)
    return layout


def _check_names(layout: Layout, target: str) -> None:
    """Refuse features whose names a reader would take for another column's."""
    columns = {used.column for used in layout.used} | {target}
    for used in layout.used:
        for name in used.features:
            if parse_feature(name, columns).column != used.column:
                raise DataError("data.ambiguous_name", column=used.column, feature=name[:80])


def judge_column(sheet: Sheet, name: str) -> Used | Remark:
    """Judge one column, or say why it is left out; raises DataError as `judge_columns` does of a single column."""
    column = sheet.columns[name]
    if isinstance(column, Unusable):
        return _left_out("unusable", name, kind=column.kind)
    if column.missing.all():
        return _left_out("empty", name)
    if isinstance(column, Numbers):
        return _judge_numbers(column, name)
    return _judge_texts(sheet, column, name)


def _judge_numbers(column: Numbers, name: str) -> Used | Remark:
    present = column.values[~column.missing]
    low, high = present.min(), present.max()
    if low == high and len(present) == len(column.values):
        return _left_out("constant", name, value=f"{low:g}")
    if _numbered(present) or (IDENTIFIER.fullmatch(name) and _mostly_different(present)):
        return _left_out("identifier", name)
    check_magnitude(name, present)
    return Used(name, Kind.NUMBER, filled=len(present) < len(column.values))


def _numbered(present: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> bool:
    """Tell whether a column counts its rows."""
    return len(present) > 2 and bool((present[1:] == present[:-1] + 1).all())


def _mostly_different(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> bool:
    whole = bool((values == np.floor(values)).all())
    return whole and len(np.unique(values)) >= DIFFERENT * len(values)


def _judge_texts(sheet: Sheet, column: Texts, name: str) -> Used | Remark:
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.values))
    rows = int(np.count_nonzero(~column.missing))
    found = [value for value, count in zip(column.values, counts, strict=True) if count]
    beyond = bool((column.codes == BEYOND).any())
    missing = bool(column.missing.any())
    if len(found) == 1 and not missing:
        return _left_out("constant", name, value=found[0][:40])
    if not beyond and len(found) <= MOST_CATEGORIES:
        kind = Kind.YES_NO if len(found) == 2 else Kind.CATEGORY
        return Used(name, kind, tuple(sorted(found)), filled=missing)
    sample = found[:2000]
    if _share(sample, is_number) >= MOSTLY and column.odd is not None:
        row, text = column.odd
        raise DataError("data.not_a_number", row=row, column=name, value=text[:40])
    refuse_written_numbers(sheet, name, column, sample, MOSTLY)
    if _share(sample, lambda text: DATE.fullmatch(text) is not None) >= MOSTLY:
        return _left_out("date", name)
    if len(found) >= (rows if not beyond else len(column.values)):
        return _left_out("identifier", name)
    return _left_out("text", name, count=f"{len(found):,}", limit=MOST_CATEGORIES)


def _share(texts: list[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, texts)) / max(len(texts), 1)


def _left_out(reason: str, name: str, **params: object) -> Remark:
    return Remark(f"columns.left_out_{reason}", {"column": name, **params})
