"""Every reason for which the contract or its reference refuses has a sentence, in English and in Chinese."""

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from fedmarket.domain import reference

ROOT = Path(__file__).parents[2]
PYTHON = re.compile(r'(?:require|refuse)\((?:[^"]|"(?!\w+"\)))*?"(\w+)"\)')
VYPER = re.compile(r'(?:assert\b[^#]*?,\s*|raise\s+)"(\w+)"', re.DOTALL)


def sentences(lang: str, area: str) -> dict[str, str]:
    source = files("fedmarket.domain").joinpath("messages", lang, f"{area}.json")
    read: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    return read


def reasons_in_python() -> set[str]:
    folder = Path(reference.__file__).parent
    return {reason for file in folder.glob("*.py") for reason in PYTHON.findall(file.read_text())}


def reasons_in_vyper() -> set[str]:
    return {reason for file in (ROOT / "contracts").rglob("TaskMarket*.vy") for reason in _reasons(file)}


def _reasons(file: Path) -> set[str]:
    return set(VYPER.findall(file.read_text()))


def test_the_greps_find_reasons_at_all() -> None:
    assert {"unknown_task", "not_a_seat", "wrong_round", "nothing_owed"} <= reasons_in_python()
    assert len(reasons_in_python()) >= 70


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_reason_of_the_reference_has_a_sentence(lang: str) -> None:
    assert reasons_in_python() - sentences(lang, "contract").keys() == set()
