"""`fedmarket dataset show --record`: what a dataset did in tasks, on its card and as JSON."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from fedmarket.agents.actor import Actor, Agent
from fedmarket.agents.provider import ProviderAgent, trainer_on
from fedmarket.domain.canonical import id_hash
from fedmarket.domain.listing_document import write_listing
from fedmarket.record.datasets import SLOT
from fedmarket.record.export import STORE, Export, write_export
from fedmarket.store.folder import FolderStore
from tests.agents.story import finish, world
from tests.cli.conftest import Command
from tests.domain.listings import listing


@pytest.fixture
def blob(tmp_path: Path) -> str:
    """A settled task in `record`, which provider 0 joined with the listing that is in the store `s`."""
    stage = world(store=FolderStore(tmp_path / "record" / STORE))
    offered = replace(listing(), owner=stage.account("provider 0"))
    blob = FolderStore(tmp_path / "s").put_entry(SLOT, write_listing(offered))

    def agent(actor: Actor) -> Agent:
        table = stage.tables[0]
        return ProviderAgent(actor, 1, trainer_on(table, stage.schema), listing=id_hash(blob), table=table)

    stage.cast = {"provider 0": agent}
    record = finish(stage).record
    export = Export(31337, record.chain.market, record.chain.sink, tuple(record.fold.events))
    write_export(tmp_path / "record", export)
    return blob


def test_the_card_says_what_it_was_paid_and_what_it_contributed(command: Command, blob: str) -> None:
    for lang, words in (("en", "Tasks it was paid for: 1"), ("zh", "获付任务数：1")):
        ended = command("dataset", "show", blob, "--store", "s", "--record", "record", "--lang", lang)
        assert ended.code == 0, ended.err
        assert words in ended.out and "0 / 2" in ended.out
        assert max(cell_len(line) for line in ended.out.splitlines()) <= 80
    told = json.loads(command("dataset", "show", blob, "--store", "s", "--record", "record", "--json").out)
    (task,) = told["track"]["tasks"]
    assert task["status"] == "SETTLED" and int(task["owed"]) > 0 and task["against_equal"] > 0
    assert (told["track"]["rounds_missed"], told["track"]["rounds"]) == (0, 2)


def test_datasets_are_found_by_what_they_were_paid_for(command: Command, blob: str) -> None:
    words = ("dataset", "search", "--store", "s", "--paid", "1")
    assert json.loads(command(*words, "--json").out) == []
    (found,) = json.loads(command(*words, "--record", "record", "--json").out)
    assert found["blob"] == blob


def test_without_a_record_the_card_says_so(command: Command, blob: str) -> None:
    assert "Name a market's record with --record" in command("dataset", "show", blob, "--store", "s").out
