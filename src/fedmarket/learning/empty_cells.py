"""What to do about empty cells: refuse them by name and number, fill them, or drop their rows."""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import DataError
from fedmarket.domain.remark import Remark
from fedmarket.learning.column_kinds import Layout
from fedmarket.learning.sheet import Sheet


class EmptyCells(StrEnum):
    """The choices."""

    REFUSE = "refuse"
    FILL = "fill"
    DROP = "drop"


def without_empty_cells(sheet: Sheet, layout: Layout, target: str, choice: str) -> tuple[Sheet, list[Remark]]:
    """Return the sheet as `choice`, one of EmptyCells, leaves it, and what to tell about it.

    A row without the target is dropped unless empty cells are refused: an answer is never made up. What is to be filled
    is left as it is: whoever holds the rows fills it from its own, see `features.feature_values`. Raises DataError,
    naming columns and counts: missing_values, missing_answers where the target has some too, missing_target where it
    alone has.
    """
    counts = {name: int(sheet.columns[name].missing.sum()) for name in (target, *(used.column for used in layout.used))}
    counts = {name: count for name, count in counts.items() if count}
    if not counts:
        return sheet, []
    if choice == EmptyCells.REFUSE:
        raise _refusal(counts, target)
    filled = {name: count for name, count in counts.items() if name != target and choice == EmptyCells.FILL}
    dropped = _any_missing(sheet, [name for name in counts if name not in filled])
    remarks = []
    if dropped.any():
        count = int(dropped.sum())
        if count == len(sheet):
            raise DataError("data.all_dropped", counts=_told(counts))
        remarks.append(Remark("columns.dropped", {"count": f"{count:,}", "rows": f"{len(sheet):,}"}))
    if filled:
        remarks.append(Remark("columns.filled", {"counts": _told(filled), "column": next(iter(filled))}))
    return sheet.rows(~dropped), remarks


def _refusal(counts: dict[str, int], target: str) -> DataError:
    """Return the refusal that offers what can be done about these empty cells: an answer cannot be filled in."""
    if target not in counts:
        return DataError("data.missing_values", counts=_told(counts))
    if len(counts) > 1:
        return DataError("data.missing_answers", counts=_told(counts), column=target)
    return DataError("data.missing_target", column=target, count=f"{counts[target]:,}")


def _any_missing(sheet: Sheet, names: list[str]) -> NDArray[np.bool_]:
    missing = np.zeros(len(sheet), np.bool_)
    for name in names:
        missing |= sheet.columns[name].missing
    return missing


def _told(counts: dict[str, int]) -> str:
    """Return "age 12, size 3", most first, and how many columns there are beside."""
    most = sorted(counts.items(), key=lambda pair: -pair[1])
    more = f", … ({len(most)})" if len(most) > 8 else ""
    return ", ".join(f"{name[:40]} {count:,}" for name, count in most[:8]) + more
