"""A market in one process: arrays and a budget in, who is owed what out."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fedmarket.agents.provider import Trainer
from fedmarket.audit.run import PASS, audit_export
from fedmarket.chain.simulated import SimulatedChain
from fedmarket.domain.canonical import id_hash
from fedmarket.domain.errors import LANGUAGES, MarketError, StoreError
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.reference.state import Event
from fedmarket.domain.terms import Aggregation, Strategy, Terms
from fedmarket.embedded.market import Market, TaskPlan, TaskRun
from fedmarket.embedded.plan import HALF_MOMENTUM, TOKEN, Options, allow_list, anybody, ppb, within_budget
from fedmarket.embedded.report import RoundLine
from fedmarket.learning.recipe import Recipe
from fedmarket.learning.tensors import Tensors, model_id
from fedmarket.record.constants import data_schema
from fedmarket.store.memory import MemoryStore
from tests.agents.rogue_providers import return_unchanged
from tests.agents.strategies import FEDADAM, FEDPROX
from tests.learning.flower_absent import hide_flower

ROWS = 40
TRIMMED = Aggregation("trimmed_mean", (("trim", "0.3"),))


def arrays(seed: int, rows: int = ROWS) -> tuple[np.ndarray, np.ndarray]:
    """Two overlapping clouds of points (rows, 2), labelled by theirs."""
    random = np.random.default_rng(seed)
    labels = np.arange(rows) % 2
    return random.normal(size=(rows, 2)) + 1.5 * labels[:, None], labels


def market(seed: int = 0, folder: Path | None = None) -> Market:
    return Market(seed, chain=SimulatedChain(genesis_time=1000), folder=folder)


def plan(on: Market, providers: int = 3, **options: object) -> TaskPlan:
    chosen: dict[str, Any] = {"rounds": 2, "steps": 5, "target_skill": "0.5", **options}
    found = on.task(arrays(9, 60), **chosen)
    for number in range(providers):
        found.provider(f"site {number}", *arrays(number, ROWS - 4 * number))
    return found


def refused(error_id: str, act: object) -> None:
    with pytest.raises(MarketError) as refusal:
        act()  # type: ignore[operator]
    assert refusal.value.error_id == error_id, str(refusal.value)
    assert refusal.value.exit_code == 2
    for language in LANGUAGES:
        assert refusal.value.sentence(language)


def test_what_is_owed_refunded_and_paid_in_fees_is_the_escrow() -> None:
    run = plan(market()).run()
    report = run.report
    assert sum(report.owed.values()) + report.refund + sum(report.fees.values()) == report.escrow == 1000 * TOKEN
    assert run.owed == report.owed
    assert all(amount > 0 for amount in run.owed.values())


def test_providers_weigh_as_many_rows_as_they_have() -> None:
    weights = {line.name: line.weight for line in plan(market()).run().report.providers}
    assert weights == {"site 0": 40, "site 1": 36, "site 2": 32}


def test_balances_move_by_what_is_owed_and_bonds_come_back() -> None:
    report = plan(market()).run().report
    for line in report.providers:
        before, after = report.balances[line.account]
        assert after - before == line.owed
    before, after = report.balances[report.requester]
    assert before - after == report.escrow - report.refund


def test_the_same_seed_gives_the_same_model_and_the_same_pay() -> None:
    first, again, other = (plan(market(seed)).run() for seed in (1, 1, 2))
    assert first.report.model_id == again.report.model_id != other.report.model_id
    assert first.owed == again.owed
    assert first.keys == again.keys


def test_the_model_is_the_one_that_the_report_names() -> None:
    run = plan(market()).run()
    assert "sha256:" + model_id(run.model()).hex() == run.report.model_id


def test_a_round_is_told_when_it_is_committed() -> None:
    lines: list[RoundLine] = []
    report = plan(market()).run(lines.append).report
    assert [line.number for line in lines] == [1, 2]
    assert [line.skill_ppb for line in lines] == [line.skill_ppb for line in report.rounds]
    assert all(line.updates == 3 for line in lines)


def test_a_free_rider_is_owed_nothing_and_told_why() -> None:
    chosen = plan(market())
    chosen.untrained_provider("rider", return_unchanged, 25)
    line = next(line for line in chosen.run().report.providers if line.name == "rider")
    assert (line.owed, line.delivered, line.forfeited) == (0, 0, line.bond)
    assert line.refused == {"unchanged": 2}


def test_a_run_is_exported_and_audited_from_its_folder(tmp_path: Path) -> None:
    on = market(folder=tmp_path)
    run = plan(on).run()
    on.export(tmp_path)
    checks = audit_export(tmp_path, run.number, run.evaluators[0].secret)
    assert {check.status for check in checks} == {PASS}


@pytest.mark.parametrize("evaluators", [1, 3])
def test_seats_are_as_many_as_were_asked_for(evaluators: int) -> None:
    run = plan(market(), evaluators=evaluators, standbys=0).run()
    view = run.record.task(run.number)
    assert (len(view.terms.evaluators), len(view.terms.aggregators)) == (evaluators, 1)
    assert view.status is Status.SETTLED


def test_server_momentum_runs_from_end_to_end() -> None:
    plain, pushed = plan(market()).run(), plan(market(), strategy=HALF_MOMENTUM).run()
    assert pushed.report.model_id != plain.report.model_id
    assert pushed.report.skill_final_ppb > plain.report.skill_final_ppb


def boost(train: Trainer) -> Trainer:
    """Return a trainer that sends three times the honest delta."""

    def boosted(recipe: Recipe, model: Tensors, terms: Terms, seed: int) -> Tensors:
        trained = train(recipe, model, terms, seed)
        return {name: model[name] + 3 * (trained[name] - model[name]) for name in model}

    return boosted


def audited(on: Market, run: TaskRun, folder: Path) -> None:
    """Require that the exported record passes every check with an evaluator's key."""
    on.export(folder)
    checks = audit_export(folder, run.number, run.evaluators[0].secret)
    assert {check.status for check in checks} == {PASS}, [(c.name, c.detail) for c in checks if c.status != PASS]


