"""The committed artifacts are what the sources compile to, and the sources keep the rules that contracts have here."""

import re
from pathlib import Path

import pytest
from contracts.compile import CONTRACTS, NAMES, SIZE_LIMIT, compiled, stale, text_of

from fedmarket.chain.abi import artifact
from fedmarket.domain import reference
from fedmarket.domain.events import EVENTS
from fedmarket.domain.lifecycle import Role, Status
from fedmarket.domain.reference import DISPATCH

SOURCES = {file.name: file.read_text() for file in sorted(CONTRACTS.glob("*.vy"))}
TESTS = Path(__file__).parent
BY_TYPE_ALONE = {"bad_evaluators"}
"""Reasons that the reference gives where the contract's argument types already leave no room."""
BEYOND_THE_REFERENCE = {"payout_failed"}
"""Reasons of tokens that the reference's plain one does not give."""


@pytest.mark.parametrize("name", NAMES)
def test_an_artifact_is_what_the_sources_compile_to(name: str) -> None:
    assert stale(name) is None
    assert compiled(name)["runtime_size"] <= SIZE_LIMIT
    assert compiled(name)["compiler"] == "vyper 0.4.3"


def test_an_artifact_that_is_missing_or_altered_is_found(tmp_path: Path) -> None:
    missing = stale("Token", tmp_path)
    assert missing and missing.startswith("Token: Token.json is not what the sources compile to")
    text = text_of(compiled("Token"))
    (tmp_path / "Token.json").write_text(text)
    assert stale("Token", tmp_path) is None
    (tmp_path / "Token.json").write_text(text.replace("0x", "0x00", 1))
    assert stale("Token", tmp_path) == missing


def reasons() -> dict[str, str]:
    return dict(re.findall(r"^(\w+): constant\(bytes32\) = 0x([0-9a-f]{64})$", SOURCES["refusal.vy"], re.MULTILINE))


def test_a_reason_is_its_own_name_in_lower_case() -> None:
    assert len(reasons()) > 70
    for name, value in reasons().items():
        assert bytes.fromhex(value).rstrip(b"\0").decode() == name.lower()


def test_the_contract_and_the_reference_have_the_same_reasons() -> None:
    python = "".join(file.read_text() for file in Path(reference.__file__).parent.glob("*.py"))
    known = set(re.findall(r'"([a-z][a-z_]+)"\)', python)) - BY_TYPE_ALONE
    assert {name.lower() for name in reasons()} == known | BEYOND_THE_REFERENCE


def test_every_reason_has_a_test_that_expects_it_and_a_place_that_gives_it() -> None:
    tests = "".join(file.read_text() for folder in ("unit", "attacks") for file in (TESTS / folder).glob("test_*.py"))
    given = "".join(source for name, source in SOURCES.items() if name != "refusal.vy")
    assert [name for name in reasons() if f'"{name.lower()}"' not in tests] == []
    assert [name for name in reasons() if f"refusal.{name})" not in given] == []


def test_every_invariant_is_named_in_the_readme_and_in_a_test() -> None:
    named = set(re.findall(r"@custom:invariant-(\w+)", "".join(SOURCES.values())))
    tests = "".join(file.read_text() for file in TESTS.rglob("*.py"))
    assert len(named) == 11 + 8 + 5
    assert [name for name in sorted(named) if name not in tests] == []
    readme = (CONTRACTS / "README.md").read_text()
    assert set(re.findall(r"^- `(\w+)`", readme, re.MULTILINE)) == named


@pytest.mark.parametrize("name", SOURCES)
def test_every_file_keeps_the_rules(name: str) -> None:
    source = SOURCES[name]
    assert source.startswith("#pragma version 0.4.3\n#pragma optimize gas\n#pragma nonreentrancy on\n")
    assert max(map(len, source.splitlines())) <= 120
    assert len(source.splitlines()) <= 400
    assert "raw_call" not in source
    assert "unsafe_" not in source
    bare = [line for line in source.splitlines() if re.search(r"^\s+(assert|raise)\b", line) and '"' not in line]
    assert bare == [] or name == "refusal.vy"


def test_verbs_and_events_are_those_of_the_reference() -> None:
    abi = artifact("TaskMarket")
    assert DISPATCH.keys() <= abi.functions.keys()
    fields = {shape.name: [item["name"] for item in shape.inputs] for shape in abi.logs.values()}
    assert fields == {name: list(shape) for name, shape in EVENTS.items()}


def test_states_and_roles_bear_the_same_numbers() -> None:
    written = dict(re.findall(r"^(\w+): constant\(uint256\) = (\d+)$", SOURCES["lifecycle.vy"], re.MULTILINE))
    for status in list(Status)[1:]:
        assert int(written[status.name]) == status
    for role in list(Role)[1:]:
        assert int(written[role.name]) == role
