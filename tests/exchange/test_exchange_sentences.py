"""Every refusal of the exchange's files has a sentence in both languages, and the other way round."""

import ast
import json
from importlib.resources import files
from pathlib import Path

import pytest

from fedmarket import agents, exchange
from fedmarket.domain.errors import LANGUAGES

FOLDERS = [Path(next(iter(package.__path__))) for package in (exchange, agents)]


def raised() -> set[str]:
    texts = [
        node.value
        for folder in FOLDERS
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return {text.removeprefix("exchange.") for text in texts if text.startswith("exchange.")}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_refusal_has_a_sentence_and_every_sentence_a_refusal(lang: str) -> None:
    source = files("fedmarket.domain").joinpath("messages", lang, "exchange.json")
    assert json.loads(source.read_text(encoding="utf-8")).keys() == raised()
