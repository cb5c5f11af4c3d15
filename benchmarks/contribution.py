"""How near contributions are to Shapley values and how long they take, beside other estimators on the same games."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import median

import numpy as np
from scipy.stats import spearmanr  # type: ignore[import-untyped]

from benchmarks.command import run
from benchmarks.images import digits, large_digits
from benchmarks.result import Cell, Found, Sense, Size, Table, Verdict
from benchmarks.scenarios import Federation, Round, Scenario, play
from benchmarks.timing import interleaved, timed
from fedmarket.learning.contribution import RoundGame, score_round
from fedmarket.learning.table import folds
from fedmarket.valuation.exact import shapley
from fedmarket.valuation.games import FloatVector, Game, Memo
from fedmarket.valuation.gtg import gtg_shapley
from fedmarket.valuation.kernel import kernel_shapley
from fedmarket.valuation.leave_one_out import leave_one_out
from fedmarket.valuation.permutations import sampled_shapley
from fedmarket.valuation.renormalised import Renormalised

MODELS = {"softmax": "softmax", "mlp": "mlp:200"}
SHARE, EXACT = "share_of_the_step", "exact"
REFERENCE_ERROR = 0.002
BUDGET = 500
"""Coalitions that the sampling estimators are given; GTG-Shapley and leave-one-out spend what they spend."""


@dataclass(frozen=True)
class Estimate:
    """One method on one round: against the reference, in coalitions or gradients, and in seconds."""

    relative_l2: float
    largest: float
    spearman: float
    evaluations: int
    seconds: float


Way = Callable[[], tuple[FloatVector, int]]


def measure(size: Size, seed: int) -> Found:
    """Play the scenarios, value every round by every method, and take medians over scenarios, seeds and rounds."""
    full = size is Size.FULL
    seeds = {10: range(seed, seed + (4 if full else 1)), 50: range(seed, seed + 1)}
    rounds, models = (2 if full else 1), (list(MODELS) if full else ["softmax"])
    tables, verdicts = [], []
    for model in models:
        for players in (10, 50) if full else (10,):
            by_scenario = {s: _scenario(s, model, players, seeds[players], rounds) for s in Scenario}
            tables.append(_by_method(f"methods_{model}_{players}", by_scenario))
            tables.append(_by_scenario(f"scenarios_{model}_{players}", by_scenario))
            errors = [each.relative_l2 for found in by_scenario.values() for each in found[SHARE]]
            bound = 0.01 if players == 10 else 0.02
            verdicts.append(Verdict(f"{model}_{players}", bound, median(errors)))
            verdicts.append(Verdict(f"{model}_{players}_spearman", 0.99, _spearman(by_scenario), Sense.AT_LEAST))
        if full:
            verdicts.append(Verdict(f"{model}_cost_of_50", 2.0, _cost_of_fifty(model, seed)))
    facts = {"seeds_10": len(seeds[10]), "seeds_50": len(seeds[50]), "rounds": rounds, "budget": BUDGET}
    return Found(tuple(tables), tuple(verdicts), {**facts, "reference_error": REFERENCE_ERROR})


def _played(scenario: Scenario, model: str, players: int, seed: int, rounds: int) -> Federation:
    images = digits() if model == "softmax" else large_digits()
    return play(scenario, images, MODELS[model], players, seed, rounds=rounds)


def _scenario(scenario: Scenario, model: str, players: int, seeds: range, rounds: int) -> Mapping[str, list[Estimate]]:
    found: dict[str, list[Estimate]] = {}
    for seed in seeds:
        world = _played(scenario, model, players, seed, rounds)
        for each in world.rounds:
            for method, estimate in _round(world, each, seed).items():
                found.setdefault(method, []).append(estimate)
    return found


def _round(world: Federation, each: Round, seed: int) -> dict[str, Estimate]:
    """Value one round by every method; the games of FedSV and of GTG-Shapley have a reference of their own."""
    ways, game = _ways(world, each, seed), RoundGame(world.recipe, each.base, each.shares, world.validation)
    seconds, (truth, evaluations) = timed(lambda: _reference(game, seed))
    found = {SHARE: _estimate(ways.pop(SHARE), truth), "reference": Estimate(0.0, 0.0, 1.0, evaluations, seconds)}
    found |= {method: _estimate(way, truth) for method, way in ways.items()}
    if game.players <= 10:
        own = _renormalised(world, game)
        seconds, exact = timed(lambda: shapley(own).phi)
        found["gtg_own_game"] = _estimate(lambda: _counted(own, lambda g: gtg_shapley(g, seed=seed).phi), exact)
        found["fedsv_exact"] = replace(_estimate(lambda: (exact, 2**game.players), truth), seconds=seconds)
    return found


def _ways(world: Federation, each: Round, seed: int) -> dict[str, Way]:
    """Return every method as a function; each makes its own game, so that what a game prepares is in its time."""
    fold_of = folds(len(world.validation))

    def share() -> tuple[FloatVector, int]:
        scores = score_round(world.recipe, each.base, each.after, each.shares, world.validation, fold_of)
        return np.array([scores.phi[name] for name in sorted(each.shares)]), 8

    def on_game(value: Callable[[Game], FloatVector]) -> Way:
        return lambda: _counted(RoundGame(world.recipe, each.base, each.shares, world.validation), value)

    players = len(each.shares)
    pairs = max(2, (BUDGET - 2) // (2 * (players - 1)))
    return {
        SHARE: share,
        "permutations": on_game(lambda game: sampled_shapley(game, seed=seed, pairs=pairs).phi),
        "gtg": on_game(lambda game: gtg_shapley(game, seed=seed).phi),
        "kernel": on_game(lambda game: kernel_shapley(game, seed=seed, pairs=(BUDGET - 2) // 2).phi),
        "kernel_shapiq": on_game(lambda game: _shapiq(game, seed)),
        "leave_one_out": on_game(lambda game: leave_one_out(game).phi),
    }


def _counted(game: Game, value: Callable[[Game], FloatVector]) -> tuple[FloatVector, int]:
    known = Memo(game)
    return value(known), known.evaluations


def _shapiq(game: Game, seed: int) -> FloatVector:
    from shapiq import KernelSHAP

    empty = float(game.values(np.zeros((1, game.players), np.bool_))[0])
    oracle = KernelSHAP(n=game.players, pairing_trick=True, random_state=seed)
    values = oracle.approximate(BUDGET, lambda rows: game.values(rows.astype(np.bool_)) - empty)
    return np.asarray(values.get_n_order_values(1), np.float64)


def _reference(game: Game, seed: int) -> tuple[FloatVector, int]:
    """Return the exact Shapley value, or one by permutations with a relative standard error of at most 0.002."""
    if game.players <= 10:
        return shapley(game).phi, 2**game.players
    found = sampled_shapley(game, seed=seed + 77, pairs=2000, target=REFERENCE_ERROR)
    return found.phi, found.evaluations


def _renormalised(world: Federation, game: RoundGame) -> Renormalised:
    return Renormalised(game.mixtures, np.array([world.weights[name] for name in game.accounts], np.float64))


def _estimate(way: Way, truth: FloatVector) -> Estimate:
    seconds, (phi, evaluations) = timed(way)
    scale = float(np.linalg.norm(truth))
    return Estimate(
        relative_l2=float(np.linalg.norm(phi - truth)) / scale,
        largest=float(np.abs(phi - truth).max() / np.abs(truth).mean()),
        spearman=float(spearmanr(phi, truth).statistic),
        evaluations=evaluations,
        seconds=seconds,
    )


def _by_method(name: str, by_scenario: Mapping[Scenario, Mapping[str, list[Estimate]]]) -> Table:
    methods = list(next(iter(by_scenario.values())))
    rows = []
    for method in methods:
        each = [estimate for found in by_scenario.values() for estimate in found[method]]
        rows.append(
            (
                method,
                median(e.relative_l2 for e in each),
                max(e.relative_l2 for e in each),
                median(e.largest for e in each),
                median(e.spearman for e in each),
                median(e.evaluations for e in each),
                1000 * median(e.seconds for e in each),
            )
        )
    columns = ("method", "relative_l2", "worst_relative_l2", "largest", "spearman", "evaluations", "ms")
    return Table(name, columns, tuple(rows))


def _by_scenario(name: str, by_scenario: Mapping[Scenario, Mapping[str, list[Estimate]]]) -> Table:
    shown = (SHARE, "permutations", "kernel", "gtg")
    rows: list[tuple[Cell, ...]] = [
        (str(scenario), *(median(e.relative_l2 for e in found[method]) for method in shown))
        for scenario, found in by_scenario.items()
    ]
    return Table(name, ("scenario", *shown), tuple(rows))


def _spearman(by_scenario: Mapping[Scenario, Mapping[str, list[Estimate]]]) -> float:
    return median(each.spearman for found in by_scenario.values() for each in found[SHARE])


def _cost_of_fifty(model: str, seed: int) -> float:
    """Return how many times as long the contributions of 50 providers take as those of 10, in alternation."""
    worlds = {players: _played(Scenario.SAME, model, players, seed, 1) for players in (10, 50)}
    ways = {str(players): _ways(world, world.rounds[0], seed)[SHARE] for players, world in worlds.items()}
    seconds = interleaved(ways, 21)
    return seconds["50"] / seconds["10"]


if __name__ == "__main__":
    run("contribution", measure)