def test_a_task_with_fedadam_settles_and_passes_the_audit(tmp_path: Path) -> None:
    on = market(folder=tmp_path)
    run = plan(on, strategy=FEDADAM, rounds=4).run()
    agreed = run.outcome.agreement.table
    gain = agreed.final_ppb - agreed.skills[0]
    assert gain > 10**8
    assert sum(line.score_ppb for line in run.report.providers) == pytest.approx(gain, abs=10**6)
    assert all(line.owed > 0 for line in run.report.providers)
    audited(on, run, tmp_path)


def test_a_task_with_the_trimmed_mean_and_a_booster_settles_and_passes_the_audit(tmp_path: Path) -> None:
    on = market(folder=tmp_path)
    chosen = plan(on, 4, aggregation=TRIMMED, clip="16", rounds=3)
    honest = chosen.parties[0].trainer
    chosen.parties[0] = replace(chosen.parties[0], trainer=boost(honest))
    run = chosen.run()
    lines = {line.name: line for line in run.report.providers}
    assert lines["site 0"].delivered == 3
    assert all(lines["site 0"].owed < lines[f"site {other}"].owed for other in (1, 2, 3))
    audited(on, run, tmp_path)


def test_a_task_with_fedprox_stops_early_is_paid_and_passes_the_audit(tmp_path: Path) -> None:
    on = market(folder=tmp_path)
    run = plan(on, strategy=FEDPROX, rounds=8, patience_rounds=2, patience_gain="0.2").run()
    view = run.record.task(run.number)
    assert view.stopped and len(view.rounds) < 8
    assert all(line.owed > 0 for line in run.report.providers)
    assert run.report.refund > 0
    audited(on, run, tmp_path)


def test_without_a_target_all_the_performance_money_is_released() -> None:
    report = plan(market(), target_skill=None).run().report
    assert report.released == report.budget


