"""The columns that a task's terms ask of a provider's file, read back from the names of its features."""

from fedmarket.cli.language import Words
from fedmarket.cli.task_words import listed_words
from fedmarket.domain.terms import DataSchema
from fedmarket.learning.features import parse_feature

MOST = 20


def column_sentences(schema: DataSchema, words: Words) -> list[str]:
    """Return which columns must hold numbers, which one of a few texts, and where empty cells are filled."""
    parsed = [parse_feature(name, ()) for name in schema.features]
    numbers = [feature.column for feature in parsed if feature.value is None]
    values: dict[str, list[str]] = {}
    for feature in parsed:
        if feature.value:
            values.setdefault(feature.column, []).append(feature.value)
    filled = [feature.column for feature in parsed if feature.value == ""]
    lines = [words("columns_numbers", columns=_some(numbers, words))] if numbers else []
    lines += [words("columns_texts", column=column, values=_some(found, words)) for column, found in values.items()]
    return [*lines, words("columns_filled", columns=_some(filled, words))] if filled else lines


def _some(names: list[str], words: Words) -> str:
    more = words("and_more", count=len(names) - MOST) if len(names) > MOST else ""
    return listed_words(names[:MOST], words) + more
