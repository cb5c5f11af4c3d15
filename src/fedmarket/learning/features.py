"""Features by name, made from a sheet: a column's number, or whether a column holds a value.

A feature's name is its column's, or `column=value`: 1 where the column holds the value, else 0. `column=` (no value) is
1 where the cell is empty: a column with such a feature is filled, any other refuses an empty cell. So the terms' list
of features is all that a provider's reader needs.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import DataError
from fedmarket.domain.terms import DataSchema
from fedmarket.learning.sheet import MISSING, Column, Numbers, Sheet, Texts, Unusable, as_texts, listed
from fedmarket.learning.table import FloatArray, IntVector, Table, build_table, class_number

SIGN = "="


@dataclass(frozen=True)
class Feature:
    """What a feature's name says: its column, and the value that it looks for; None for the column's number."""

    column: str
    value: str | None = None

    @property
    def name(self) -> str:
        """The feature's name."""
        return self.column if self.value is None else f"{self.column}{SIGN}{self.value}"


def parse_feature(name: str, columns: Container[str]) -> Feature:
    """Return what a feature's name says beside the columns there are: of several readings the longest column's."""
    if name in columns:
        return Feature(name)
    places = [place for place, character in enumerate(name) if character == SIGN]
    for place in reversed(places):
        if name[:place] in columns:
            return Feature(name[:place], name[place + 1 :])
    return Feature(name[: places[0]], name[places[0] + 1 :]) if places else Feature(name)


def feature_values(sheet: Sheet, names: Sequence[str]) -> FloatArray:
    """Return the features (n, d) of a sheet, in the order of their names.

    Raises DataError: missing_columns, duplicate_column, missing_value, not_a_number, not_finite, unusable_column, and
    unknown_value for a text that no feature of its column names.
    """
    features = [parse_feature(name, sheet.columns) for name in names]
    sheet.require(tuple(dict.fromkeys(feature.column for feature in features)))
    values = np.empty((len(sheet), len(features)))
    by_column: dict[str, list[int]] = {}
    for place, feature in enumerate(features):
        by_column.setdefault(feature.column, []).append(place)
    for column, places in by_column.items():
        _Source(sheet, column).fill(values, [(place, features[place].value) for place in places])
    return values


def table_from_sheet(sheet: Sheet, schema: DataSchema) -> Table:
    """Return the standardised table of the schema's features and target.

    Raises DataError as `feature_values` does, and unknown_class, missing_value, no_rows, one_class, constant_target.
    """
    sheet.require((*(parse_feature(name, sheet.columns).column for name in schema.features), schema.target))
    if not len(sheet):
        raise DataError("data.no_rows")
    raw = feature_values(sheet, schema.features)
    labels = target_numbers(sheet, schema.target) if schema.regression else class_numbers(sheet, schema)
    return build_table(raw, labels, schema)


def class_numbers(sheet: Sheet, schema: DataSchema) -> IntVector:
    """Return the places (n,) of the target's values among the schema's classes; raises as `table_from_sheet`."""
    texts = label_texts(sheet, schema.target)
    known = np.array([*(text in schema.classes for text in texts.values), False, False], np.bool_)
    _refuse_first(sheet, schema.target, ~known[texts.codes], "unknown_class", schema.classes)
    numbers = [class_number(text, 0, schema) if text in schema.classes else -1 for text in texts.values]
    return np.array(numbers, np.int64)[texts.codes]


def target_numbers(sheet: Sheet, target: str) -> FloatArray:
    """Return a target that is a number (n,), raw; raises DataError as `feature_values` does."""
    column = _usable(sheet.column(target), target)
    _refuse_first(sheet, target, column.missing, "missing_value")
    return _finite(sheet, target, column)


def label_texts(sheet: Sheet, target: str) -> Texts:
    """Return the target's values as texts; raises DataError where one is missing."""
    column = _usable(sheet.column(target), target)
    texts = as_texts(column)
    _refuse_first(sheet, target, texts.missing, "missing_value")
    return texts


@dataclass(frozen=True, eq=False)
class _Source:
    """A sheet's column as the source of features."""

    sheet: Sheet
    name: str

    def fill(self, values: FloatArray, wanted: list[tuple[int, str | None]]) -> None:
        """Write the column's features into `values` (n, d); `wanted` are their places and values."""
        column = _usable(self.sheet.columns[self.name], self.name)
        missing, filled = column.missing, any(value == "" for _, value in wanted)
        if not filled:
            _refuse_first(self.sheet, self.name, missing, "missing_value")
        sought = tuple(value for _, value in wanted if value)
        codes = self._codes(as_texts(column), sought) if sought else None
        for place, value in wanted:
            if value is None:
                values[:, place] = self._numbers(column)
            elif value == "":
                values[:, place] = missing
            else:
                assert codes is not None
                values[:, place] = codes == sought.index(value)

    def _numbers(self, column: Numbers | Texts) -> FloatArray:
        values, missing = _finite(self.sheet, self.name, column), column.missing
        if not missing.any():
            return values
        if missing.all():
            raise DataError("data.nothing_to_fill_from", column=self.name)
        return np.where(missing, np.median(values[~missing]), values)

    def _codes(self, texts: Texts, sought: tuple[str, ...]) -> NDArray[np.int64]:
        """Return each row's place in `sought` (n,), empty cells filled with the most frequent (first of equals)."""
        known = np.array(
            [sought.index(text) if text in sought else MISSING for text in texts.values] + [MISSING, MISSING]
        )
        codes = known[texts.codes]
        unknown = (codes == MISSING) & ~texts.missing
        _refuse_first(self.sheet, self.name, unknown, "unknown_value", sought)
        if texts.missing.all():
            raise DataError("data.nothing_to_fill_from", column=self.name)
        counts = np.bincount(codes[~texts.missing], minlength=len(sought))
        filled: NDArray[np.int64] = np.where(texts.missing, counts.argmax(), codes)
        return filled


def _finite(sheet: Sheet, name: str, column: Numbers | Texts) -> FloatArray:
    """Return a column's numbers (n,), NaN where the cell is empty; refuses a text and what is too large."""
    if isinstance(column, Texts):
        row, text = column.odd or (0, "")
        raise DataError("data.not_a_number", row=row, column=name, value=text[:40])
    _refuse_first(sheet, name, np.isinf(column.values), "not_finite")
    return column.values


def _usable(column: Column, name: str) -> Numbers | Texts:
    if isinstance(column, Unusable):
        raise DataError("data.unusable_column", column=name, kind=column.kind)
    return column


def _refuse_first(
    sheet: Sheet, name: str, wrong: NDArray[np.bool_], fault: str, known: tuple[str, ...] | None = None
) -> None:
    """Raise DataError `fault`, naming the first row that is wrong."""
    if not wrong.any():
        return
    place = int(wrong.argmax())
    params: dict[str, object] = {"row": int(sheet.row_numbers[place]), "column": name}
    if known is not None:
        params |= {"value": _cell(sheet, name, place)[:40], "known": listed(known)}
    raise DataError(f"data.{fault}", **params)


def _cell(sheet: Sheet, name: str, place: int) -> str:
    column = _usable(sheet.columns[name], name)
    texts = as_texts(column)
    code = texts.codes[place]
    return texts.values[code] if code >= 0 else "…"
