"""Whatever is tampered with, the audit names it; the record itself is never touched."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from fedmarket.audit.forgery import other_digit
from fedmarket.audit.run import FAIL
from fedmarket.audit.tamper import ANY, KINDS, tamper
from fedmarket.domain.errors import LANGUAGES, UsageError
from fedmarket.domain.lifecycle import Status
from fedmarket.embedded.plan import HALF_MOMENTUM
from tests.agents.story import die_after_round, silent_in_scoring
from tests.audit.exported import exported, statuses
from tests.audit.spoiling import Exhibit
from tests.simulation.world import World

SEEDS = range(2)
FAILS_AT: Mapping[str, str] = {
    "terms": "terms",
    "event": "events",
    "manifest": "manifests",
    "update": "updates",
    "model": "models",
    "aggregate": "aggregation",
    "score": "events",
    "payment": "claims",
    "signature": "signatures",
}
NEEDS_A_KEY = ("update", "model", "aggregate")


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    folder = tmp_path_factory.mktemp("record")
    return folder, exported(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): sha256(path.read_bytes()).digest() for path in folder.rglob("*") if path.is_file()}


def test_every_kind_is_tried() -> None:
    assert FAILS_AT.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", FAILS_AT)
def test_the_check_that_answers_is_the_one_for_what_was_changed(kind: str, record: tuple[Path, World]) -> None:
    folder, world = record
    before = contents(folder)
    for seed in SEEDS:
        change, checks = tamper(folder, 1, world.secret("evaluator 0"), kind, seed)
        assert change.kind == kind
        first = next(check.name for check in checks if check.status == FAIL)
        assert first == FAILS_AT[kind], change.sentence()
    assert contents(folder) == before


@pytest.mark.parametrize("kind", [kind for kind in FAILS_AT if kind not in NEEDS_A_KEY])
def test_what_is_public_needs_no_key(kind: str, record: tuple[Path, World]) -> None:
    _, checks = tamper(record[0], 1, None, kind, 0)
    assert statuses(checks)[FAILS_AT[kind]] == FAIL


@pytest.mark.parametrize("kind", NEEDS_A_KEY)
def test_what_is_sealed_is_refused_without_a_seats_key(kind: str, record: tuple[Path, World]) -> None:
    with pytest.raises(UsageError, match="give the key of a seat"):
        tamper(record[0], 1, None, kind, 0)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_one_sentence_says_what_was_changed_from_what_to_what_and_where(lang: str, record: tuple[Path, World]) -> None:
    folder, world = record
    for kind in KINDS:
        change, _ = tamper(folder, 1, world.secret("aggregator"), kind, 1)
        told = change.sentence(lang)
        assert str(change.byte.offset) in told
        assert f"0x{change.byte.old:02x}" in told and f"0x{change.byte.new:02x}" in told
        assert change.byte.old != change.byte.new


def test_the_byte_that_it_names_is_the_one_in_the_file(record: tuple[Path, World]) -> None:
    folder, world = record
    for kind in ("terms", "manifest", "event", "score", "payment"):
        change, _ = tamper(folder, 1, world.secret("aggregator"), kind, 2)
        assert (folder / change.file).read_bytes()[change.byte.offset] == change.byte.old


def test_any_chooses_among_all_that_the_key_lets_one_notice(record: tuple[Path, World]) -> None:
    folder, world = record
    public = {tamper(folder, 1, None, ANY, seed)[0].kind for seed in range(8)}
    assert len(public) >= 3 and not public & set(NEEDS_A_KEY)
    assert {tamper(folder, 1, world.secret("standby"), ANY, seed)[0].kind for seed in range(8)} & set(NEEDS_A_KEY)


def test_the_same_seed_changes_the_same_byte(record: tuple[Path, World]) -> None:
    first, again, other = (tamper(record[0], 1, None, "manifest", seed)[0] for seed in (5, 5, 6))
    assert first == again != other


def test_an_unknown_kind_is_refused_with_those_that_there_are(record: tuple[Path, World]) -> None:
    with pytest.raises(UsageError, match="terms, event, manifest"):
        tamper(record[0], 1, None, "everything", 0)


def test_a_record_that_fails_already_is_not_tampered_with(tmp_path: Path) -> None:
    exported(tmp_path)
    exhibit = Exhibit(tmp_path)
    exhibit.remove("sha256:" + exhibit.manifest(1).hash.hex())
    with pytest.raises(UsageError, match="fails its audit at 'manifests' before"):
        tamper(tmp_path, 1, None, "payment", 0)


def test_a_model_of_a_rule_with_momentum_is_changed_by_more_than_its_tolerance(tmp_path: Path) -> None:
    world = exported(tmp_path, options={"strategy": HALF_MOMENTUM})
    for seed in SEEDS:
        _, checks = tamper(tmp_path, 1, world.secret("evaluator 0"), "model", seed)
        assert statuses(checks)["models"] == FAIL


def test_a_fallback_has_payments_and_no_agreement_to_tamper_with(tmp_path: Path) -> None:
    world = exported(tmp_path, watch=silent_in_scoring("evaluator 0", "evaluator 1"))
    record = world.record()
    record.refresh()
    assert record.task(1).status is Status.FALLBACK
    _, checks = tamper(tmp_path, 1, None, "payment", 0)
    assert FAIL in statuses(checks).values()


def test_a_cancelled_task_holds_nothing_of_most_kinds(tmp_path: Path) -> None:
    world = exported(tmp_path, watch=die_after_round(0, "aggregator", "standby"))
    for kind in ("manifest", "update", "model", "aggregate", "score", "payment", "signature"):
        with pytest.raises(UsageError, match="holds nothing of the kind"):
            tamper(tmp_path, 1, world.secret("evaluator 0"), kind, 0)
    for seed in SEEDS:
        change, _ = tamper(tmp_path, 1, world.secret("evaluator 0"), ANY, seed)
        assert change.kind in ("terms", "event")


@pytest.mark.parametrize(
    ("before", "after"),
    [("0", "1"), ("1", "0"), ("9", "8"), ("10", "11"), ("100", "101"), ("20", "10"), ("105", "104")],
)
def test_another_digit_is_one_off_and_makes_no_leading_zero(before: str, after: str) -> None:
    assert other_digit(before, lambda places: places[0]) == after
