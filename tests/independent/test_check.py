"""The independent checker bears out honest records, and fails at the very thing that was changed in a spoiled one."""

import ast
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from fedmarket.audit.opened import PLAIN, write_opened
from fedmarket.domain.errors import RefusedError, UsageError
from fedmarket.embedded.demo import run_demo
from fedmarket.embedded.trial_data import Choice
from tests.agents.rogue_providers import FreeRider
from tests.agents.test_stop import FOUR_ROUNDS, LITTLE, Impatient
from tests.audit.exported import exported
from tests.audit.test_every_ending import ENDINGS
from tests.cli.fixtures import simulated_trial
from tests.embedded import tables
from tests.independent.check import check
from tests.independent.opened import Json, Opened
from tests.simulation.world import World

SOURCE, MONEY = (Path(__file__).with_name(name) for name in ("check.py", "money.py"))
ALLOWED = {"collections", "eth_abi", "eth_hash", "fractions", "hashlib", "json", "numpy", "pathlib", "sys", "typing"}
LINES = 150


def stops_anyhow(stage: World) -> None:
    """Let the requester stop as soon as the contract lets it, whatever the gains."""
    cast = {"requester": lambda actor: Impatient(actor, stage.terms, stage.validation)}
    stage.cast = {**stage.cast, **cast}