class TestRefusals:
    def test_a_task_without_providers(self) -> None:
        refused("embedded.no_providers", plan(market(), providers=0).run)

    def test_two_providers_of_one_name(self) -> None:
        chosen = plan(market())
        refused("embedded.provider_twice", lambda: chosen.provider("site 0", *arrays(5)))

    def test_a_chain_whose_events_do_not_show_the_task_that_was_opened(self) -> None:
        class Blind(SimulatedChain):
            def events(self, after_block: int) -> list[Event]:
                return []

        refused("embedded.not_opened", plan(Market(chain=Blind(genesis_time=1000))).run)

    def test_a_budget_that_does_not_cover_the_fees(self) -> None:
        refused("embedded.budget_too_small", lambda: plan(market(), budget=100))

    def test_terms_that_break_a_rule(self) -> None:
        refused("terms.too_few_steps", plan(market(), steps=4).run)

    def test_a_target_below_the_start(self) -> None:
        refused("terms.target_below_start", plan(market(), target_skill="-0.5").run)

    def test_an_even_number_of_evaluators(self) -> None:
        refused("terms.even_evaluators", plan(market(), evaluators=2).run)

    def test_a_strategy_whose_package_is_not_installed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hide_flower(monkeypatch)
        chosen = plan(market(), strategy=FEDADAM)
        refused("strategy.flower_missing", chosen.run)
        assert not chosen.market.record.tasks

    def test_a_strategy_that_nobody_knows(self) -> None:
        refused("terms.unknown_strategy", plan(market(), strategy=Strategy("fedsgd")).run)

    def test_a_rule_that_nobody_knows(self) -> None:
        refused("terms.unknown_aggregation", plan(market(), aggregation=Aggregation("median")).run)

    def test_an_unknown_recipe(self) -> None:
        refused("terms.unknown_recipe", lambda: plan(market(), recipe="resnet").run())

    @pytest.mark.parametrize("skill", ["abc", "", "NaN", "Infinity", "1e-1", "0,9"])
    def test_a_target_skill_that_is_no_number(self, skill: str) -> None:
        refused("embedded.bad_skill", lambda: plan(market(), target_skill=skill))

    def test_an_option_that_there_is_not(self) -> None:
        refused("embedded.unknown_option", lambda: plan(market(), roundz=3))
        refused("embedded.unknown_option", lambda: plan(market(), performance=3))

    @pytest.mark.parametrize("option", ["rounds", "batch", "evaluator_fee", "budget", "evaluators", "standbys"])
    @pytest.mark.parametrize("value", ["3", 2.5, -1, True, None])
    def test_a_number_that_must_be_whole(self, option: str, value: Any) -> None:
        refused("embedded.not_whole", lambda: market().task(arrays(9, 60), **{option: value}))

    @pytest.mark.parametrize("admission", ["x", "", None, "OPEN"])
    def test_an_admission_that_there_is_not_is_not_taken_for_open(self, admission: str) -> None:
        refused("embedded.bad_admission", lambda: plan(market(), admission=admission))

    @pytest.mark.parametrize(
        ("validation", "fault"),
        [
            ((np.arange(6.0), np.arange(6) % 2), "data.bad_shape"),
            ((np.ones((6, 2)), np.arange(5) % 2), "data.bad_shape"),
            ((np.ones((0, 2)), []), "data.no_rows"),
            (([], []), "data.no_rows"),
            ((np.ones((3, 0)), [0, 1, 0]), "data.no_rows"),
            (([["a", "b"], ["c", "d"]], [0, 1]), "data.not_numeric"),
            (([[1, 2], [3]], [0, 1]), "data.not_numeric"),
            (([[1, 2], [3, float("nan")]], [0, 1]), "data.missing_value"),
            (([[1, 2], [3, float("inf")]], [0, 1]), "data.not_finite"),
            ((np.ones((6, 2)),), "embedded.no_pair"),
            ((), "embedded.no_pair"),
        ],
    )
    def test_a_validation_set_that_is_none(self, validation: Any, fault: str) -> None:
        refused(fault, lambda: market().task(validation, target_skill="0.5"))

    @pytest.mark.parametrize(
        "name", ["requester", "Aggregator", "evaluator 1", "EVALUATOR-12", "standby 1", "评估方 2"]
    )
    def test_a_provider_called_as_a_seat_would_take_its_key(self, name: str) -> None:
        refused("embedded.seat_name", lambda: plan(market()).provider(name, *arrays(1)))

    def test_a_provider_may_be_called_nearly_so(self) -> None:
        chosen = plan(market(), providers=0)
        for name in ("evaluator", "requester 2", "standby hospital"):
            chosen.provider(name, *arrays(1))

    def test_labels_that_the_validation_set_does_not_have(self) -> None:
        features, labels = arrays(1)
        refused("data.unknown_class", lambda: plan(market()).provider("odd", features, labels + 1))

    def test_data_of_one_class(self) -> None:
        features, labels = arrays(1)
        refused("data.one_class", lambda: plan(market()).provider("one", features, labels * 0))

    def test_data_with_other_columns(self) -> None:
        features, labels = arrays(1)
        refused("data.bad_shape", lambda: plan(market()).provider("narrow", features[:, :1], labels))

    def test_data_with_holes(self) -> None:
        features, labels = arrays(1)
        features[3, 1] = np.nan
        refused("data.missing_value", lambda: plan(market()).provider("holes", features, labels))

    def test_a_store_that_takes_nothing_stops_the_run_and_says_so(self) -> None:
        class Full(MemoryStore):
            def put_entry(self, prefix: str, data: bytes) -> str:
                raise StoreError("store.unwritable", path="disk", detail="no space left")

        full = Market(chain=SimulatedChain(genesis_time=1000), store=Full())
        with pytest.raises(StoreError, match="cannot be written"):
            plan(full).run()


