"""The independent checker bears out honest records, and fails at the very thing that was changed in a spoiled one."""

import ast
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
from tests.agents.rogue_aggregators import AddsUpWrongly
from tests.agents.rogue_evaluators import TOLERANCE_PPB, bent, scores_moved
from tests.agents.rogue_providers import AnnouncesNothing, FreeRider
from tests.agents.story import silent_in_scoring
from tests.audit.exported import exported
from tests.independent.check import check
from tests.independent.opened import Json, Opened

SOURCE = Path(__file__).with_name("check.py")
ALLOWED = {"collections", "eth_abi", "eth_hash", "fractions", "hashlib", "json", "numpy", "pathlib", "sys", "typing"}
LINES = 150
ENDINGS: dict[str, dict[str, Any]] = {
    "with a free rider": {"cast": {"provider 0": FreeRider}},
    "with an announcement nobody can read": {"cast": {"provider 0": AnnouncesNothing}},
    "with one silent evaluator": {"watch": silent_in_scoring("evaluator 2")},
    "with one deviating evaluator": {"cast": {"evaluator 1": bent(scores_moved(100 * TOLERANCE_PPB))}},
    "cut after a wrong sum": {"cast": {"aggregator": AddsUpWrongly}},
    "without a target": {"options": {"target": None}},
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


def test_the_checker_shares_nothing_with_the_package_and_stays_small() -> None:
    text = SOURCE.read_text(encoding="utf-8")
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").partition(".")[0])
    assert imported <= ALLOWED
    _, _, code = text.split('"""', 2)
    assert sum(bool(line.strip()) for line in code.splitlines()) <= LINES


def test_the_demo_holds_in_a_process_of_its_own(demo: Path) -> None:
    done = subprocess.run([sys.executable, SOURCE, demo, "1"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["ok"] * 5
    assert "= escrow 1000000000000000000000" in done.stdout


@pytest.mark.parametrize("ending", ENDINGS)
def test_other_honest_records_hold(ending: str, tmp_path: Path) -> None:
    world = exported(tmp_path / "record", **ENDINGS[ending])
    write_opened(tmp_path / "record", 1, world.secret("evaluator 0"), tmp_path / "opened")
    check(tmp_path / "opened", "1")


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
    (a_seats_fee, "the fees"),
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
