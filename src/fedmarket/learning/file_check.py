"""What is wrong with a file of data, all of it at once: what makes it unusable, what names persons, what to know."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from fedmarket.domain.errors import DataError, SystemFault
from fedmarket.domain.remark import Remark
from fedmarket.learning.cell_scan import CellScan, scan_csv, scan_sheet
from fedmarket.learning.column_builder import is_number
from fedmarket.learning.column_kinds import Used, judge_column, judge_columns
from fedmarket.learning.csv_file import csv_sheet
from fedmarket.learning.data_file import READERS, read_sheet
from fedmarket.learning.identifiers import Identifier, found_in, look_like_names, plain_digits, said_by
from fedmarket.learning.raw_text import UTF8_MARK, RawText, scan_text
from fedmarket.learning.sheet import BEYOND, Column, Numbers, Sheet, Texts, listed
from fedmarket.learning.target_kind import Target, imbalance, judge_target
from fedmarket.learning.text_encoding import encoding_of

TEXT_FORMATS = frozenset({".csv", ".tsv", ".txt"})
FEW_ROWS = 50
"""Rows under which a market's figures are chance."""
OWN_NAMES = frozenset({Identifier.NAME, Identifier.ADDRESS, Identifier.BIRTH_DATE})
"""What only a column's name tells, or the whole of its texts."""


class Level(StrEnum):
    """How much a finding weighs."""

    FAULT = "fault"
    PERSONAL = "personal"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing that was found: a fault makes the file unusable as it is; `column` is empty where it is none's."""

    level: Level
    remark: Remark
    column: str = ""

    @property
    def name(self) -> str:
        """What was found, as documents name it: the remark's id."""
        return self.remark.remark_id


@dataclass(frozen=True)
class ColumnNote:
    """A column: what it holds (a Kind, or why it is left out), its empty cells, and the values of a category."""

    name: str
    kind: str
    missing: int
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileCheck:
    """A file as it was found; without rows, columns and target where it cannot be read at all."""

    path: Path
    rows: int
    columns: tuple[ColumnNote, ...]
    target: Target | None
    findings: tuple[Finding, ...]
    sheet: Sheet | None = None

    @property
    def usable(self) -> bool:
        """Whether nothing stands against training on it as it is."""
        return not any(finding.level is Level.FAULT for finding in self.findings)

    @property
    def identifiers(self) -> dict[str, str]:
        """What names persons, by column."""
        personal = (finding for finding in self.findings if finding.level is Level.PERSONAL)
        return {finding.column: finding.name.rpartition(".")[2] for finding in personal}


def check_file(path: Path, target: str, encoding: str | None = None, without: Collection[str] = ()) -> FileCheck:
    """Look at everything in a file that a market would stumble over; columns `without` are not judged.

    Raises DataError where there is no file, or none of a known format: everything else is a finding.
    """
    if path.suffix.lower() not in READERS:
        raise DataError("data.unknown_format", path=str(path), known=", ".join(READERS))
    text = path.suffix.lower() in TEXT_FORMATS
    try:
        raw = scan_text(path) if text else RawText()
    except FileNotFoundError as error:
        raise DataError("data.no_such_file", path=str(path)) from error
    except OSError as error:
        raise DataError("data.unreadable", path=str(path), detail=SystemFault.of(error)) from error
    findings = _of_bytes(raw, encoding)
    try:
        if any(finding.level is Level.FAULT for finding in findings):
            return FileCheck(path, 0, (), None, tuple(findings))
        sheet = csv_sheet(path, encoding) if text else read_sheet(path, target, encoding)
        scan = scan_csv(path, encoding_of(path, encoding)) if text else scan_sheet(sheet)
    except DataError as refusal:
        return FileCheck(path, 0, (), None, (*findings, _fault(refusal)))
    return _judged(path, sheet, scan, target, without, findings)


def _judged(
    path: Path, sheet: Sheet, scan: CellScan, target: str, without: Collection[str], findings: list[Finding]
) -> FileCheck:
    findings += [_fault(DataError("data.duplicate_column", column=name), name) for name in sorted(sheet.doubled)]
    findings += [
        _fault(DataError("data.no_target", column=name[:40], found=listed(sheet.columns)), name)
        for name in without
        if name not in sheet.columns
    ]
    goal, judged = _target(sheet, target)
    findings += judged
    columns, judged = _columns(sheet, target, without)
    findings += judged
    if not any(finding.level is Level.FAULT for finding in findings):
        findings += _together(sheet, target, without)
    findings += _of_rows(sheet, scan)
    findings += _of_cells(scan, without)
    findings += _personal(sheet, scan, without)
    return FileCheck(path, len(sheet), tuple(columns), goal, tuple(findings), sheet)


def _of_bytes(raw: RawText, encoding: str | None) -> list[Finding]:
    if raw.nul_line:
        return [_fault(DataError("data.nul", line=raw.nul_line))]
    if raw.mixed:
        kind = "mixed_gb18030" if raw.gb18030 else "mixed_unknown"
        return [Finding(Level.FAULT, _remark(kind, utf8=raw.utf8_line, other=raw.other_line))]
    if raw.mark:
        return [Finding(Level.NOTE, _remark("mark" if raw.mark == UTF8_MARK else "utf16"))]
    if encoding is not None and raw.utf8_line and not encoding.lower().replace("_", "-").startswith("utf"):
        return [Finding(Level.FAULT, _remark("declared_otherwise", encoding=encoding[:40], line=raw.utf8_line))]
    return []


