"""Somebody's own table, played as a market: real tables, every bad input, and no row in two places."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fedmarket.audit.run import PASS
from fedmarket.chain.simulated import SimulatedChain
from fedmarket.domain.errors import LANGUAGES, MarketError
from fedmarket.embedded.enough_rows import LEAST_ROWS, LEAST_SITE_ROWS, held_out, rows_needed
from fedmarket.embedded.plan import TOKEN
from fedmarket.embedded.split import deal, deal_evenly
from fedmarket.embedded.trial import TrialResult, run_trial
from fedmarket.embedded.trial_data import Choice, TrialData, check_choice, make_trial_data
from fedmarket.embedded.trial_options import row_square, trial_options
from fedmarket.learning.empty_cells import EmptyCells
from fedmarket.learning.table import table_from_arrays
from tests.embedded import tables


def refused(error_id: str, naming: str, act: Callable[[], object]) -> None:
    with pytest.raises(MarketError) as refusal:
        act()
    assert refusal.value.error_id == error_id, str(refusal.value)
    assert refusal.value.exit_code == 2
    for language in LANGUAGES:
        assert naming in refusal.value.sentence(language)


def tried(choice: Choice, folder: Path, budget: int = 1000) -> TrialResult:
    return run_trial(choice, budget, folder / "run", chain=SimulatedChain(genesis_time=1000))


def remarks(data: TrialData) -> set[str]:
    for remark in data.remarks:
        assert all(remark.sentence(language) for language in LANGUAGES)
    return {remark.remark_id.removeprefix("columns.") for remark in data.remarks}


@pytest.fixture(scope="module")
def wine(tmp_path_factory: pytest.TempPathFactory) -> TrialResult:
    folder = tmp_path_factory.mktemp("wine")
    return tried(Choice(tables.wine(folder), "cultivar", sites=3), folder)


class TestRealTables:
    def test_breast_cancer_by_hospital(self, tmp_path: Path) -> None:
        found = tried(Choice(tables.breast_cancer(tmp_path), "diagnosis", by="hospital"), tmp_path)
        assert {site.name for site in found.data.sites} == {"North", "South", "East", "West"}
        assert found.report.skill_final_ppb > 850_000_000
        assert found.comparison.federated.figures["accuracy"] > 0.93
        assert {check.status for check in found.checks} == {PASS}

    def test_wine_has_three_classes_and_few_rows(self, wine: TrialResult) -> None:
        assert wine.data.target.classes == ("0", "1", "2")
        assert wine.report.skill_final_ppb > 850_000_000

    def test_digits_leaves_out_pixels_that_are_always_black(self, tmp_path: Path) -> None:
        found = tried(Choice(tables.digits(tmp_path), "digit"), tmp_path)
        assert "left_out_constant" in remarks(found.data)
        assert found.report.skill_final_ppb > 850_000_000

    def test_diabetes_is_a_number_whose_skill_is_r_squared(self, tmp_path: Path) -> None:
        found = tried(Choice(tables.diabetes(tmp_path), "progression"), tmp_path)
        assert found.data.target.is_number and found.options.recipe == "linear"
        assert 0.25 < found.comparison.federated.figures["r2"] < 0.65
        assert found.report.skill_final_ppb == pytest.approx(380_000_000, abs=120_000_000)
        assert {check.status for check in found.checks} == {PASS}

    def test_people_with_every_kind_of_column(self, tmp_path: Path) -> None:
        found = tried(Choice(tables.people(tmp_path), "repaid", sites=2), tmp_path)
        assert [used.column for used in found.data.layout.used] == ["age", "income", "job", "smoker"]
        assert remarks(found.data) == {
            "left_out_identifier",
            "left_out_constant",
            "left_out_date",
        }
        assert found.report.skill_final_ppb > 200_000_000


class TestMoney:
    @pytest.mark.parametrize("budget", [1, 987_654])
    def test_every_budget_is_escrowed_whole_and_divided_to_the_unit(self, tmp_path: Path, budget: int) -> None:
        report = tried(Choice(tables.wine(tmp_path), "cultivar", sites=2), tmp_path, budget).report
        assert report.escrow == budget * TOKEN
        assert sum(report.owed.values()) + report.refund + sum(report.fees.values()) == report.escrow

    def test_the_same_seed_gives_the_same_pay(self, wine: TrialResult, tmp_path: Path) -> None:
        again = tried(Choice(tables.wine(tmp_path), "cultivar", sites=3), tmp_path).report
        assert (again.model_id, again.owed) == (wine.report.model_id, wine.report.owed)

    def test_without_a_target_all_the_money_for_the_effect_is_paid(self, wine: TrialResult) -> None:
        assert wine.report.skill_target_ppb is None and wine.report.released == wine.report.budget


class TestDivision:
    def test_no_row_is_in_two_places_and_none_is_lost(self, tmp_path: Path) -> None:
        data = make_trial_data(Choice(tables.breast_cancer(tmp_path), "diagnosis", by="hospital"))
        held = [data.validation, data.test, *(site.raw for site in data.sites)]
        rows = np.concatenate([raw.features for raw in held])
        assert len(rows) == data.rows == 569
        assert len(np.unique(rows, axis=0)) == len(np.unique(tables_rows(tmp_path), axis=0))

    def test_another_seed_divides_otherwise(self, tmp_path: Path) -> None:
        choice = Choice(tables.wine(tmp_path), "cultivar")
        first, other = make_trial_data(choice), make_trial_data(replace(choice, seed=1))
        assert not np.array_equal(first.validation.features, other.validation.features)

    def test_each_part_has_its_share_of_every_class_and_site(self) -> None:
        groups = np.repeat([0, 1, 2], [700, 250, 50])
        parts = deal(groups, (0.2, 0.2), np.random.default_rng(0))
        assert sum(map(len, parts)) == 1000
        for part, share in zip(parts, (0.2, 0.2, 0.6), strict=True):
            counts = np.bincount(groups[part], minlength=3)
            assert np.abs(counts - share * np.array([700, 250, 50])).max() <= 3

    def test_sites_drawn_at_random_are_equal_and_alike(self) -> None:
        groups = np.repeat([0, 1], [70, 30])
        parts = deal_evenly(groups, 4, np.random.default_rng(0))
        assert {len(part) for part in parts} == {25}
        assert all(abs(int(groups[part].sum()) - 7.5) <= 1 for part in parts)

    def test_a_validation_file_of_ones_own_is_what_is_measured_on(self, tmp_path: Path) -> None:
        own = tables.write(tmp_path / "own.csv", tables.HEADER, tables.borrowers(90))
        data = make_trial_data(Choice(tables.people(tmp_path), "repaid", validation=own))
        assert len(data.validation.labels) == 90
        assert len(data.test.labels) + sum(len(site.raw.labels) for site in data.sites) == 300

    def test_constants_come_from_the_validation_set_alone(self, tmp_path: Path) -> None:
        data = make_trial_data(Choice(tables.wine(tmp_path), "cultivar"))
        table = table_from_arrays(data.validation.features, data.validation.labels, data.schema)
        assert np.allclose(table.features.mean(axis=0), 0, atol=1e-4)
        assert np.allclose(table.features.std(axis=0), 1, atol=1e-4)

    def test_empty_cells_are_filled_from_the_sites_own_rows(self, tmp_path: Path) -> None:
        def holes(rows: tables.Rows) -> None:
            for row in rows[::5]:
                row[1] = ""

        choice = Choice(tables.people(tmp_path, holes), "repaid", sites=2, empty_cells=EmptyCells.FILL)
        data = make_trial_data(choice)
        place = data.schema.features.index("age")
        fills = []
        for site in data.sites:
            empty = site.raw.features[:, data.schema.features.index("age=")] == 1
            (fill,) = set(site.raw.features[empty, place])
            assert fill == np.median(site.raw.features[~empty, place])
            fills.append(fill)
        assert "filled" in remarks(data)

    def test_small_and_one_sided_sites_take_no_part_and_are_named(self, tmp_path: Path) -> None:
        def wards(rows: tables.Rows) -> None:
            for number, row in enumerate(rows):
                row[5] = "tiny" if number < 10 else "lucky" if number < 60 else "AB"[number % 2]
                row[8] = "yes" if row[5] == "lucky" else row[8]

        data = make_trial_data(Choice(tables.people(tmp_path, wards), "repaid", by="country"))
        assert {site.name for site in data.sites} == {"A", "B"}
        assert {"small_site", "one_class_site"} <= remarks(data)

    def test_sites_called_by_a_bare_number_bear_the_columns_name(self, tmp_path: Path) -> None:
        def wards(rows: tables.Rows) -> None:
            for number, row in enumerate(rows):
                row[5] = number % 2

        data = make_trial_data(Choice(tables.people(tmp_path, wards), "repaid", by="country"))
        assert {site.name for site in data.sites} == {"country 0", "country 1"}


def tables_rows(folder: Path) -> np.ndarray:
    return np.genfromtxt(folder / "biopsies.csv", delimiter=",", skip_header=1, usecols=range(30))


def column(place: int, cell: Callable[[int], Any]) -> Callable[[tables.Rows], None]:
    def change(rows: tables.Rows) -> None:
        for number, row in enumerate(rows):
            row[place] = cell(number)

    return change


def both(*changes: Callable[[tables.Rows], None]) -> Callable[[tables.Rows], None]:
    def change(rows: tables.Rows) -> None:
        for each in changes:
            each(rows)

    return change


def only(count: int) -> Callable[[tables.Rows], None]:
    def change(rows: tables.Rows) -> None:
        del rows[count:]

    return change


BAD_TABLES: dict[str, tuple[Callable[[tables.Rows], None], dict[str, Any], str, str]] = {
    "no rows": (only(0), {}, "data.too_few_rows", "53"),
    "three rows": (only(3), {}, "data.too_few_rows", "53"),
    "rows for one site": (only(52), {}, "data.too_few_rows", "53"),
    "rows for three sites": (only(100), {}, "data.too_few_for_sites", "107"),
    "no such target": (only(300), {"target": "paid"}, "data.no_target", "repaid"),
    "one answer only": (column(8, lambda n: "yes"), {}, "data.one_class", "yes"),
    "a target of free text": (only(300), {"target": "note"}, "data.too_many_classes", "300"),
    "an answer given once": (
        column(8, lambda n: "yes" if n in (7, 8, 9) else "no"),
        {"holdout": 0.01},
        "data.rare_class",
        "repaid",
    ),
    "an empty target": (column(8, lambda n: ""), {}, "data.target_empty", "repaid"),
    "empty cells": (column(1, lambda n: "" if n < 7 else n * n), {}, "data.missing_values", "age 7"),
    "an empty answer": (column(8, lambda n: "" if n < 3 else "yn"[n % 2]), {}, "data.missing_target", "repaid"),
    "an empty answer and more": (
        both(column(8, lambda n: "" if n < 3 else "yn"[n % 2]), column(1, lambda n: "" if n == 9 else n)),
        {},
        "data.missing_answers",
        "repaid 3, age 1",
    ),
    "nanoseconds": (column(2, lambda n: 1_760_000_000_000_000_000 + n * n), {}, "data.too_large", "income"),
    "a number near the end of all": (column(2, lambda n: f"{n * n}e305"), {}, "data.too_large", "income"),
    "1e30": (column(2, lambda n: f"{n * n}e30"), {}, "data.too_large", "income"),
    "1e-33": (column(2, lambda n: f"{n * n}e-33"), {}, "data.too_fine", "income"),
    "nearly the same": (column(2, lambda n: 123_456_789_000 + n * n % 97), {}, "data.too_close", "income"),
    "a target of 1e30": (column(8, lambda n: f"{n * n}e30"), {}, "data.too_large", "repaid"),
    "a target of 1e-33": (column(8, lambda n: f"{n * n}e-33"), {}, "data.too_fine", "repaid"),
    "commas of either kind": (
        column(2, lambda n: f"{n % 90 + 10},{n * n % 900 + 100}"),
        {},
        "data.comma_or_thousands",
        "10.100",
    ),
    "a unit in a number": (column(1, lambda n: "60 kg" if n == 40 else n), {}, "data.not_a_number", "60 kg"),
    "a number beyond all": (column(2, lambda n: "1e999" if n == 40 else n * n), {}, "data.not_finite", "income"),
    "nobody's rows": (column(5, lambda n: "" if n < 9 else "AB"[n % 2]), {"by": "country"}, "data.by_missing", "9"),
    "one owner": (only(300), {"by": "country"}, "data.too_few_sites", "country"),
    "too many owners": (only(300), {"by": "number"}, "data.too_many_sites", "300"),
    "owners by target": (only(300), {"by": "repaid"}, "data.target_twice", "repaid"),
    "no such owner": (only(300), {"by": "ward"}, "data.missing_columns", "ward"),
    "no such column to leave out": (only(300), {"without": ("wage",)}, "data.missing_columns", "wage"),
    "no column left": (
        only(300),
        {"without": ("age", "income", "job", "smoker")},
        "data.no_features",
        "number, country, born, note",
    ),
    "sites without two answers": (
        column(8, lambda n: "yes" if n % 2 else "no"),
        {"by": "half"},
        "data.no_sites",
        "",
    ),
}


@pytest.mark.parametrize(("change", "options", "fault", "naming"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_a_table_that_cannot_be_tried_is_refused_in_a_sentence(
    tmp_path: Path, change: Callable[[tables.Rows], None], options: dict[str, Any], fault: str, naming: str
) -> None:
    path = tables.people(tmp_path, change)
    if options.get("by") == "half":
        path = tables.write(
            path, [*tables.HEADER, "half"], [[*row, "AB"[row[0] % 2]] for row in tables.borrowers(change=change)]
        )
    choice = Choice(**{"file": path, "target": "repaid", **options})
    refused(fault, naming, lambda: make_trial_data(choice))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("cell", "fault"), [("{}e30", "too_large"), ("{}e-33", "too_fine"), ("4{:09}", "too_close")])
def test_a_validation_file_whose_numbers_are_beyond_measure_is_refused(tmp_path: Path, cell: str, fault: str) -> None:
    rows = tables.borrowers(60, column(2, lambda n: cell.format(n)))
    own = tables.write(tmp_path / "own.csv", tables.HEADER, rows)
    choice = Choice(tables.people(tmp_path), "repaid", validation=own)
    refused(f"data.{fault}", "income", lambda: make_trial_data(choice))


def test_a_validation_file_with_other_answers_is_refused(tmp_path: Path) -> None:
    own = tables.write(tmp_path / "own.csv", tables.HEADER, [[*row[:-1], "maybe"] for row in tables.borrowers(60)])
    choice = Choice(tables.people(tmp_path), "repaid", validation=own)
    refused("data.validation_classes", "maybe", lambda: make_trial_data(choice))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"holdout": 0.0}, "embedded.bad_holdout"),
        ({"holdout": 0.5}, "embedded.bad_holdout"),
        ({"sites": 1}, "embedded.bad_sites"),
        ({"sites": 31}, "embedded.bad_sites"),
        ({"empty_cells": "guess"}, "embedded.bad_empty_cells"),
    ],
)
def test_a_choice_that_makes_no_sense_is_refused(change: dict[str, Any], fault: str) -> None:
    refused(fault, "", lambda: check_choice(replace(Choice(Path("t.csv"), "y"), **change)))


def test_a_folder_that_holds_something_else_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("mine")
    choice = Choice(tables.wine(tmp_path), "cultivar")
    refused("embedded.folder_in_use", "run", lambda: tried(choice, tmp_path))
    assert (tmp_path / "run" / "thesis.txt").read_text() == "mine"


def test_a_table_that_is_refused_empties_no_folder(wine: TrialResult) -> None:
    choice = replace(wine.choice, target="vintage")
    refused("data.no_target", "vintage", lambda: tried(choice, wine.folder.parent))
    assert (wine.folder / "events.json").is_file()


class TestOptions:
    def test_longer_rows_are_learnt_from_more_slowly(self, tmp_path: Path) -> None:
        data = make_trial_data(Choice(tables.digits(tmp_path), "digit"))
        table = table_from_arrays(data.validation.features, data.validation.labels, data.schema)
        options = trial_options(table, data.schema, [100], 1000)
        assert float(options.learning_rate) * row_square(table.features) == pytest.approx(3, rel=0.05)

    def test_larger_sites_take_more_steps_on_larger_batches(self, tmp_path: Path) -> None:
        data = make_trial_data(Choice(tables.wine(tmp_path), "cultivar"))
        table = table_from_arrays(data.validation.features, data.validation.labels, data.schema)
        small, large = (trial_options(table, data.schema, [rows], 1000) for rows in (30, 5000))
        assert (small.steps, small.batch) == (20, 16)
        assert (large.steps, large.batch) == (40, 32)


@pytest.mark.parametrize("sites", [2, 3, 4, 7, 30])
@pytest.mark.parametrize("holdout", [0.05, 0.2, 0.4])
def test_with_the_rows_that_are_named_every_site_has_enough(sites: int, holdout: float, tmp_path: Path) -> None:
    needed = rows_needed(sites, holdout, own_validation=False)
    groups = np.arange(needed) % 2
    rest = deal(groups, held_out(needed, holdout, own_validation=False), np.random.default_rng(0))[-1]
    assert min(map(len, deal_evenly(groups[rest], sites, np.random.default_rng(0)))) >= LEAST_SITE_ROWS
    fewer = deal(groups[:-1], held_out(needed - 1, holdout, own_validation=False), np.random.default_rng(0))[-1]
    assert len(fewer) < sites * LEAST_SITE_ROWS or needed == max(LEAST_ROWS, sites * LEAST_SITE_ROWS)


def test_sites_called_as_seats_keep_their_keys_apart(tmp_path: Path) -> None:
    def wards(rows: tables.Rows) -> None:
        for number, row in enumerate(rows):
            row[5] = ("evaluator 1", "Requester", "aggregator")[number % 3]

    found = tried(Choice(tables.people(tmp_path, wards), "repaid", by="country"), tmp_path)
    assert {site.name for site in found.data.sites} == {"site evaluator 1", "site Requester", "site aggregator"}
    assert {"requester", "aggregator", "standby 1", "evaluator 1", "evaluator 2", "evaluator 3"} < found.keys.keys()
    assert len(found.keys) == 9 and {check.status for check in found.checks} == {PASS}


def test_a_column_called_as_a_seat_does_not_make_bare_numbers_seats(tmp_path: Path) -> None:
    rows = [[*row, row[0] % 2 + 1] for row in tables.borrowers()]
    path = tables.write(tmp_path / "t.csv", [*tables.HEADER, "evaluator"], rows)
    data = make_trial_data(Choice(path, "repaid", by="evaluator"))
    assert {site.name for site in data.sites} == {"site evaluator 1", "site evaluator 2"}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("fault", [name for name in BAD_TABLES if "1e" in name or "number" in name or "nano" in name])
def test_numbers_beyond_measure_are_refused_without_a_warning(tmp_path: Path, fault: str) -> None:
    change, options, error_id, naming = BAD_TABLES[fault]
    choice = Choice(**{"file": tables.people(tmp_path, change), "target": "repaid", **options})
    refused(error_id, naming, lambda: make_trial_data(choice))
