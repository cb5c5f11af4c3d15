"""Every refusal of a listing or a catalogue has a sentence in both languages, and every sentence a refusal."""

import re
from importlib.resources import files
from json import loads
from pathlib import Path
from string import Formatter

import fedmarket
from fedmarket.domain.errors import LANGUAGES


def catalogue(lang: str) -> dict[str, str]:
    found: dict[str, str] = loads(
        files("fedmarket.domain").joinpath("messages", lang, "listing.json").read_text(encoding="utf-8")
    )
    return found


def parameters(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_both_languages_say_the_same_with_the_same_parameters() -> None:
    english, chinese = (catalogue(lang) for lang in LANGUAGES)
    assert list(english) == list(chinese) == sorted(english)
    assert all(parameters(english[name]) == parameters(chinese[name]) for name in english)


def test_every_refusal_in_the_code_has_a_sentence_and_every_sentence_a_refusal() -> None:
    folder = Path(next(iter(fedmarket.__path__)))
    source = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    used = set(re.findall(r'"listing\.([a-z_]+)"', source))
    used |= set(re.findall(r'return "([a-z]+_character)"', source))
    used |= set(re.findall(r'"([a-z]+_character)" if', source))
    assert used == set(catalogue("en"))
