"""One's own table made into a small market: sites that hold rows, a requester's validation set, and a test set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import DataError, UsageError
from fedmarket.domain.remark import Remark
from fedmarket.domain.terms import DataSchema
from fedmarket.embedded.enough_rows import LEAST_ROWS, LEAST_SITE_ROWS, held_out, rows_needed
from fedmarket.embedded.references import Raw
from fedmarket.embedded.seat_names import is_seat_name
from fedmarket.embedded.split import deal, deal_evenly
from fedmarket.learning.column_kinds import Layout, judge_columns
from fedmarket.learning.data_file import read_sheet
from fedmarket.learning.empty_cells import EmptyCells, without_empty_cells
from fedmarket.learning.features import feature_values, label_texts, target_numbers
from fedmarket.learning.magnitude import check_magnitude
from fedmarket.learning.sheet import Sheet, Texts, Unusable, as_texts, listed
from fedmarket.learning.standardise import constants, decimals
from fedmarket.learning.target_kind import Target, imbalance, judge_target

ENOUGH_VALIDATION = 100
FEWEST_SITES, MOST_SITES = 2, 30
SITE = "site"


@dataclass(frozen=True)
class Choice:
    """What somebody asks to try: a file, what to predict, and how its rows are divided.

    `by` names the column whose values are the sites, else there are `sites` of equal size. The validation set is a
    file of its own, or `holdout` of the rows; as many again are the test set.
    """

    file: Path
    target: str
    by: str | None = None
    sites: int = 4
    validation: Path | None = None
    holdout: float = 0.2
    empty_cells: str = EmptyCells.REFUSE
    without: tuple[str, ...] = ()
    encoding: str | None = None
    seed: int = 0


class SiteData(NamedTuple):
    """A site's name and its rows."""

    name: str
    raw: Raw


@dataclass(frozen=True, eq=False)
class TrialData:
    """Who holds which rows; no row is in two places. `remarks` say what was done to the file and what to know of it."""

    sites: tuple[SiteData, ...]
    validation: Raw
    test: Raw
    schema: DataSchema
    layout: Layout
    target: Target
    rows: int
    remarks: tuple[Remark, ...]


def make_trial_data(choice: Choice) -> TrialData:
    """Read the file, judge its columns and divide its rows; the same choice gives the same division.

    Raises DataError, each with what to do: whatever the readers raise, too_few_rows, too_few_left, no_by,
    by_is_target, too_few_sites, too_many_sites, missing_values, rare_class and the like.
    """
    sheet = read_sheet(choice.file, choice.target, choice.encoding)
    _require_rows(sheet, choice, "data.too_few_rows")
    sheet, remarks = without_empty_cells(sheet, _judge(sheet, choice)[1], choice.target, choice.empty_cells)
    _require_rows(sheet, choice, "data.too_few_left")
    target, layout = _judge(sheet, choice)
    random = np.random.Generator(np.random.PCG64(choice.seed))
    parts = _divide(sheet, target, choice, random)
    validation = _own_validation(choice, target, layout) if choice.validation else sheet.rows(parts.validation)
    layout, schema = _schema(validation, layout, target)
    named, small = _large_enough(sheet, parts.sites, target)
    return TrialData(
        sites=tuple(SiteData(name, _raw(sheet.rows(places), schema)) for name, places in named),
        validation=_held_out(validation, schema),
        test=_held_out(sheet.rows(parts.test), schema),
        schema=schema,
        layout=layout,
        target=target,
        rows=len(sheet),
        remarks=(*layout.left_out, *remarks, *small, *imbalance(target), *_few_rows(len(validation))),
    )


def _require_rows(sheet: Sheet, choice: Choice, fault: str) -> None:
    """Raise DataError `fault` where there are too few rows for two sites, too_few_for_sites for those asked for."""
    for sites, kind in ((FEWEST_SITES, fault), (FEWEST_SITES if choice.by else choice.sites, "data.too_few_for_sites")):
        needed = rows_needed(sites, choice.holdout, own_validation=choice.validation is not None)
        if len(sheet) < needed:
            numbers = {"rows": len(sheet), "limit": needed, "sites": sites, "least": LEAST_SITE_ROWS}
            raise DataError(kind, **numbers)


