"""The command line's sentences: both languages, the same parameters, none unused."""

import re
from pathlib import Path
from string import Formatter

import pytest

import fedmarket.audit
import fedmarket.chain
import fedmarket.cli
import fedmarket.embedded
import fedmarket.record
from fedmarket.domain.errors import _catalogue

AREAS = (
    *("cli", "keyfile", "why", "figure", "demo", "profile", "try", "task", "preview", "sale"),
    *("statement", "statement_page", "tamper", "tampered", "opened", "dataset"),
)
BUILT = re.compile(
    r"reason_|unit_|check_|stage_|place_|opt_|help_|site_|role_|examples_|arg_|usage_|hidden_|opened_|without_"
    r"|deed_|(task|provider|chain|account|profile|dataset)_help|kind_|join_|window_|until_|status_|recipe_|list_"
    r"|days?$|hours?$|minutes?$|seconds?$"
    r"|[a-z]+_title$|(billing|class|delivery|personal|predicts|row|state|use)_"
)
"""Names put together from parts, such as reason_<the gate's reason>."""


def parameters(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def sources() -> str:
    packages = (fedmarket.audit, fedmarket.chain, fedmarket.cli, fedmarket.embedded, fedmarket.record)
    folders = [Path(next(iter(package.__path__))) for package in packages]
    return "".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.glob("*.py"))


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_have_the_same_sentences_with_the_same_parameters(area: str) -> None:
    english, chinese = _catalogue("en", area), _catalogue("zh", area)
    assert english.keys() == chinese.keys()
    for name, template in english.items():
        assert parameters(template) == parameters(chinese[name]), name


@pytest.mark.parametrize("area", AREAS)
def test_no_sentence_is_unused(area: str) -> None:
    written = sources()
    unused = [
        name
        for name in _catalogue("en", area)
        if not BUILT.match(name) and f'"{name}"' not in written and f"{area}.{name}" not in written
    ]
    assert unused == []


def test_examples_name_only_options_that_exist() -> None:
    written = sources()
    for name, text in _catalogue("en", "cli").items():
        if name.startswith("examples_"):
            for flag in re.findall(r"--([a-z-]+)", text):
                assert f'"--{flag}"' in written or f"{flag.replace('-', '_')}: " in written
