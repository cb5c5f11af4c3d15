"""What a reader is led through exists in English and in Chinese, and says the same in both."""

import json
import re
from pathlib import Path

import pytest

from tests.docs.examples import ROOT, blocks
from tests.docs.test_documents import LINK, MESSAGES

DOCS = ROOT / "docs"
CHINESE = ".zh-CN.md"
FOLDERS = (DOCS / "concepts", DOCS / "guides")
READ = sorted({ROOT / "README.md", DOCS / "tutorial.md", *(path for each in FOLDERS for path in each.glob("*.md"))})
ENGLISH = [path for path in READ if not path.name.endswith(CHINESE)]
TRANSLATED = sorted(path for path in (*ROOT.glob("*.md"), *DOCS.rglob("*.md")) if path.name.endswith(CHINESE))
GLOSSARY = DOCS / "glossary.md"
TOP = 10


def in_chinese(page: Path) -> Path:
    return page.with_name(page.stem + CHINESE)


def in_english(page: Path) -> Path:
    return page.with_name(page.name.removesuffix(CHINESE) + ".md")


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> list[str]:
    """The lines of a page outside its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text(page), flags=re.M | re.S).splitlines()


def linked(lines: list[str]) -> set[str]:
    return set(LINK.findall("\n".join(lines)))


def shape(page: Path) -> tuple[list[str], int, int]:
    """Levels of headings in their order, the number of table rows and that of list items."""
    lines = prose(page)
    levels = [line.split()[0] for line in lines if line.startswith("#")]
    return levels, sum(line.startswith("|") for line in lines), sum(line.startswith("- ") for line in lines)


def terms() -> list[list[str]]:
    rows = [line.strip("|").split("|") for line in text(GLOSSARY).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows if row[0].strip() != "English"]


def said(lang: str, pages: list[Path]) -> str:
    """All that a reader of `pages` and of the program's messages meets."""
    catalogues = [json.loads(text(path)) for path in sorted((MESSAGES / lang).glob("*.json"))]
    sentences = [sentence for catalogue in catalogues for sentence in catalogue.values()]
    return "\n".join([*map(text, pages), *sentences])


def test_there_are_concepts_and_guides_to_read() -> None:
    assert {path.parent for path in ENGLISH} == {ROOT, DOCS, *FOLDERS}


@pytest.mark.parametrize("page", ENGLISH, ids=lambda path: path.name)
def test_a_page_exists_in_both_languages_and_each_leads_to_the_other(page: Path) -> None:
    other = in_chinese(page)
    assert other.exists(), f"{page.name} has no Chinese version"
    assert other.name in linked(text(page).splitlines()[:TOP])
    assert page.name in linked(text(other).splitlines()[:TOP])


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda path: path.name)
def test_a_chinese_page_is_the_version_of_an_english_one(page: Path) -> None:
    assert in_english(page).exists()


@pytest.mark.parametrize("page", ENGLISH, ids=lambda path: path.name)
def test_both_languages_have_the_same_headings_tables_and_lists(page: Path) -> None:
    assert shape(page) == shape(in_chinese(page))


@pytest.mark.parametrize("page", ENGLISH, ids=lambda path: path.name)
def test_both_languages_show_the_same_python(page: Path) -> None:
    shown = [[block.text for block in blocks(each) if block.language == "python"] for each in (page, in_chinese(page))]
    assert shown[0] == shown[1]


@pytest.mark.parametrize("page", TRANSLATED, ids=lambda path: path.name)
def test_a_chinese_page_leads_to_chinese_pages_where_there_are_any(page: Path) -> None:
    for target in linked(prose(page)) - {in_english(page).name}:
        if target.endswith(".md") and not target.endswith(CHINESE):
            assert not in_chinese(page.parent / target).exists(), f"{page.name} leads to {target}"


def test_every_term_of_the_glossary_is_told_once_and_in_both_languages() -> None:
    rows = terms()
    assert all(len(row) == 4 and all(row) for row in rows), [row for row in rows if len(row) != 4 or not all(row)]
    for column in (0, 1):
        words = [row[column] for row in rows]
        assert sorted(set(words)) == sorted(words)


def test_the_glossarys_words_are_those_that_readers_meet() -> None:
    english, chinese = said("en", ENGLISH).lower(), said("zh", list(map(in_chinese, ENGLISH)))
    for names, words, *_ in terms():
        assert all(re.search(rf"\b{name}", english) for name in names.split(", ")), names
        assert all(word in chinese for word in words.split("、")), words