def _few_rows(rows: int) -> list[Remark]:
    """Return what to know where the requester measures on few rows."""
    few = rows < LEAST_ROWS
    return [Remark("columns.few_validation", {"rows": rows, "enough": ENOUGH_VALIDATION})] if few else []


def _judge(sheet: Sheet, choice: Choice) -> tuple[Target, Layout]:
    target = judge_target(sheet, choice.target)
    aside = {*choice.without, *([choice.by] if choice.by else [])}
    for name in aside:
        if name == choice.target:
            raise DataError("data.target_twice", column=name)
        sheet.require((name,))
    return target, judge_columns(sheet, choice.target, aside)


@dataclass(frozen=True, eq=False)
class _Parts:
    """Places of rows: the sites' by name, the validation set's (none where it is a file of its own), the test set's."""

    sites: tuple[tuple[str, NDArray[np.int64]], ...]
    validation: NDArray[np.int64]
    test: NDArray[np.int64]


def _divide(sheet: Sheet, target: Target, choice: Choice, random: np.random.Generator) -> _Parts:
    strata, owner = _strata(sheet, target), _owners(sheet, choice)
    groups = strata if owner is None else strata + (int(strata.max()) + 1) * owner.codes.astype(np.int64)
    shares = held_out(len(sheet), choice.holdout, own_validation=choice.validation is not None)
    validation, test, rest = deal(groups, shares, random)
    if owner is not None:
        held = owner.codes[rest]
        sites = [(_site_name(choice.by, name), rest[held == code]) for code, name in enumerate(owner.values)]
    else:
        evenly = deal_evenly(groups[rest], choice.sites, random)
        sites = [(f"{SITE} {number}", rest[places]) for number, places in enumerate(evenly, 1)]
    return _Parts(tuple((name, places) for name, places in sites if len(places)), validation, test)


def _strata(sheet: Sheet, target: Target) -> NDArray[np.int64]:
    """Return each row's class, or which tenth of the target's values it is in (n,)."""
    if not target.is_number:
        return label_texts(sheet, target.column).codes.astype(np.int64)
    values = target_numbers(sheet, target.column)
    return np.searchsorted(np.quantile(values, np.arange(0.1, 1, 0.1)), values).astype(np.int64)


def _owners(sheet: Sheet, choice: Choice) -> Texts | None:
    """Return whose row each is, by the column that the user named."""
    if choice.by is None:
        return None
    column = sheet.columns[choice.by]
    if isinstance(column, Unusable):
        raise DataError("data.unusable_column", column=choice.by, kind=column.kind)
    if column.missing.any():
        raise DataError("data.by_missing", column=choice.by, count=f"{int(column.missing.sum()):,}")
    owner = as_texts(column)
    count = len(np.unique(owner.codes))
    if not FEWEST_SITES <= count <= MOST_SITES:
        fault = "data.too_few_sites" if count < FEWEST_SITES else "data.too_many_sites"
        raise DataError(fault, column=choice.by, count=count, limit=MOST_SITES)
    return owner


def _site_name(by: str | None, value: str) -> str:
    """Return a site's name: what the column says, with the column's name before a bare number.

    "site" goes before what one of the task's own seats is called.
    """
    name = f"{by} {value}" if value.replace(".", "").replace("-", "").isdigit() else value
    return (f"{SITE} {name}" if is_seat_name(name) else name)[:40]


