"""The demo's picture: well-formed, accessible, self-contained, and no words on top of others."""

from dataclasses import dataclass, replace
from itertools import combinations
from xml.etree import ElementTree

import pytest
from rich.cells import cell_len

from fedmarket.embedded.figure import draw
from fedmarket.embedded.report import Comparison, TaskReport
from tests.cli.fixtures import CLAMPED, COMPARISON, FREE, REPORT, STRONG, TOKEN, quality

SVG = "{http://www.w3.org/2000/svg}"
CELL = 6.2
"""About the width of a narrow character at 12 px, in px; a wide one takes two."""

ALIKE = Comparison(quality(1, 1, 0.1), quality(1, 1, 0.1), dict.fromkeys(COMPARISON.alone, quality(1, 1, 0.1)))
EARLY = replace(REPORT, best_round=1)
NO_TARGET = replace(REPORT, skill_target_ppb=None)
NOBODY_PAID = replace(REPORT, providers=(FREE, replace(CLAMPED, owed=0)))
RICH = replace(REPORT, providers=(replace(STRONG, owed=123_456 * TOKEN), FREE))
CROWD = replace(REPORT, providers=(STRONG,) * 12)
ONE_ROUND = replace(REPORT, rounds=REPORT.rounds[:1], best_round=1, skill_final_ppb=REPORT.rounds[0].skill_ppb)
GOOD_START = replace(REPORT, skill_initial_ppb=300_000_000)
CASES = [
    (REPORT, COMPARISON),
    (REPORT, None),
    (REPORT, ALIKE),
    (EARLY, COMPARISON),
    (NO_TARGET, COMPARISON),
    (NOBODY_PAID, COMPARISON),
    (RICH, COMPARISON),
    (CROWD, COMPARISON),
    (ONE_ROUND, COMPARISON),
    (GOOD_START, COMPARISON),
]


@dataclass(frozen=True)
class Box:
    text: str
    left: float
    right: float
    top: float
    bottom: float

    def covers(self, other: "Box") -> bool:
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)


def boxes(root: ElementTree.Element) -> list[Box]:
    return [box(element) for element in root.iter(f"{SVG}text")]


def box(element: ElementTree.Element) -> Box:
    text, classes = "".join(element.itertext()), element.get("class", "").split()
    width = cell_len(text) * CELL * (1.33 if "head" in classes else 1.1 if "panel" in classes else 1)
    x, y = float(element.get("x", "0")), float(element.get("y", "0"))
    left = x - width if "end" in classes else x - width / 2 if "middle" in classes else x
    return Box(text, left, left + width, y - 10, y + 2)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(("report", "comparison"), CASES)
def test_no_words_lie_on_others_or_outside(report: TaskReport, comparison: Comparison | None, lang: str) -> None:
    root = ElementTree.fromstring(draw(report, comparison, lang))
    _, _, width, height = map(float, root.get("viewBox", "").split())
    words = boxes(root)
    assert [(a.text, b.text) for a, b in combinations(words, 2) if a.covers(b)] == []
    assert [each.text for each in words if each.left < 0 or each.right > width or each.bottom > height] == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_it_is_named_and_described_for_who_cannot_see_it(lang: str) -> None:
    root = ElementTree.fromstring(draw(REPORT, COMPARISON, lang))
    assert (root.get("role"), root.get("lang")) == ("img", lang)
    named = {element.get("id"): element.text or "" for element in root if element.get("id")}
    assert root.get("aria-labelledby", "").split() == ["title", "desc"] == list(named)
    assert "174.49" in named["desc"] and "0.183" in named["desc"]


def test_it_needs_nothing_from_elsewhere_and_has_colours_for_dark_pages() -> None:
    svg = draw(REPORT, COMPARISON)
    assert svg.count("http") == 1, "only the namespace"
    assert "prefers-color-scheme:dark" in svg
    assert "<script" not in svg and "<image" not in svg


def test_a_name_cannot_break_out_of_its_text() -> None:
    evil = replace(STRONG, name="</text><script>alert(1)</script>&")
    root = ElementTree.fromstring(draw(replace(REPORT, providers=(evil,)), COMPARISON))
    assert root.find(f".//{SVG}script") is None


def test_every_provider_has_its_two_bars_and_the_amount_to_the_cent() -> None:
    root = ElementTree.fromstring(draw(REPORT, COMPARISON))
    bars = [element.get("class") for element in root.iter(f"{SVG}rect")]
    assert bars.count("owed") == 4 and bars.count("gain") == 3 and bars.count("harm") == 1
    assert "174.49" in [each.text for each in boxes(root)]


def test_the_test_set_is_marked_only_where_there_is_one() -> None:
    with_tests, without = draw(REPORT, COMPARISON), draw(REPORT, None)
    assert "test set" in with_tests and "pooled" in with_tests
    assert "test set" not in without


def test_the_same_report_gives_the_same_bytes() -> None:
    assert draw(REPORT, COMPARISON) == draw(REPORT, COMPARISON)
