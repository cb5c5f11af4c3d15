"""`fedmarket dataset draft` and `publish`: from a draft to a listing in a store, with no row in anything printed."""

import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from fedmarket.domain.canonical import sha256_id
from fedmarket.domain.listing_document import read_listing
from fedmarket.store.folder import FolderStore
from tests.cli.conftest import Command

CANARY = "Canary"


@pytest.fixture
def owner(tmp_path: Path) -> Path:
    path = tmp_path / "owner.key"
    path.write_text("11" * 32 + "\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "patients.csv"
    rows = (f"{n % 7}.25,{n * n % 11},{CANARY} {n},{'yes' if n % 2 else 'no'}" for n in range(80))
    path.write_text("size,grade,comment,outcome\n" + "\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_draft_can_be_published_as_it_is(
    command: Command, tmp_path: Path, table: Path, owner: Path, lang: str
) -> None:
    draft = command("dataset", "draft", "--lang", lang)
    assert (draft.code, draft.err) == (0, "")
    about, store = tmp_path / "about.toml", tmp_path / "store"
    about.write_text(draft.out, encoding="utf-8")
    words = ("dataset", "publish", table, "--target", "outcome", "--about", about, "--account", owner)
    ended = command(*words, "--store", store, "--lang", lang)
    assert (ended.code, ended.err) == (0, "")
    shown = command(*words, "--store", store, "--json").out.rstrip("\n").encode()
    kept = FolderStore(store).get(sha256_id(shown))
    assert read_listing(kept).language == lang
    assert json.loads(kept)["listing"]["table"]["rows"] == 80
    assert sha256_id(kept) in ended.out.replace("\n", "")
    for said in (ended.out, ended.err, kept.decode()):
        assert CANARY not in said


def test_a_table_with_a_fault_is_not_published_and_nothing_is_kept(
    command: Command, tmp_path: Path, table: Path, owner: Path
) -> None:
    about, store = tmp_path / "about.toml", tmp_path / "store"
    about.write_text(command("dataset", "draft").out)
    words = ("dataset", "publish", table, "--target", "result", "--about", about, "--account", owner)
    for lang, said in (("en", "The table cannot be offered"), ("zh", "该表无法按现状挂牌。首个缺陷：没有要预测的列")):
        ended = command(*words, "--store", store, "--lang", lang)
        assert (ended.code, ended.out) == (2, "") and said in ended.err
    assert not store.exists()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["draft", "publish"])
def test_help_fits_80_columns(command: Command, lang: str, name: str) -> None:
    ended = command("dataset", name, "--help", "--lang", lang)
    lines = ended.out.partition("Examples:")[0].partition("示例")[0].splitlines()
    assert ended.code == 0 and max(map(cell_len, lines)) <= 80
