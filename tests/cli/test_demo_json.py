"""`fedmarket demo --json`: one object on standard output and nothing else."""

import json
from typing import Any

import pytest

from tests.cli.conftest import Command
from tests.cli.fixtures import (
    AGGREGATOR,
    BLOCKED,
    COMPARISON,
    EVALUATOR,
    FAILED,
    GENERAL,
    MODEL_ID,
    NOISY,
    RIDER,
    TOKEN,
    Played,
    refusal,
)


@pytest.fixture
def told(command: Command) -> Any:
    ended = command("demo", "--json")
    assert ended.code == 0 and ended.err == ""
    return json.loads(ended.out)


def test_a_failed_audit_is_named_and_ends_with_1(command: Command) -> None:
    ended = command("demo", "--json", played=Played(checks=(FAILED, BLOCKED)))
    assert ended.code == 1
    assert json.loads(ended.out)["audit"] == "claims"


def test_a_refused_run_leaves_standard_output_empty(command: Command) -> None:
    ended = command("demo", "--json", played=Played(fault=refusal(4)))
    assert (ended.code, ended.out) == (4, "")


def test_owed_refund_and_fees_add_up_to_the_escrow_in_integers(told: Any) -> None:
    amounts = [*told["owed"].values(), told["refund"], *told["fees"].values()]
    assert all(type(amount) is int for amount in [*amounts, told["escrow"]])
    assert sum(amounts) == told["escrow"] == 1000 * TOKEN
    assert told["owed"][GENERAL] == 174_499_999_999_999_999_999
    assert told["fees"] == {AGGREGATOR: 40 * TOKEN, EVALUATOR: 20 * TOKEN}


def test_it_has_everything_that_is_promised(told: Any) -> None:
    promised = (
        "escrow owed refund fees rounds skill_initial skill_final test contributions free_rider noisy gas audit seconds"
    )
    assert set(promised.split()) <= told.keys()
    assert (told["free_rider"], told["noisy"], told["audit"]) == (RIDER, NOISY, "ok")
    assert told["model_id"] == MODEL_ID
    assert told["gas"] == {"commit_round": [56_201, 56_202], "open_task": [567_000]}


def test_contributions_add_up_to_the_gain_in_skill(told: Any) -> None:
    gain = told["skill_final"] - told["skill_initial"]
    assert sum(told["contributions"].values()) == pytest.approx(gain)
    assert told["contributions"][RIDER] == 0


def test_rounds_are_listed_with_measures_gas_and_refusals(told: Any) -> None:
    assert [line["round"] for line in told["rounds"]] == list(range(1, 13))
    assert told["rounds"][0]["refused"] == [{"provider": RIDER, "reason": "unchanged"}]
    assert told["rounds"][0]["gas"] == 56_201


def test_the_test_set_has_three_measures_of_each_model(told: Any) -> None:
    assert told["test"]["federated"] == {"accuracy": 0.967, "auc": 0.992, "loss": 0.107}
    assert told["test"]["pooled"]["loss"] == 0.144
    assert told["test"]["alone"].keys() == COMPARISON.alone.keys()


def test_the_language_changes_no_byte_of_it_but_paths(command: Command, told: Any) -> None:
    chinese = json.loads(command("demo", "--json", "--lang", "zh").out)
    paths = {"folder", "model_file", "picture_file"}
    assert {key: value for key, value in chinese.items() if key not in paths} == {
        key: value for key, value in told.items() if key not in paths
    }
