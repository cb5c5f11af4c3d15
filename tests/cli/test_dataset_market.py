"""Datasets on a node: deployed, published, found, shown, revised and retired by the commands; and each refusal."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from fedmarket.chain.anvil_node import LocalNode
from fedmarket.chain.deployment import read_deployment
from fedmarket.chain.tester import FAUCET
from fedmarket.cli.keyfile import write_key_file
from fedmarket.cli.programs import PROGRAMS
from fedmarket.domain.accounts import address_of
from tests.chain.anvil_node import needs_anvil
from tests.chain.local_nodes import local_node
from tests.cli.conftest import Command

pytestmark = needs_anvil
OTHER = b"\x07" * 32
CANARY = "Canary"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNode]:
    with local_node(tmp_path_factory.mktemp("chain")) as node:
        node.fund(address_of(FAUCET))
        node.fund(address_of(OTHER))
        yield node


@pytest.fixture
def run(command: Command, tmp_path: Path, node: LocalNode) -> Command:
    """The real programs on the node, in a folder with two accounts' keys, a table and its owner's words."""
    write_key_file(tmp_path / "owner.key", FAUCET)
    write_key_file(tmp_path / "other.key", OTHER)
    rows = (f"{n % 7}.25,{n * n % 11},{CANARY} {n},{'yes' if n % 2 else 'no'}" for n in range(80))
    (tmp_path / "t.csv").write_text("size,grade,comment,outcome\n" + "\n".join(rows) + "\n")
    (tmp_path / "about.toml").write_text(command("dataset", "draft").out)

    def ran(*words: object, **environ: str) -> object:
        ended = command(
            *words, programs=PROGRAMS, FEDMARKET_RPC_URL=node.url, FEDMARKET_HOME=str(tmp_path / "home"), **environ
        )
        assert CANARY not in ended.out + ended.err
        return ended

    assert ran("deploy", "--account", "owner.key").code == 0  # type: ignore[attr-defined]
    token = read_deployment(tmp_path / "deployments" / "31337.json").token
    deployed = ran("dataset", "deploy", "--token", token, "--account", "owner.key")
    assert deployed.code == 0, deployed.err  # type: ignore[attr-defined]
    return ran  # type: ignore[return-value]


PUBLISH = ("dataset", "publish", "t.csv", "--target", "outcome", "--about", "about.toml", "--store", "s")


def test_a_dataset_goes_from_a_file_to_a_card_and_out_again(run: Command, tmp_path: Path) -> None:
    ended = run(*PUBLISH, "--account", "owner.key")
    assert ended.code == 0, ended.err
    assert "version 1 of dataset 1 in the catalogue" in ended.out

    (found,) = json.loads(run("dataset", "search", "biopsies", "--store", "s", "--json").out)
    assert (found["dataset"], found["version"], found["owner"]) == (1, 1, address_of(FAUCET))
    assert found["listing"]["uses"][0]["price"] == str(120 * 10**18)

    about = tmp_path / "about.toml"
    about.write_text(about.read_text().replace('price = "120"', 'price = "99.5"'))
    ended = run(*PUBLISH, "--account", "owner.key", "--revise", "1")
    assert ended.code == 0 and "version 2 of dataset 1" in ended.out
    for lang in ("en", "zh"):
        card = run("dataset", "show", "1", "--store", "s", "--lang", lang)
        assert card.code == 0 and "99.5" in card.out and "120" not in card.out
        assert max(cell_len(line) for line in card.out.splitlines()) <= 80
        cards = run("dataset", "search", "--store", "s", "--use", "train", "--price", "99.5", "--lang", lang)
        assert cards.code == 0 and "569" not in cards.out and "99.5" in cards.out
        assert max(cell_len(line) for line in cards.out.splitlines()) <= 80
    assert "No dataset matches" in run("dataset", "search", "--store", "s", "--use", "train", "--price", "99").out

    assert run("dataset", "retire", "1", "--account", "owner.key").code == 0
    assert "No dataset matches" in run("dataset", "search", "--store", "s").out
    assert "retired" in run("dataset", "show", "1", "--store", "s").out
    ended = run("dataset", "retire", "1", "--account", "owner.key")
    assert ended.code == 3 and "retired for good" in ended.err


def test_the_same_data_are_not_offered_twice_by_one_owner(run: Command, tmp_path: Path) -> None:
    assert run(*PUBLISH, "--account", "owner.key").code == 0
    about = tmp_path / "about.toml"
    about.write_text(about.read_text().replace("one clinic", "two clinics"))
    ended = run(*PUBLISH, "--account", "owner.key")
    assert ended.code == 2 and "already, as dataset 1" in ended.err
    assert run(*PUBLISH, "--account", "other.key").code == 0, "another owner's copy is another dataset"


def test_nobody_changes_anothers_dataset(run: Command, tmp_path: Path) -> None:
    assert run(*PUBLISH, "--account", "owner.key").code == 0
    for words in (("dataset", "retire", "1"), (*PUBLISH, "--revise", "1")):
        ended = run(*words, "--account", "other.key")
        assert ended.code == 3 and "Only the account that published" in ended.err
    ended = run(*PUBLISH, "--account", "owner.key", "--revise", "7")
    assert ended.code == 2 and "no dataset 7" in ended.err


def test_a_listing_that_was_changed_in_the_store_is_not_shown(run: Command, tmp_path: Path) -> None:
    assert run(*PUBLISH, "--account", "owner.key").code == 0
    for path in (tmp_path / "s").rglob("*"):
        if path.is_file():
            path.chmod(0o644)
            path.write_bytes(path.read_bytes().replace(b"one clinic", b"two clinic"))
    ended = run("dataset", "show", "1", "--store", "s")
    assert ended.code == 4 and ended.out == ""
    assert "cannot be read or do not say what the chain says: 1" in run("dataset", "search", "--store", "s").out


def test_what_is_missing_is_named(run: Command, tmp_path: Path) -> None:
    ended = run("dataset", "search", "--store", "nowhere")
    assert ended.code == 2 and "no folder nowhere" in ended.err
    (tmp_path / "s").mkdir()
    ended = run("dataset", "show", "3", "--store", "s")
    assert ended.code == 2 and "no dataset 3" in ended.err
    ended = run("dataset", "search", "--store", "s", "--catalogue", "none.json")
    assert ended.code == 2 and "none.json" in ended.err
    ended = run("dataset", "search", "--store", "s", "--use", "rent")
    assert ended.code == 2 and "train, appraise, copy" in ended.err
    ended = run("dataset", "search", "--store", "s", "--price", "cheap")
    assert ended.code == 2 and "'cheap'" in ended.err
    token = read_deployment(tmp_path / "deployments" / "31337.json").token
    ended = run("dataset", "deploy", "--token", token, "--account", "owner.key")
    assert ended.code == 2 and "names a catalogue already" in ended.err
    ended = run(*PUBLISH)
    assert ended.code == 2 and "account" in ended.err
