"""Every reason for which the contract, its reference or this package refuses has a sentence in both languages."""

import ast
import json
import re
import string
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from fedmarket import chain
from fedmarket.domain import reference
from fedmarket.domain.errors import LANGUAGES

CONTRACTS = Path(__file__).parents[2] / "contracts"
REFUSING = {"require", "refuse"}
RAISED = {"ChainError", "ChainRefusal", "ChainUsageError", "RefusedError", "SendRefused", "TokenError", "UsageError"}


def sentences(lang: str, area: str) -> dict[str, str]:
    source = files("fedmarket.domain").joinpath("messages", lang, f"{area}.json")
    read: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    return read


def calls(folder: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a package's files, with the called name."""
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield node.func.id, node


def reasons_in_python() -> set[str]:
    found = (node.args[-1] for name, node in calls(Path(reference.__file__).parent) if name in REFUSING)
    return {str(node.value) for node in found if isinstance(node, ast.Constant)}


def reasons_in_vyper() -> set[str]:
    """Every constant whose bytes are one lower-case word, and every string literal that is one."""
    sources = [re.sub(r'""".*?"""', "", file.read_text(), flags=re.DOTALL) for file in CONTRACTS.glob("*.vy")]
    literals = {text for source in sources for text in re.findall(r'(?<!x)"([a-z][a-z0-9_]*)"', source)}
    words = {text for source in sources for text in re.findall(r"constant\(bytes32\) = 0x([0-9a-f]{64})", source)}
    return literals | {bytes.fromhex(word).rstrip(b"\0").decode() for word in words if word.endswith("00")}


def errors_of_this_package(area: str) -> set[str]:
    found = (node.args[0] for name, node in calls(Path(chain.__file__).parent) if name in RAISED)
    ids = {str(node.value) for node in found if isinstance(node, ast.Constant)}
    return {error_id.removeprefix(f"{area}.") for error_id in ids if error_id.startswith(f"{area}.")}


def blanks(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_hold_reasons_to_look_for() -> None:
    assert {"unknown_task", "not_a_seat", "wrong_round", "nothing_owed"} <= reasons_in_python() & reasons_in_vyper()
    assert len(reasons_in_python()) >= 70


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_has_a_sentence_and_every_sentence_a_reason(lang: str) -> None:
    assert sentences(lang, "contract").keys() ^ (reasons_in_python() | reasons_in_vyper()) == set()


@pytest.mark.parametrize("area", ["chain", "node"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_error_of_this_package_has_a_sentence_and_the_other_way_round(lang: str, area: str) -> None:
    of_a_node = {"node_error"} if area == "chain" else set()
    assert sentences(lang, area).keys() ^ (errors_of_this_package(area) | of_a_node) == set()


def test_a_reason_fits_the_wire_and_is_an_identifier() -> None:
    for reason in reasons_in_python() | reasons_in_vyper():
        assert len(reason.encode()) <= 32 and reason.isidentifier()


@pytest.mark.parametrize("area", ["chain", "contract", "deployment", "node"])
def test_both_languages_fill_in_the_same_facts(area: str) -> None:
    english, chinese = (sentences(lang, area) for lang in LANGUAGES)
    assert {key: blanks(text) for key, text in english.items()} == {key: blanks(text) for key, text in chinese.items()}


def test_the_contracts_sentences_need_no_facts() -> None:
    assert all(not blanks(text) for text in sentences("en", "contract").values())
