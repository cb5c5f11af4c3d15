"""Documents are tested like code: their Python and their commands run, and what they show is what comes."""

import doctest
import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from docs.generators import PAGES
from docs.generators.refusals import AREAS

from fedmarket.chain.abi import artifact
from fedmarket.domain.catalogue import CATALOGUE_EVENTS
from fedmarket.domain.errors import LANGUAGES
from fedmarket.domain.events import EVENTS
from fedmarket.domain.lifecycle import VERBS
from tests.docs.examples import ROOT, alike, blocks, first_difference
from tests.e2e.program import fedmarket

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)(?:#[^)]*)?\)")
ANCHOR = re.compile(r"\]\(((?!https?:|mailto:)[^)#]*\.md|)#([^)]+)\)")
RUN = {"python", "console"}
MESSAGES = ROOT / "src" / "fedmarket" / "domain" / "messages"
SHOWN = {"sh", "text", "json", "toml"}


def anchors(page: Path) -> set[str]:
    """The places in a page that a link can name: its headings, as GitHub spells them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def with_blocks(language: str) -> list[Path]:
    return [document for document in DOCUMENTS if any(block.language == language for block in blocks(document))]


def test_every_fence_is_of_a_kind_that_is_run_or_only_shown() -> None:
    for document in DOCUMENTS:
        for block in blocks(document):
            assert block.language in RUN | SHOWN, f"{document.name}:{block.line}: {block.language}"


@pytest.mark.parametrize("document", with_blocks("python"), ids=lambda path: path.name)
def test_the_python_of_a_document_runs_and_prints_what_it_shows(document: Path) -> None:
    session = "\n".join(block.text for block in blocks(document) if block.language == "python")
    example = doctest.DocTestParser().get_doctest(session, {}, document.name, str(document), 0)
    assert len(example.examples) >= 8
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.REPORT_NDIFF)
    runner.run(example)
    assert runner.failures == 0


@pytest.mark.parametrize("document", with_blocks("console"), ids=lambda path: path.name)
def test_the_commands_of_a_document_print_what_it_shows(document: Path, tmp_path: Path) -> None:
    """One after another in one folder, as a reader types them; the demo of a README keeps its record for the rest."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    language = "zh" if document.name.endswith("zh-CN.md") else "en"
    for block in blocks(document):
        if block.language == "console":
            words = shlex.split(block.command)
            if words == ["make", "demo"]:
                words = ["fedmarket", "demo", "--out", "record"]
            assert words[0] == "fedmarket", f"{document.name}:{block.line} shows what no test runs: {block.command}"
            if "record" in words and "--out" not in words and not (tmp_path / "record").exists():
                assert fedmarket("demo", "--out", "record", folder=tmp_path).code == 0
            ran = fedmarket(*words[1:], folder=tmp_path, language=language)
            difference = first_difference(block.shown, ran.out.splitlines())
            assert difference is None, f"{document.name}:{block.line}\n{difference}\n{ran.err}"


def test_make_demo_runs_the_demo() -> None:
    done = subprocess.run(["make", "-n", "demo"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "fedmarket demo" in done.stdout


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_within_the_repository_lead_somewhere(document: Path) -> None:
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), f"{document.name} links to {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_into_a_page_lead_to_a_heading(document: Path) -> None:
    for target, place in ANCHOR.findall(document.read_text(encoding="utf-8")):
        page = (document.parent / target) if target else document
        assert place in anchors(page), f"{document.name} links to {target}#{place}"


def test_the_architecture_names_only_files_that_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for name in re.findall(
        r"`((?:domain|learning|valuation|chain|store|record|agents|audit|embedded|cli)/[\w/.]+)`", text
    ):
        assert (ROOT / "src" / "fedmarket" / name).exists(), name


def test_every_sentence_exists_in_every_language_with_the_same_parameters() -> None:
    folder = ROOT / "src" / "fedmarket" / "domain" / "messages"
    for source in sorted((folder / "en").glob("*.json")):
        english = json.loads(source.read_text(encoding="utf-8"))
        for lang in LANGUAGES:
            other = json.loads((folder / lang / source.name).read_text(encoding="utf-8"))
            assert other.keys() == english.keys(), f"{lang}/{source.name}"
            for name, text in english.items():
                assert set(re.findall(r"{(\w+)", text)) == set(re.findall(r"{(\w+)", other[name])), f"{lang}: {name}"


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_says_what_its_source_says(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES[name](), f"docs/{name} is stale: make docs"


def test_every_verb_and_event_and_reason_is_documented() -> None:
    page = PAGES["reference/contract.md"]()
    shown = (*artifact("TaskMarket").functions, *artifact("DataCatalog").functions)
    for name in (*VERBS, *EVENTS, *CATALOGUE_EVENTS, *shown):
        assert f"`{name}(" in page, name
    for reason in json.loads((MESSAGES / "en" / "contract.json").read_text(encoding="utf-8")):
        assert f"| `{reason}` |" in page, reason


def test_every_catalogue_of_refusals_is_documented() -> None:
    told = {"columns", "dataset", "quality", "preview", "task", "try", "statement_page", "tampered"}
    spoken = told | {"audit", "cli", "contract", "demo", "figure", "sale", "system", "warning", "why"}
    assert {path.stem for path in (MESSAGES / "en").glob("*.json")} - spoken == AREAS.keys()


def test_the_picture_of_the_readme_is_that_of_the_demo(tmp_path: Path) -> None:
    assert fedmarket("demo", "--out", "record", folder=tmp_path).code == 0
    drawn = (tmp_path / "record" / "figure.svg").read_text(encoding="utf-8").splitlines()
    shown = (ROOT / "docs" / "figures" / "demo.svg").read_text(encoding="utf-8").splitlines()
    assert len(drawn) == len(shown)
    assert all(alike(left, right) for left, right in zip(shown, drawn, strict=True)), "make docs"