def _large_enough(
    sheet: Sheet, sites: Sequence[tuple[str, NDArray[np.int64]]], target: Target
) -> tuple[list[tuple[str, NDArray[np.int64]]], list[Remark]]:
    """Return the sites that can train, and a remark on each that cannot."""
    labels = _labels(sheet, target.column, number=target.is_number)
    kept, remarks = [], []
    for name, places in sites:
        if len(places) < LEAST_SITE_ROWS:
            remarks.append(Remark("columns.small_site", {"site": name, "rows": len(places), "limit": LEAST_SITE_ROWS}))
        elif len(np.unique(labels[places])) < 2:
            remarks.append(Remark("columns.one_class_site", {"site": name, "column": target.column}))
        else:
            kept.append((name, places))
    if len(kept) < FEWEST_SITES:
        found = listed([f"{name} ({len(places)})" for name, places in sites])
        raise DataError("data.no_sites", count=len(kept), sites=found, limit=LEAST_SITE_ROWS)
    names = [name for name, _ in kept]
    if len(set(names)) < len(names):
        raise DataError("data.sites_alike", names=listed(sorted({name for name in names if names.count(name) > 1})))
    return kept, remarks


def _own_validation(choice: Choice, target: Target, layout: Layout) -> Sheet:
    """Return the sheet of the user's own validation file, whose target must hold classes of the main file."""
    assert choice.validation is not None
    sheet = read_sheet(choice.validation, choice.target, choice.encoding)
    sheet.require((choice.target, *(used.column for used in layout.used)))
    sheet, _ = without_empty_cells(sheet, layout, choice.target, choice.empty_cells)
    if len(sheet) < LEAST_ROWS:
        raise DataError("data.too_few_validation_rows", rows=len(sheet), limit=LEAST_ROWS)
    if not target.is_number:
        found = label_texts(sheet, choice.target)
        unknown = [name for name in found.values if name not in target.classes]
        if unknown:
            known = listed(target.classes)
            raise DataError("data.validation_classes", column=choice.target, value=listed(unknown), known=known)
    return sheet


def _schema(validation: Sheet, layout: Layout, target: Target) -> tuple[Layout, DataSchema]:
    """Return the schema with constants of the validation set, without columns of numbers that never vary there."""
    raw = feature_values(validation, layout.features)
    for name, values in zip(layout.features, raw.T, strict=True):
        check_magnitude(name, values)
    means, scales = constants(raw, np.array(layout.yes_no, np.bool_))
    flat = {name for name, scale in zip(layout.features, scales, strict=True) if scale == 0}
    if flat:
        remarks = tuple(Remark("columns.left_out_flat", {"column": name}) for name in sorted(flat))
        used = tuple(used for used in layout.used if used.column not in flat)
        if not used:
            raise DataError("data.no_features", columns=listed(sorted(flat)))
        return _schema(validation, Layout(used, (*layout.left_out, *remarks)), target)
    schema = DataSchema(layout.features, decimals(means), decimals(scales), target.column, target.classes)
    if target.is_number:
        values = target_numbers(validation, target.column)
        check_magnitude(target.column, values)
        mean, scale = decimals(np.array([values.mean(), values.std()]))
        schema = replace(schema, target_mean=mean, target_scale=scale)
    return layout, schema


def _raw(sheet: Sheet, schema: DataSchema) -> Raw:
    return Raw(feature_values(sheet, schema.features), _labels(sheet, schema.target, number=schema.regression))


def _held_out(sheet: Sheet, schema: DataSchema) -> Raw:
    """Return rows to measure with; raises DataError rare_class where they all have the same answer."""
    raw = _raw(sheet, schema)
    if len(np.unique(raw.labels)) < 2:
        raise DataError("data.rare_class", column=schema.target, value=str(raw.labels[0])[:40])
    return raw


def _labels(sheet: Sheet, name: str, *, number: bool) -> NDArray[Any]:
    """Return the target's values (n,): numbers, or class names."""
    if number:
        return target_numbers(sheet, name)
    texts = label_texts(sheet, name)
    return np.array(texts.values)[texts.codes]


def check_choice(choice: Choice) -> None:
    """Raise UsageError where what a user chose cannot be."""
    if not 0 < choice.holdout <= 0.4:
        raise UsageError("embedded.bad_holdout", share=choice.holdout)
    if choice.empty_cells not in set(EmptyCells):
        raise UsageError("embedded.bad_empty_cells", choice=choice.empty_cells[:40], known=", ".join(EmptyCells))
    if not FEWEST_SITES <= choice.sites <= MOST_SITES:
        raise UsageError("embedded.bad_sites", count=choice.sites, limit=MOST_SITES)