class TestPlans:
    def test_a_budget_is_fees_participation_and_the_rest_for_performance(self) -> None:
        options = within_budget(Options(), 1000, 3)
        assert options.performance == 1000 - 100 - 12 * 5 - 3 * 20

    def test_skills_are_read_exactly(self) -> None:
        assert ppb("0.1") == 10**8
        assert ppb("-0.000000001") == -1

    def test_an_allow_list_wants_everybody_unless_told_otherwise(self) -> None:
        listed = [("0x" + "1" * 40, 3), ("0x" + "2" * 40, 4)]
        admission = allow_list(listed)
        assert not admission.open
        assert (admission.min_providers, admission.max_providers, admission.max_weight) == (2, 2, 7)
        assert allow_list(listed, 1).min_providers == 1

    def test_anybody_may_join_within_the_weights(self) -> None:
        admission = anybody(5, 10, 20)
        assert (admission.open, admission.min_weight, admission.max_weight) == (True, 10, 20)


def test_under_open_admission_providers_lock_bonds_and_who_earned_is_paid() -> None:
    run = plan(market(), admission="open", target_skill="0.5").run()
    report = run.report
    assert run.terms.admission.open
    assert sum(line.bond for line in report.providers) >= 2 * report.budget
    debits = sum(line.debit for line in report.providers)
    assert sum(report.owed.values()) + report.refund + sum(report.fees.values()) == report.escrow + debits
    assert report.escrow == 1000 * TOKEN
    assert max(report.owed.values()) > 0


def test_open_admission_without_a_target_is_refused() -> None:
    refused("terms.open_without_target", plan(market(), admission="open", target_skill=None).run)


def test_with_bounds_the_constants_are_those_of_the_providers(tmp_path: Path) -> None:
    on = market(folder=tmp_path)
    task = on.task(arrays(9, 60), rounds=2, steps=5, target_skill="0.5", bounds=[(-5, 5), (-5, 5)])
    for number in range(3):
        task.provider(f"site {number}", *arrays(number, 60))
    run = task.run()
    schema = data_schema(run.record, run.number, run.requester.age)
    pooled = np.concatenate([arrays(number, 60)[0] for number in range(3)])
    assert [float(text) for text in schema.means] == pytest.approx(pooled.mean(axis=0), abs=1e-5)
    assert [float(text) for text in schema.scales] == pytest.approx(pooled.std(axis=0), abs=1e-5)
    on.export(tmp_path)
    checks = audit_export(tmp_path, run.number, run.evaluators[0].secret)
    assert {check.status for check in checks} == {PASS}
    assert "what 3 providers said of their columns" in " ".join(check.detail for check in checks)
    bundle = run.record.manifest(run.number, 1).summaries_blob
    name = id_hash(bundle).hex()
    (tmp_path / "store" / "sha256" / name[:2] / name[2:]).unlink()
    failed = [check.name for check in audit_export(tmp_path, run.number, run.evaluators[0].secret) if check.fault]
    assert failed == ["constants"]


@pytest.mark.parametrize("bounds", [[(0, 1)], [(0, 1), (1, 1)], [(0, 1), (2, 1)]])
def test_bounds_that_bound_nothing_are_refused(bounds: list[tuple[float, float]]) -> None:
    refused("terms.bad_bounds", plan(market(), bounds=bounds).run)
