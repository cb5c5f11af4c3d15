"""Contributions under every kind of server step and rule against exact Shapley values through that very rule."""

from statistics import median

import numpy as np
from tests.learning.clinics import CLIP, FEDADAM, FEDAVG, FEDAVGM, MEAN, Federation, federation

from benchmarks.command import run
from benchmarks.result import Found, Size, Table, Verdict
from fedmarket.domain.terms import Aggregation, Strategy
from fedmarket.learning.contribution import score_round
from fedmarket.learning.rule_game import PlayedRound, RuleGame
from fedmarket.learning.table import folds
from fedmarket.valuation.exact import shapley

TRIMMED = Aggregation("trimmed_mean", (("trim", "0.1"),))
CASES = (
    ("fedavg_mean", FEDAVG, MEAN, 0.01),
    ("fedavgm_mean", FEDAVGM, MEAN, 0.02),
    ("fedadam_mean", FEDADAM, MEAN, 0.08),
    ("fedavg_trimmed_mean", FEDAVG, TRIMMED, 0.2),
)
"""Strategy, rule and bound; the trimmed mean cuts a tenth of the weight at each end of every coordinate."""


def measure(size: Size, seed: int) -> Found:
    """Run clinics under each case over seeds, and compare contributions with exact values, summed over the rounds."""
    players, rounds, seeds = (10, 6, 10) if size is Size.FULL else (4, 2, 1)
    rows, verdicts = [], []
    for name, strategy, rule, bound in CASES:
        worlds = [federation(seed + i, players, rounds, strategy, aggregation=rule) for i in range(seeds)]
        errors = [_error(world, strategy, rule) for world in worlds]
        rows.append((strategy.name, rule.name, median(errors), max(errors)))
        verdicts.append(Verdict(name, bound, median(errors)))
    table = Table("errors", ("strategy", "rule", "error", "worst"), tuple(rows))
    return Found((table,), tuple(verdicts), {"providers": players, "rounds": rounds, "seeds": seeds})


def _error(world: Federation, strategy: Strategy, rule: Aggregation) -> float:
    """Return the relative L2 distance of the contributions from the exact Shapley values through the rule."""
    played = [PlayedRound(each.base, each.updates, world.weights) for each in world.rounds]
    games = RuleGame(world.recipe, strategy, rule, CLIP, world.validation).games(played)
    exact = np.sum([shapley(game).phi for game in games], axis=0)
    fold_of = folds(len(world.validation))
    scored = [
        score_round(world.recipe, each.base, each.after, each.shares, world.validation, fold_of)
        for each in world.rounds
    ]
    ours = np.sum([[each.phi[name] for name in sorted(each.phi)] for each in scored], axis=0)
    return float(np.linalg.norm(ours - exact) / np.linalg.norm(exact))


if __name__ == "__main__":
    run("rule_contribution", measure)
