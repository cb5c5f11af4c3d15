"""Numbers written otherwise than readers take them: with a decimal comma, or with separators of thousands."""

import re
from collections.abc import Sequence

from fedmarket.domain.errors import DataError
from fedmarket.learning.column_builder import is_number
from fedmarket.learning.sheet import Sheet, Texts

COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
GROUPS = re.compile(
    r"[+-]?[1-9][0-9]{0,2}"
    r"(?:(?P<mark>[,.'’\u00a0\u202f])[0-9]{3}(?:(?P=mark)[0-9]{3})*|(?: [0-9]{3})+(?=[.,]))"
    r"(?P<rest>(?!(?P=mark))[.,][0-9]+)?"
)
"""Thousands apart. A space counts only before decimals: without, it may be a telephone number."""
TWOFOLD = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
"""What may be either: 62,881 is 62881 or 62.881."""
MARKS = re.compile(r"[ ,.'’\u00a0\u202f]")


def refuse_written_numbers(sheet: Sheet, name: str, column: Texts, texts: Sequence[str], mostly: float) -> None:
    """Raise DataError where the different `texts` of a column are `mostly` numbers, some written with other marks.

    Names a cell that shows which marks: thousands where it separates them, decimal_comma where its comma can be nothing
    else, and comma_or_thousands, with both readings, where every cell may be read either way.
    """
    marked = [text for text in texts if not is_number(text) and (COMMA.fullmatch(text) or GROUPS.fullmatch(text))]
    if not marked or len(marked) + sum(map(is_number, texts)) < mostly * len(texts):
        return
    for text in marked:
        if not TWOFOLD.fullmatch(text):
            apart = GROUPS.fullmatch(text) is not None
            raise _fault(
                sheet, name, column, text, "data.thousands" if apart else "data.decimal_comma", plain=_plain(text)
            )
    text = marked[0]
    readings = {"whole": text.replace(",", ""), "decimal": text.replace(",", ".")}
    raise _fault(sheet, name, column, text, "data.comma_or_thousands", **readings)


def _plain(text: str) -> str:
    """Return a number with other marks as it should be written: "1.234,56" as "1234.56"."""
    found = GROUPS.fullmatch(text)
    if found is None:
        return text.replace(",", ".")
    rest = found["rest"] or ""
    return MARKS.sub("", text[: len(text) - len(rest)]) + rest.replace(",", ".")


def _fault(sheet: Sheet, name: str, column: Texts, text: str, fault: str, **readings: str) -> DataError:
    row = int(sheet.row_numbers[(column.codes == column.values.index(text)).argmax()])
    return DataError(fault, row=row, column=name, value=text[:40], **readings)
