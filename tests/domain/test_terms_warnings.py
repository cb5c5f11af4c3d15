"""Terms that no rule refuses, but that measure by chance, are warned of in plain words."""

from dataclasses import replace

import pytest

from fedmarket.domain.errors import LANGUAGES
from fedmarket.domain.terms import Terms
from fedmarket.domain.terms_rules import check
from fedmarket.domain.terms_warnings import warnings
from tests.domain.honest_terms import HONEST


def counted(*counts: int) -> Terms:
    classes = tuple(f"kind {i}" for i in range(len(counts)))
    validation = replace(HONEST.validation, rows=sum(counts), class_counts=counts)
    return replace(HONEST, data=replace(HONEST.data, classes=classes), validation=validation)


def ids(terms: Terms) -> list[str]:
    check(terms)
    return [warning.message_id for warning in warnings(terms)]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((60, 40), []),
        ((40, 10), []),
        ((39, 10), ["warning.few_rows"]),
        ((91, 9), ["warning.few_of_a_class"]),
        ((90, 10, 0), ["warning.few_of_a_class"]),
        ((40, 9), ["warning.few_rows", "warning.few_of_a_class"]),
    ],
)
def test_fewer_than_fifty_rows_or_ten_of_a_class_are_warned_of(counts: tuple[int, ...], expected: list[str]) -> None:
    assert ids(counted(*counts)) == expected


def test_a_number_has_no_classes_to_be_few_of() -> None:
    data = replace(HONEST.data, classes=())
    few = replace(HONEST.validation, rows=49, class_counts=())
    assert [each.message_id for each in warnings(replace(HONEST, data=data, validation=few))] == ["warning.few_rows"]
    assert not warnings(replace(HONEST, data=data, validation=replace(few, rows=50)))


def test_the_sentence_names_the_rows_and_every_rare_class_with_its_count() -> None:
    rows, rare = warnings(counted(30, 9, 0))
    for lang in LANGUAGES:
        assert "39" in rows.sentence(lang) and "100" in rows.sentence(lang)
        assert "kind 1 (9), kind 2 (0)" in rare.sentence(lang)
        assert "kind 0" not in rare.sentence(lang)


def test_a_long_list_of_rare_classes_is_cut() -> None:
    (rare,) = warnings(counted(100, *[1] * 30))
    assert "kind 12 (1), … (30)" in rare.sentence()
    assert "kind 13" not in rare.sentence()
