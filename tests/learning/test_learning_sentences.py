import re
from importlib.resources import files
from json import loads
from pathlib import Path
from string import Formatter

import pytest

import fedmarket.embedded
import fedmarket.learning
from fedmarket.domain.errors import LANGUAGES

AREAS = ("update", "data", "recipe", "strategy", "columns", "quality")


def catalogue(lang: str, area: str) -> dict[str, str]:
    source = files("fedmarket.domain").joinpath("messages", lang, f"{area}.json")
    found: dict[str, str] = loads(source.read_text(encoding="utf-8"))
    return found


def parameters(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_say_the_same_refusals_with_the_same_parameters(area: str) -> None:
    english, chinese = (catalogue(lang, area) for lang in LANGUAGES)
    assert list(english) == list(chinese) == sorted(english)
    assert all(parameters(english[name]) == parameters(chinese[name]) for name in english)


@pytest.mark.parametrize("area", AREAS)
def test_every_refusal_in_the_code_has_a_sentence_and_every_sentence_a_refusal(area: str) -> None:
    folders = [Path(next(iter(package.__path__))) for package in (fedmarket.learning, fedmarket.embedded)]
    source = "".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.glob("*.py"))
    used = set(re.findall(rf'"{area}\.([a-z_]+)"', source))
    if area == "update":
        names = ("chain", "contract", "task", "round", "attempt", "terms", "base", "provider", "constants")
        used |= {f"wrong_{name}" for name in names}
    if area == "data":
        used |= set(re.findall(r'"(missing_value|not_finite|unknown_value)"', source))
    if area == "columns":
        used |= {f"left_out_{reason}" for reason in re.findall(r'_left_out\("([a-z_]+)"', source)}
    if area == "quality":
        used = set(re.findall(r'_remark\("([a-z0-9_]+)"', source))
        used |= {name for name in catalogue("en", area) if f'"{name}"' in source}
    assert used == set(catalogue("en", area))
