"""`fedmarket task` and `fedmarket provider preview`: terms as sentences in every state that a task can be in."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.cells import cell_len

from fedmarket.record.export import STORE, Export, write_export
from fedmarket.store.folder import FolderStore
from tests.agents.story import die_after_round, finish, silent_in_scoring, world
from tests.cli.conftest import Command
from tests.simulation.world import World

Kept = Callable[..., Path]


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """A task of a small world, as far as `play` brings it, exported to a folder."""

    def export(play: Callable[[World], Any] = lambda stage: stage.step("requester"), **fields: Any) -> Path:
        folder = tmp_path / "record"
        stage = world(store=FolderStore(folder / STORE), **fields)
        play(stage)
        record = stage.record()
        record.refresh()
        write_export(folder, Export(31337, record.chain.market, record.chain.sink, tuple(record.fold.events)))
        return folder

    return export


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    "words", [["task", "show", "1"], ["task", "list"], ["provider", "preview", "t.csv", "--task", "1"]]
)
def test_a_folder_without_a_record_is_refused(command: Command, tmp_path: Path, words: list[str]) -> None:
    ended = command(*words, "--record", tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "holds no exported record" in ended.err


def test_a_task_that_there_is_none_of_is_refused(command: Command, kept: Kept) -> None:
    ended = command("task", "show", "7", "--record", kept())
    assert (ended.code, ended.out) == (2, "") and "no task 7" in ended.err


def test_terms_that_the_contract_does_not_hold_are_refused(command: Command, kept: Kept) -> None:
    folder = kept()
    for path in (folder / STORE).rglob("*"):
        if path.is_file():
            path.unlink()
    assert command("task", "show", "1", "--record", folder).code == 4


def test_pay_is_told_with_its_numbers(command: Command, kept: Kept) -> None:
    text = flat(command("task", "show", "1", "--record", kept()).out)
    assert "781 for the effect, 101 for taking part, 70 for fees." in text
    assert "all are paid at a skill of 0.500 or more" in text
    assert "at 0.250, half way up from 0.000, it is 507.6500." in text, "half way between the floor and all"
    assert "At least 234.3 tokens of it (30 %)" in text
    assert "each unit of weight (of 33) gets 1.530303030 tokens, which is 101 / (33 × 2)." in text
    assert "A provider locks 10 tokens" in text


def test_constants_from_the_providers_and_a_small_validation_set_are_told(command: Command, kept: Kept) -> None:
    text = flat(command("task", "show", "1", "--record", kept(bounds=(("-4", "4"),) * 3, rows=60)).out)
    assert "made, before round 1, of what providers say of their columns" in text
    assert "by the means and deviations that the terms state" not in text


def test_windows_are_durations_and_deadlines_dates(command: Command, kept: Kept) -> None:
    text = command("task", "show", "1", "--record", kept()).out
    assert "10 minutes  of each round to send updates in" in text
    assert "30 days     to claim what is owed" in text
    assert "State: open, as of the record's last block, 1970-01-01 00:1" in text
    assert "Providers may join until 1970-01-01 01:1" in text


def test_no_target_open_admission_and_a_number_have_sentences_of_their_own(command: Command, kept: Kept) -> None:
    assert "There is no target: all 781 tokens" in flat(
        command("task", "show", "1", "--record", kept(options={"target": None})).out
    )
    options = {"participation": 0, "floor_bps": 0, "toll_bps": 4000}
    text = flat(command("task", "show", "1", "--record", kept(open_weights=(10, 20, 30), options=options)).out)
    assert "Anybody may join" in text and "above 40 % of the average" in text and "Harm is debited" in text


def without_aggregator(stage: World) -> None:
    stage.dead.add("aggregator")
    finish(stage)


STATES: dict[str, tuple[Callable[[World], Any], str, str]] = {
    "open": (lambda stage: stage.step("requester"), "State: open", "状态：开放"),
    "settled": (finish, "State: settled", "状态：已结算"),
    "paid by rounds": (
        lambda stage: finish(stage, silent_in_scoring("evaluator 0", "evaluator 1")),
        "State: paid by rounds",
        "状态：按轮次付款",
    ),
    "cancelled": (without_aggregator, "State: cancelled", "状态：已取消"),
    "after a standby": (
        lambda stage: finish(stage, die_after_round(1, "aggregator")),
        "2 of up to 2 rounds",
        "完成 2 轮",
    ),
}


@pytest.mark.parametrize(("play", "english", "chinese"), STATES.values(), ids=STATES)
def test_every_state_is_told_in_both_languages_within_80_columns(
    command: Command, kept: Kept, play: Callable[[World], Any], english: str, chinese: str
) -> None:
    folder = kept(play)
    for lang, said in (("en", english), ("zh", chinese)):
        for words in (["show", "1"], ["list"]):
            ended = command("task", *words, "--record", folder, "--lang", lang)
            assert ended.code == 0 and ended.err == ""
            assert max(cell_len(line) for line in ended.out.splitlines()) <= 80
            assert words == ["list"] or said in flat(ended.out)


def test_who_is_owed_what_is_told_once_it_is_settled(command: Command, kept: Kept) -> None:
    folder = kept(finish)
    told = json.loads(command("task", "show", "1", "--record", folder, "--json").out)
    text = command("task", "show", "1", "--record", folder).out
    for account, owed in told["owed"].items():
        row = next(line for line in text.splitlines() if line.startswith(account) and line.endswith("yes"))
        assert f"{owed // 10**18}." in row
    assert told["paid"].keys() >= told["owed"].keys()
    assert told["terms"]["schema"] == "fedmarket/terms/1"


def test_the_list_as_json_names_state_and_escrow(command: Command, kept: Kept) -> None:
    (told,) = json.loads(command("task", "list", "--record", kept(), "--json").out)
    assert (told["task"], told["status"], told["rounds"]) == (1, "OPEN", 0)
    assert told["escrow"] == 952 * 10**18


@pytest.fixture
def clinic(tmp_path: Path) -> Path:
    random = np.random.default_rng(1)
    rows = [",".join(f"{v:.3f}" for v in random.normal(size=3)) + f",{n % 2}" for n in range(40)]
    path = tmp_path / "clinic.csv"
    path.write_text("a,b,c,target\n" + "\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_preview_fits_80_columns_and_cuts_no_account(command: Command, kept: Kept, clinic: Path, lang: str) -> None:
    ended = command("provider", "preview", clinic, "--task", "1", "--record", kept(), "--lang", lang)
    assert ended.code == 0 and ended.err == ""
    assert max(cell_len(line) for line in ended.out.splitlines()) <= 80
    assert "…" not in ended.out


def test_a_preview_says_what_is_lost_at_most_and_that_no_noise_is_added(
    command: Command, kept: Kept, clinic: Path
) -> None:
    text = flat(command("provider", "preview", clinic, "--task", "1", "--record", kept()).out)
    assert "clinic.csv was read and trained on once, on this machine: 40 rows. Nothing was sent" in text
    assert "Privacy budget (epsilon): none: no noise is added." in text
    assert "You may lose at most your bond of 10 tokens" in text
    assert "You may earn at most 811.6060 tokens: all 781 for the effect" in text
    for tensor in ("bias 2 int32 8", "weight 3 × 2 int32 24"):
        assert tensor in text


def test_a_preview_as_json_lists_every_blob_and_call(command: Command, kept: Kept, clinic: Path) -> None:
    told = json.loads(command("provider", "preview", clinic, "--task", "1", "--record", kept(), "--json").out)
    assert [call["verb"] for call in told["on_chain"]][:2] == ["join", "announce"]
    assert [line["what"] for line in told["in_store"]] == ["update", "update", "ask"]
    assert {reader["role"] for reader in told["in_store"][0]["readers"]} == {"aggregator", "provider"}
    assert (told["epsilon"], told["made_up_account"]) == (None, True)


def test_a_preview_says_how_often_each_row_is_drawn(command: Command, kept: Kept, clinic: Path) -> None:
    told = json.loads(command("provider", "preview", clinic, "--task", "1", "--record", kept(), "--json").out)
    draws = told["steps"] * told["batch"]
    assert told["each_row_drawn"] == [draws // 40, -(-draws // 40)]
    text = flat(command("provider", "preview", clinic, "--task", "1", "--record", kept()).out)
    assert f"every one of your 40 rows is drawn {draws // 40} times" in text and draws % 40 == 0
    assert "Careful" not in text


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_preview_of_three_rows_is_refused(command: Command, kept: Kept, tmp_path: Path, lang: str) -> None:
    (tmp_path / "t.csv").write_text("a,b,c,target\n1,2,3,0\n3,4,5,1\n5,6,7,1\n")
    ended = command("provider", "preview", tmp_path / "t.csv", "--task", "1", "--record", kept(), "--lang", lang)
    assert (ended.code, ended.out) == (2, "") and "3 " in ended.err and "16" in ended.err


def test_a_file_that_does_not_fit_the_terms_is_refused(command: Command, kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b,target\n1,2,0\n3,4,1\n")
    ended = command("provider", "preview", tmp_path / "t.csv", "--task", "1", "--record", kept())
    assert (ended.code, ended.out) == (2, "") and "missing: c" in ended.err


@pytest.mark.parametrize("group", ["task", "provider"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_group_without_a_command_shows_its_help(command: Command, group: str, lang: str) -> None:
    ended = command(group, "--lang", lang)
    assert ended.code == 0 and ended.err == ""
    assert f"fedmarket {group} " in ended.out
    assert max(cell_len(line) for line in ended.out.splitlines()) <= 80
