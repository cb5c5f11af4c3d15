"""Lines that fit a terminal, measured in its cells: a Chinese character takes two."""

from collections.abc import Iterator

from rich.cells import cell_len

NOT_FIRST = "，。；：、！？）”…"
NOT_LAST = "（“"


def wrap(text: str, width: int) -> list[str]:
    """Break `text` into lines of at most `width` cells: at blanks, and between Chinese characters.

    A word wider than `width` keeps a line of its own.
    """
    lines, line = [], ""
    for piece in _pieces(text):
        if line and cell_len((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()]


def _pieces(text: str) -> Iterator[str]:
    """Yield the parts between which a line may end."""
    start = 0
    for place in range(1, len(text)):
        if _may_break(text[place - 1], text[place]):
            yield text[start:place]
            start = place
    yield text[start:]


def _may_break(before: str, after: str) -> bool:
    if before == " ":
        return after != " "
    if after == " " or after in NOT_FIRST or before in NOT_LAST:
        return False
    return cell_len(before) == 2 or cell_len(after) == 2 or before == "”" or after == "“"
