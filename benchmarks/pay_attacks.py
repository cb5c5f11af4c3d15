"""What attacks on pay bring under the rule for strangers, and under one that only clamps: tokens of a budget of 900."""

from collections.abc import Callable, Sequence
from statistics import mean, stdev

from tests.worlds.pay_attacks import (
    echo,
    flipped_labels,
    hedged_pair,
    idle,
    known_sign_pair,
    members,
    noise,
    one_against_seven,
)
from tests.worlds.pay_world import (
    LISTED_RULE,
    OPEN_RULE,
    Behaviour,
    Data,
    draw,
    hospitals,
    pay,
    tokens,
    training,
)
from tests.worlds.pay_world import run as federate

from benchmarks.command import run
from benchmarks.result import Found, Size, Table, Verdict

HONEST = range(5)
ATTACKS: dict[str, Callable[[Data], Sequence[Behaviour]]] = {
    "idle": lambda data: [idle],
    "noise_8": lambda data: [noise(i) for i in range(8)],
    "hedged_pairs_8": lambda data: [behave for i in range(8) for behave in hedged_pair(i)],
    "known_sign_pair": lambda data: known_sign_pair(),
    "one_against_seven": lambda data: one_against_seven(),
    "echo_4": lambda data: [echo] * 4,
    "flipped_labels": lambda data: [flipped_labels(data)],
    "boost_3": lambda data: [training(data.hospitals[2], 2, boost=3.0)],
    "leaked_copy_4": lambda data: [training(data.hospitals[0], 0)] * 4,
}
CURED = ("idle", "noise_8", "hedged_pairs_8", "known_sign_pair", "one_against_seven", "echo_4", "flipped_labels")
"""What pay itself makes worthless; bought weight, leaked copies and a known validation set need an allow-list."""


def measure(size: Size, seed: int) -> Found:
    """Let every attack join the five hospitals over many seeds, settle by both rules, and compare."""
    seeds = range(seed, seed + (40 if size is Size.FULL else 2))
    rows, worst = [], float("-inf")
    for attack, behaviours in ATTACKS.items():
        takes = [_takes(behaviours, each) for each in seeds]
        strangers, naive, honest = (list(column) for column in zip(*takes, strict=True))
        rows.append((attack, mean(strangers), _error(strangers), mean(naive), _error(naive), mean(honest)))
        if attack in CURED:
            worst = max(worst, mean(strangers) - 2 * _error(strangers))
    columns = ("attack", "open_tokens", "open_error", "naive_tokens", "naive_error", "honest_change")
    return Found((Table("takes", columns, tuple(rows)),), (Verdict("no_gain", 0.0, worst),), {"seeds": len(seeds)})


def _takes(behaviours: Callable[[Data], Sequence[Behaviour]], seed: int) -> tuple[float, float, float]:
    """Return what the attacker takes by the rule for strangers and by the naive one, and the hospitals' change."""
    data = draw(seed)
    alone = hospitals(data)
    everybody = alone + members(behaviours(data))
    history, undisturbed = federate(data, everybody), federate(data, alone)
    attackers = range(len(alone), len(everybody))
    strangers, naive = (pay(rule, history, everybody) for rule in (OPEN_RULE, LISTED_RULE))
    change = tokens(strangers, HONEST) - tokens(pay(OPEN_RULE, undisturbed, alone), HONEST)
    return tokens(strangers, attackers), tokens(naive, attackers), change


def _error(values: Sequence[float]) -> float:
    return float(stdev(values) / len(values) ** 0.5)


if __name__ == "__main__":
    run("pay_attacks", measure)
