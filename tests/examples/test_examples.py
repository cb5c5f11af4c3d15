"""The examples run as they stand, and what they print bears out what they say."""

import re
import runpy
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
LINE = re.compile(r"^ *(.+): (\d+) (?:digits|loans), (-?\d\.\d{3}) ± (\d\.\d{3}), ([\d.]+) tokens$", re.M)


def printed(name: str, capsys: pytest.CaptureFixture[str]) -> str:
    runpy.run_path(str(EXAMPLES / name), run_name="__main__")
    return capsys.readouterr().out


def test_every_example_is_run_here() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    for path in EXAMPLES.glob("*.py"):
        assert f'printed("{path.name}"' in here, path.name


def test_digits_are_read_by_either_recipe_and_every_school_is_paid(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed("digits.py", capsys)
    read = [float(share) for share in re.findall(r"([\d.]+)% of 300 digits", text)]
    assert len(read) == 2 and min(read) > 93
    skills = re.findall(r"^(.+): skill by round(.+)$", text, re.M)
    assert [name for name, _ in skills] == ["softmax", "mlp:32"]
    for _, rounds in skills:
        first, *_, last = map(float, rounds.split())
        assert last > first + 0.2
    schools = LINE.findall(text)
    assert len(schools) == 12
    assert all(float(share) > 2 * float(error) and float(tokens) > 50 for _, _, share, error, tokens in schools)


def test_lenders_are_paid_for_their_loans_and_shuffled_answers_hardly(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed("credit.py", capsys)
    skills = [float(skill) for skill in re.findall(r"skill (-?[\d.]+) ±", text)]
    assert len(skills) == 8 and max(skills) > 0.2
    lenders = {name: (int(loans), float(share), float(tokens)) for name, loans, share, _, tokens in LINE.findall(text)}
    assert sum(loans for loans, _, _ in lenders.values()) == 750
    shuffled = lenders.pop("furniture stores")
    assert len(lenders) == 3
    for _, share, tokens in lenders.values():
        assert share > shuffled[1] and tokens > 2 * shuffled[2]