COVERED: dict[str, dict[str, Any]] = {
    "without a target": {"options": {"target": None}},
    "stopped without ground": {"watch": stops_anyhow, "options": {**FOUR_ROUNDS, "patience_gain": LITTLE}},
    "stopped without ground, with a free rider": {
        "cast": {"provider 0": FreeRider},
        "watch": stops_anyhow,
        "options": {**FOUR_ROUNDS, "patience_gain": LITTLE},
    },
    **{
        name: dict(ENDINGS[name][0])
        for name in (
            "settled",
            "with a free rider",
            "with one silent evaluator",
            "with one deviating evaluator",
            "with one evaluator",
            "taken over",
            "out of aggregators",
            "stopped",
            "with updates announced",
            "with an announcement nobody can read",
            "cut after a wrong sum",
            "cut where an announced update was left out",
        )
    },
}
BEYOND = {
    "with server momentum": "fedavgm",
    "with the trimmed mean": "trimmed_mean",
    "open": "open admission",
    "fallen back": "not settled by agreement",
    "cancelled for an empty seat": "not settled by agreement",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    key = run_demo(7, folder / "record").keys["evaluator 1"]
    assert write_opened(folder / "record", 1, key, folder / "opened") == 2 + 12 * 4
    return folder / "opened"


@pytest.fixture
def opened(demo: Path, tmp_path: Path) -> Opened:
    return Opened(copytree(demo, tmp_path / "opened"))


@pytest.mark.parametrize("source", [SOURCE, MONEY], ids=lambda path: path.name)
def test_the_checker_shares_nothing_with_the_package_and_stays_small(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module != "tests.independent.money":
            imported.add((node.module or "").partition(".")[0])
    assert imported <= ALLOWED
    _, _, code = text.split('"""', 2)
    assert sum(bool(line.strip()) for line in code.splitlines()) <= LINES


def test_the_demo_holds_in_a_process_of_its_own(demo: Path) -> None:
    done = subprocess.run([sys.executable, SOURCE, demo, "1"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["ok"] * 5
    assert "= escrow 1000000000000000000000" in done.stdout


@pytest.mark.parametrize("ending", COVERED)
def test_other_honest_records_hold(ending: str, tmp_path: Path) -> None:
    world = exported(tmp_path / "record", **COVERED[ending])
    write_opened(tmp_path / "record", 1, world.secret("evaluator 0"), tmp_path / "opened")
    check(tmp_path / "opened", "1")


@pytest.mark.parametrize("ending", BEYOND)
def test_what_it_does_not_cover_is_said_and_is_no_failure(
    ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = exported(tmp_path / "record", **ENDINGS[ending][0])
    write_opened(tmp_path / "record", 1, world.secret("evaluator 0"), tmp_path / "opened")
    with pytest.raises(SystemExit) as ended:
        check(tmp_path / "opened", "1")
    said = capsys.readouterr().err
    assert ended.value.code == 3 and said.startswith("not covered: ") and BEYOND[ending] in said


@pytest.mark.parametrize(
    ("table", "target", "recipe"),
    [(tables.wine, "cultivar", "softmax"), (tables.diabetes, "progression", "linear")],
)
def test_trials_hold_whatever_their_target_and_though_they_stop(
    table: Callable[[Path], Path], target: str, recipe: str, tmp_path: Path
) -> None:
    trial = simulated_trial(Choice(table(tmp_path), target), 1000, tmp_path / "record")
    write_opened(tmp_path / "record", 1, trial.keys["evaluator 1"], tmp_path / "opened")
    opened = Opened(tmp_path / "opened")
    terms = json.loads(opened.plain(opened.fields("TaskOpened")[0]["terms_hash"]).read_bytes())
    assert terms["recipe"]["name"] == recipe and opened.fields("TrainingStopped")
    check(opened.folder, "1")


def add_to(field: str, by: int) -> Callable[[Json], Json]:
    return lambda fields: {**fields, field: str(int(fields[field]) + by)}


def a_byte_of_the_terms(opened: Opened) -> None:
    path = opened.plain(opened.fields("TaskOpened")[0]["terms_hash"])
    path.write_bytes(path.read_bytes().replace(b'"floor_bps":3000', b'"floor_bps":3001'))


def the_terms_with_another_floor(opened: Opened) -> None:
    path = opened.plain(opened.fields("TaskOpened")[0]["terms_hash"])
    other = opened.put(path.read_bytes().replace(b'"participation":"100', b'"participation":"101'))
    opened.change("TaskOpened", lambda fields: {**fields, "terms_hash": other})


def a_weight_at_joining(opened: Opened) -> None:
    opened.change("Joined", add_to("weight", 1))


def a_manifest_of_another_attempt(opened: Opened) -> None:
    opened.replace_manifest(3, {**opened.manifest(3), "attempt": 1})


def an_update(opened: Opened) -> None:
    def one_quantum(data: bytearray) -> None:
        data[-70] ^= 1

    opened.replace_plain(5, "bundle", one_quantum)


def an_updates_root(opened: Opened) -> None:
    opened.change("RoundCommitted", lambda fields: {**fields, "updates_root": "0x" + "11" * 32})


def a_sum(opened: Opened) -> None:
    def one_quantum(data: bytearray) -> None:
        data[-8] ^= 1

    opened.replace_plain(7, "aggregate", one_quantum)


def the_last_model(opened: Opened) -> None:
    def last_place(data: bytearray) -> None:
        data[-4] ^= 1

    opened.replace_plain(12, "model", last_place)


def a_validation_row(opened: Opened) -> None:
    terms = opened.plain(opened.fields("TaskOpened")[0]["terms_hash"]).read_bytes()
    commitment = terms.partition(b'"commitment":"')[2][:66].decode()
    opened.plain(commitment).write_bytes(opened.plain(commitment).read_bytes()[:-1] + b"\1")


def a_revealed_table(opened: Opened) -> None:
    opened.change("ScoresRevealed", lambda fields: {**fields, "table": fields["table"][:-1] + "1"})


def all_tables_in_collusion(opened: Opened) -> None:
    """Every evaluator gives the last provider a tenth of a skill more."""
    opened.replace_tables(lambda table: table[:-8] + (10**8).to_bytes(8, "big", signed=True))


def the_payout_root(opened: Opened) -> None:
    vote = {"payout_root": "0x" + "22" * 32}
    opened.change("TaskSettled", lambda fields: {**fields, "vote": fields["vote"] | vote})


def the_sum_owed(opened: Opened) -> None:
    opened.change("TaskSettled", lambda fields: {**fields, "vote": add_to("owed", 1)(fields["vote"])})


def a_claim(opened: Opened) -> None:
    opened.change("Claimed", add_to("owed", -1))


def a_seats_fee(opened: Opened) -> None:
    opened.change("SeatClaimed", add_to("fee", 1))


def the_refund(opened: Opened) -> None:
    opened.change("Refunded", add_to("amount", 1))


def twice(name: str) -> Callable[[Opened], None]:
    def spoil(opened: Opened) -> None:
        export = opened.export
        events = export["events"]
        events.append(next(event for event in events if event["name"] == name))
        (opened.folder / "events.json").write_text(json.dumps(export), encoding="utf-8")

    spoil.__name__ = f"{name}_twice"
    return spoil


def another(event: str, field: str, by: int = 1) -> Callable[[Opened], None]:
    def spoil(opened: Opened) -> None:
        opened.change(event, add_to(field, by))

    spoil.__name__ = f"another_{field}_of_{event}"
    return spoil


def another_vote(field: str) -> Callable[[Opened], None]:
    def spoil(opened: Opened) -> None:
        opened.change("TaskSettled", lambda fields: {**fields, "vote": add_to(field, 1)(fields["vote"])})

    spoil.__name__ = f"another_vote_on_{field}"
    return spoil


def a_stranger_is_paid(opened: Opened) -> None:
    opened.change("SeatClaimed", lambda fields: {**fields, "account": "0x" + "00" * 20, "fee": "0"})


SPOILED: list[tuple[Callable[[Opened], None], str]] = [
    (a_byte_of_the_terms, "a document hashes to"),
    (the_terms_with_another_floor, "the contract's terms"),
    (a_weight_at_joining, "who joined"),
    (a_manifest_of_another_attempt, "round 3: the manifest is of this round"),
    (an_update, "round 5: the update of"),
    (an_updates_root, "round 1: the updates root"),
    (a_sum, "round 7: the sum is exact"),
    (the_last_model, "round 12: the model follows"),
    (a_validation_row, "a document hashes to"),
    (a_revealed_table, "revealed what it committed to"),
    (all_tables_in_collusion, "the agreed skills and scores"),
    (the_payout_root, "the payout root"),
    (the_sum_owed, "the sums settled on"),
    (a_claim, "the claim of"),
    (a_seats_fee, "the claim of"),
    (a_stranger_is_paid, "the claim of"),
    *((twice(name), "nobody is paid twice") for name in ("Claimed", "SeatClaimed", "Refunded")),
    (another("SeatClaimed", "bond"), "the claim of"),
    (another("Claimed", "bond"), "the claim of"),
    (another("Joined", "bond"), "the bonds of who joined"),
    *((another_vote(field), "the sums settled on") for field in ("refund", "debits", "forfeits")),
    *((another_vote(field), "the vote's seats") for field in ("unpaid", "forfeited")),
    (another("TaskSettled", "paid", -1), "the seats paid and forfeited"),
    (another("TaskSettled", "forfeited"), "the seats paid and forfeited"),
    (the_refund, "the refund"),
]


@pytest.mark.parametrize(("spoil", "said"), SPOILED, ids=lambda value: getattr(value, "__name__", ""))
def test_it_fails_where_somebody_changed(spoil: Callable[[Opened], None], said: str, opened: Opened) -> None:
    spoil(opened)
    with pytest.raises(SystemExit) as ended:
        check(opened.folder, "1")
    assert str(ended.value.code).startswith("FAIL") and said in str(ended.value.code)


def test_only_the_owner_can_read_what_was_opened(demo: Path) -> None:
    assert demo.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in (demo / PLAIN).iterdir())


def test_an_aggregators_key_opens_all_but_the_validation_set(tmp_path: Path) -> None:
    world = exported(tmp_path / "record")
    counts = {
        role: write_opened(tmp_path / "record", 1, world.secret(role), tmp_path / role)
        for role in ("aggregator", "evaluator 0")
    }
    assert counts["aggregator"] == counts["evaluator 0"] - 1


def test_opening_needs_a_seats_key_and_an_empty_folder(tmp_path: Path) -> None:
    world = exported(tmp_path / "record")
    with pytest.raises(RefusedError, match="holds no seat in task 1"):
        write_opened(tmp_path / "record", 1, world.secret("provider 0"), tmp_path / "opened")
    assert not (tmp_path / "opened").exists()
    with pytest.raises(UsageError, match="not an empty folder"):
        write_opened(tmp_path / "record", 1, world.secret("evaluator 0"), tmp_path / "record")
