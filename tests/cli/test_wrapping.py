"""Lines that fit a terminal, Chinese included."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from fedmarket.cli.wrapping import NOT_FIRST, wrap

MIXED = st.text(st.sampled_from("ab -,.中文字，。（）“”…"), max_size=80)


def test_english_breaks_at_blanks() -> None:
    assert wrap("one two three", 8) == ["one two", "three"]


def test_chinese_breaks_between_characters_and_keeps_closing_marks() -> None:
    assert wrap("数据不离开医院。", 8) == ["数据不离", "开医院。"]
    assert wrap("数据不离。", 8) == ["数据不", "离。"]


def test_a_word_that_is_too_wide_keeps_its_own_line() -> None:
    assert wrap("see sha256:0123456789abcdef here", 10) == ["see", "sha256:0123456789abcdef", "here"]


def test_nothing_stays_nothing() -> None:
    assert wrap("", 10) == [""]


@given(MIXED, st.integers(12, 40))
def test_wrapping_loses_and_adds_nothing_but_blanks(text: str, width: int) -> None:
    assert "".join(wrap(text, width)).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("width", [12, 20, 33])
@given(st.lists(st.sampled_from(["数据", "不离开，", "医院。", "“甲”", "FEDMARKET "]), min_size=1, max_size=20))
def test_chinese_lines_fit_and_none_begins_with_a_closing_mark(width: int, parts: list[str]) -> None:
    lines = wrap("".join(parts), width)
    assert max(map(cell_len, lines)) <= width
    assert not any(line[:1] in tuple(NOT_FIRST) for line in lines)
