"""Whole tasks of other recipes: numbers instead of classes, a hidden layer instead of none."""

import json
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from fedmarket.audit.run import PASS, audit_export
from fedmarket.chain.simulated import SimulatedChain
from fedmarket.cli.json_output import demo_json
from fedmarket.cli.language import Words
from fedmarket.cli.page import Page
from fedmarket.cli.render import tell
from fedmarket.cli.render_rounds import RoundLines
from fedmarket.domain.errors import LANGUAGES, MarketError
from fedmarket.domain.recipe_choice import RecipeChoice
from fedmarket.embedded.demo import DemoResult
from fedmarket.embedded.figure import draw
from fedmarket.embedded.market import Market, TaskPlan, TaskRun
from fedmarket.embedded.references import Raw, compare
from fedmarket.learning.table import regression_schema, schema_from_arrays
from tests.agents.rogue_providers import return_unchanged

ROWS = 60
MEANS = np.array([1.0, 50.0, -3.0])
COEFFICIENTS = np.array([3.0, -2.0, 0.5])


def houses(seed: int, rows: int = ROWS, noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Three features (rows, 3) and prices around 250 that follow them."""
    random = np.random.default_rng(seed)
    away = random.normal(size=(rows, 3))
    return away + MEANS, 250 + 10 * (away @ COEFFICIENTS + noise * random.normal(size=rows))


def market(folder: Path | None = None) -> Market:
    return Market(0, chain=SimulatedChain(genesis_time=1000), folder=folder)


def plan(on: Market, recipe: str = "linear", **options: object) -> TaskPlan:
    chosen = {"rounds": 3, "steps": 5, "target_skill": "0.5", "learning_rate": "0.02", "clip": "2.0", **options}
    found = on.task(houses(9, 100), recipe=recipe, **chosen)  # type: ignore[arg-type]
    found.provider("careful", *houses(1))
    found.provider("small", *houses(2, 30))
    found.provider("noisy", *houses(3, noise=6.0))
    found.untrained_provider("rider", return_unchanged, 30)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("record")


@pytest.fixture(scope="module")
def run(folder: Path) -> TaskRun:
    on = market(folder)
    played = plan(on).run()
    on.export(folder)
    return played


class TestANumber:
    def test_the_task_settles_and_every_unit_of_escrow_is_somebodys(self, run: TaskRun) -> None:
        report = run.report
        assert sum(report.owed.values()) + report.refund + sum(report.fees.values()) == report.escrow
        assert run.terms.recipe == RecipeChoice("linear")
        assert run.terms.data.regression and run.terms.validation.class_counts == ()

    def test_skill_starts_near_nothing_and_rises(self, run: TaskRun) -> None:
        report = run.report
        assert abs(report.skill_initial_ppb) < 1000
        assert report.skill_final_ppb > 5 * 10**8

    def test_contributions_add_up_to_the_gain_in_skill(self, run: TaskRun) -> None:
        report = run.report
        gained = report.skill_final_ppb - report.skill_initial_ppb
        assert sum(line.score_ppb for line in report.providers) == pytest.approx(gained, abs=10**5)

    def test_who_has_more_and_better_data_is_owed_more_and_a_rider_nothing(self, run: TaskRun) -> None:
        owed = {line.name: line.owed for line in run.report.providers}
        assert owed["careful"] > max(owed["small"], owed["noisy"])
        assert min(owed["small"], owed["noisy"]) > owed["rider"] == 0

    def test_rounds_are_told_with_errors_in_the_targets_own_units(self, run: TaskRun) -> None:
        line = run.report.rounds[-1]
        assert list(line.figures) == ["rmse", "mae", "r2"]
        assert 0 < line.figures["mae"] < line.figures["rmse"] < 40
        assert line.figures["r2"] == pytest.approx(line.skill_ppb / 1e9, abs=1e-8)
        assert 0 < line.skill_stderr_ppb < 2 * 10**8

    def test_it_is_audited_from_its_folder(self, run: TaskRun, folder: Path) -> None:
        checks = audit_export(folder, run.number, run.evaluators[0].secret)
        assert {check.status for check in checks} == {PASS}

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_it_is_told_drawn_and_written_like_any_other(self, run: TaskRun, folder: Path, lang: str) -> None:
        demo = told(run, folder)
        printed = StringIO()
        page, words = Page(printed), Words(lang)
        rounds = RoundLines(page, words)
        for line in demo.report.rounds:
            rounds.show(line)
        tell(demo, folder / "figure.svg", None, page, words)
        text = printed.getvalue()
        assert "RMSE" in text and "MAE" in text and "R²" in text and "AUC" not in text
        ElementTree.fromstring(draw(demo.report, demo.comparison, lang))

    def test_its_json_holds_the_figures_of_a_number(self, run: TaskRun, folder: Path) -> None:
        found = json.loads(demo_json(told(run, folder), folder / "figure.svg"))
        assert set(found["test"]["federated"]) == {"rmse", "mae", "r2", "loss"}
        assert {"rmse", "mae", "r2", "skill", "skill_stderr"} <= found["rounds"][0].keys()

    def test_one_provider_alone_and_all_pooled_are_measured_in_the_terms_units(self, run: TaskRun) -> None:
        alone, test = {"one": Raw(*houses(1)), "two": Raw(*houses(2, 30))}, Raw(*houses(77, 200))
        found = compare(run.terms, run.model(), alone, test, 5)
        assert found.federated.figures["rmse"] < 25
        for quality in (found.federated, found.pooled, *found.alone.values()):
            scale = float(run.terms.data.target_scale)
            assert quality.loss == pytest.approx((quality.figures["rmse"] / scale) ** 2)


def told(run: TaskRun, folder: Path) -> DemoResult:
    """Return the run as what the program tells."""
    accounts = {name: account for account, name in run.names.items()}
    alone = {accounts["careful"]: Raw(*houses(1)), accounts["small"]: Raw(*houses(2, 30))}
    return DemoResult(
        report=run.report,
        comparison=compare(run.terms, run.model(), alone, Raw(*houses(77, 200)), 5),
        checks=audit_export(folder, run.number, run.evaluators[0].secret),
        free_rider=accounts["rider"],
        noisy=accounts["noisy"],
        keys=run.keys,
        folder=folder,
        model_path=folder / "model.safetensors",
        seconds=1.0,
    )


@pytest.mark.parametrize("kind", ["number", "classes"])
def test_a_task_with_a_hidden_layer_settles_and_is_audited(tmp_path: Path, kind: str) -> None:
    on = market(tmp_path)
    chosen = {"recipe": "mlp:8", "rounds": 4, "target_skill": "0.3", "learning_rate": "0.05", "clip": "2.0"}
    told = (lambda prices: prices) if kind == "number" else (lambda prices: np.where(prices > 250, "dear", "cheap"))
    features, prices = houses(9, 100)
    task = on.task((features, told(prices)), **chosen)  # type: ignore[arg-type]
    for seed in (1, 2, 3):
        features, prices = houses(seed)
        task.provider(f"site {seed}", features, told(prices))
    played = task.run()
    on.export(tmp_path)
    assert str(played.terms.recipe) == "mlp:8" and played.terms.data.regression == (kind == "number")
    assert played.report.skill_final_ppb > 3 * 10**8
    assert all(line.score_ppb > 0 for line in played.report.providers)
    checks = audit_export(tmp_path, played.number, played.evaluators[0].secret)
    assert {check.status for check in checks} == {PASS}


def test_a_number_is_predicted_with_constants_that_come_from_the_providers_too(tmp_path: Path) -> None:
    on = market(tmp_path)
    bounds = [(-6.0, 8.0), (40.0, 60.0), (-9.0, 3.0)]
    task = on.task(houses(9, 100), recipe="linear", rounds=3, target_skill="0.5", learning_rate="0.02", bounds=bounds)
    for seed in (1, 2, 3):
        task.provider(f"site {seed}", *houses(seed))
    played = task.run()
    on.export(tmp_path)
    assert played.report.skill_final_ppb > 5 * 10**8
    checks = audit_export(tmp_path, played.number, played.evaluators[0].secret)
    assert {check.status for check in checks} == {PASS}


class TestWhatTheTargetIs:
    @pytest.mark.parametrize("labels", [houses(9, 100)[1], np.arange(100), np.arange(100.0), np.arange(100) % 2 / 2])
    def test_a_recipe_that_takes_either_takes_many_or_broken_numbers_as_a_number(self, labels: np.ndarray) -> None:
        assert market().task((houses(9, 100)[0], labels), recipe="mlp:4").schema.regression

    @pytest.mark.parametrize("labels", [np.arange(100) % 10, np.arange(100.0) % 2, np.array(["1.5", "2"] * 50)])
    def test_and_few_whole_numbers_or_words_as_classes(self, labels: np.ndarray) -> None:
        assert not market().task((houses(9, 100)[0], labels), recipe="mlp:4").schema.regression

    def test_softmax_takes_any_labels_as_classes_and_a_linear_recipe_as_numbers(self) -> None:
        features, _ = houses(9, 100)
        assert len(market().task((features, np.arange(100))).schema.classes) == 100
        assert market().task((features, np.arange(100) % 2), recipe="linear").schema.regression


class TestRefusals:
    @staticmethod
    def refused(error_id: str, act: object) -> None:
        with pytest.raises(MarketError) as refusal:
            act()  # type: ignore[operator]
        assert refusal.value.error_id == error_id, str(refusal.value)

    def test_softmax_on_a_number(self) -> None:
        features, prices = houses(9, 100)
        schema = regression_schema(features, prices, ["a", "b", "c"])
        task = market().task((features, prices), schema=schema)
        task.provider("one", features, prices)
        self.refused("terms.needs_classes", task.run)

    def test_a_linear_recipe_on_classes(self) -> None:
        features, prices = houses(9, 100)
        labels = prices > 250
        schema = schema_from_arrays(features, labels, ["a", "b", "c"])
        task = market().task((features, labels), schema=schema, recipe="linear")
        task.provider("one", features, labels)
        self.refused("terms.needs_number", task.run)

    def test_a_hidden_layer_of_no_size(self) -> None:
        self.refused("terms.bad_recipe_parameters", lambda: plan(market(), "mlp"))
        self.refused("terms.bad_recipe_parameter", plan(market(), "mlp:0").run)

    def test_a_provider_whose_target_never_varies(self) -> None:
        features, prices = houses(4)
        self.refused("data.constant_target", lambda: plan(market()).provider("flat", features, prices * 0))

    def test_a_provider_with_words_for_numbers(self) -> None:
        features, _ = houses(4)
        self.refused("data.not_a_number", lambda: plan(market()).provider("words", features, ["dear"] * ROWS))

    def test_a_validation_set_whose_target_never_varies(self) -> None:
        features, prices = houses(9)
        self.refused("data.constant_target", lambda: market().task((features, prices * 0 + 7), recipe="linear"))