def _target(sheet: Sheet, name: str) -> tuple[Target | None, list[Finding]]:
    if name in sheet.doubled:
        return None, []
    try:
        goal = judge_target(sheet, name)
    except DataError as refusal:
        return None, [_fault(refusal, name)]
    found = [Finding(Level.NOTE, remark, name) for remark in imbalance(goal)]
    return goal, found + _missing(name, sheet.columns[name], "missing_target")


def _columns(sheet: Sheet, target: str, without: Collection[str]) -> tuple[list[ColumnNote], list[Finding]]:
    notes, findings = [], []
    for name, column in sheet.columns.items():
        missing = int(column.missing.sum())
        if name == target or name in without:
            notes.append(ColumnNote(name, "target" if name == target else "without", missing))
            continue
        try:
            _refuse_infinite(sheet, name)
            judged = judge_column(sheet, name)
        except DataError as refusal:
            notes.append(ColumnNote(name, "faulty", missing))
            findings.append(_fault(refusal, name))
            continue
        if isinstance(judged, Used):
            notes.append(ColumnNote(name, str(judged.kind), missing, judged.values))
            findings += _missing(name, column, "missing") + _stray_text(name, column, judged)
        else:
            notes.append(ColumnNote(name, judged.remark_id.partition("left_out_")[2], missing))
            findings.append(Finding(Level.NOTE, judged, name))
    return notes, findings


def _refuse_infinite(sheet: Sheet, name: str) -> None:
    column = sheet.columns[name]
    if isinstance(column, Numbers) and np.isinf(column.values).any():
        row = int(sheet.row_numbers[np.isinf(column.values)][0])
        raise DataError("data.not_finite", row=row, column=name)


def _stray_text(name: str, column: Column, judged: Used) -> list[Finding]:
    """Return that a category is made of numbers and of a text beside them."""
    if (
        not isinstance(column, Texts)
        or column.odd is None
        or 2 * sum(map(is_number, judged.values)) < len(judged.values)
    ):
        return []
    row, text = column.odd
    return [Finding(Level.NOTE, _remark("numbers_and_text", column=name, row=row, text=text[:40]), name)]


def _missing(name: str, column: Column, kind: str) -> list[Finding]:
    count = int(column.missing.sum())
    share = 100 * count / max(len(column.missing), 1)
    return [Finding(Level.NOTE, _remark(kind, column=name, count=f"{count:,}", share=share), name)] if count else []


def _together(sheet: Sheet, target: str, without: Collection[str]) -> list[Finding]:
    """Return what is wrong with columns only beside each other."""
    try:
        judge_columns(sheet, target, without)
    except DataError as refusal:
        return [_fault(refusal)]
    return []


def _of_rows(sheet: Sheet, scan: CellScan) -> list[Finding]:
    found = []
    if len(sheet) < FEW_ROWS:
        found.append(Finding(Level.NOTE, _remark("few_rows", rows=len(sheet), limit=FEW_ROWS)))
    if scan.repeated:
        share = 100 * scan.repeated / len(sheet)
        told = {"count": f"{scan.repeated:,}", "share": share, "row": scan.repeated_row}
        found.append(Finding(Level.NOTE, _remark("repeated_rows", **told)))
    return found


def _of_cells(scan: CellScan, without: Collection[str]) -> list[Finding]:
    found = []
    for name, column in zip(scan.names, scan.columns, strict=True):
        for kind, seen in (("formulas", column.formulas), ("cut_short", column.cut_short), ("damaged", column.damaged)):
            if seen.count and name not in without:
                told = {"column": name, "count": f"{seen.count:,}", "row": seen.row}
                found.append(Finding(Level.NOTE, _remark(kind, **told), name))
    return found


def _personal(sheet: Sheet, scan: CellScan, without: Collection[str]) -> list[Finding]:
    """Return a finding a column at most: what most of its cells hold, else what its name says."""
    found = []
    for name, column in zip(scan.names, scan.columns, strict=True):
        if name in without or not column.filled:
            continue
        likely = column.likely()
        said = said_by(name)
        if found_in(plain_digits(name)) is not None:
            found.append(Finding(Level.PERSONAL, _remark("in_heading", column=name), name))
        elif likely:
            kind, seen = max(likely.items(), key=lambda pair: pair[1].count)
            told = {"column": name, "count": f"{seen.count:,}", "row": seen.row}
            found.append(Finding(Level.PERSONAL, _remark(str(kind), **told), name))
        elif said in OWN_NAMES or look_like_names(_values(sheet.columns.get(name))):
            kind = said if said in OWN_NAMES else Identifier.NAME
            found.append(Finding(Level.PERSONAL, _remark(str(kind), column=name), name))
        elif said is not None:
            found.append(Finding(Level.PERSONAL, _remark("by_heading", column=name), name))
    return found


def _values(column: Column | None) -> tuple[str, ...]:
    """Return the different texts of a column whose texts are mostly different: names repeat, categories more so."""
    if not isinstance(column, Texts) or not len(column.codes):
        return ()
    filled = int((~column.missing).sum())
    different = len(column.values) if not (column.codes == BEYOND).any() else filled
    return column.values if different * 5 >= filled else ()


def _fault(refusal: DataError, column: str = "") -> Finding:
    return Finding(Level.FAULT, Remark(refusal.error_id, refusal.params), column)


def _remark(kind: str, **params: object) -> Remark:
    return Remark(f"quality.{kind}", params)
