"""Flower's own strategies take the server's step, fed with one reply that holds the exact aggregate."""

import inspect
import json
import logging
import subprocess
import sys

import numpy as np
import pytest
from flwr.app import ArrayRecord, ConfigRecord
from flwr.serverapp import strategy as flower

from fedmarket.domain.strategies import STRATEGIES, strategy_parameters
from fedmarket.domain.terms import Strategy
from fedmarket.learning.fixed_point import QUANTA, QUANTUM
from fedmarket.learning.flower_strategy import NO_GRID, FlowerStep, flower_version
from fedmarket.learning.server_step import ServerOptimiser, build_server_step, client_config
from fedmarket.learning.tensors import Tensors, encode, flatten

from .flower_absent import hide_flower
from .refusals import refused
from .test_server_step import SPEC, WEIGHTS, model, rounds, total_of

PROX = Strategy("fedprox", (("proximal_mu", "0.1"),))
MOMENTUM = Strategy("fedavgm", (("server_momentum", "0.7"), ("server_learning_rate", "0.5")))
ADAPTIVE = [Strategy(name, (("eta", "0.03"),)) for name in ("fedadam", "fedyogi", "fedadagrad")]
SIX = [Strategy("fedavg"), PROX, MOMENTUM, *ADAPTIVE]
MEMBERS = [["ann", "bob", "eve"], ["bob"], ["ann", "eve"], ["bob", "eve"], ["ann"], ["ann", "bob", "eve"]]
NAMES = {"fedavg": "FedAvg", "fedprox": "FedProx", "fedavgm": "FedAvgM"} | {
    "fedadam": "FedAdam",
    "fedyogi": "FedYogi",
    "fedadagrad": "FedAdagrad",
}
LARGE = QUANTA // 8

each_of_six = pytest.mark.parametrize("strategy", SIX, ids=lambda each: each.name)
each_adaptive = pytest.mark.parametrize("strategy", ADAPTIVE, ids=lambda each: each.name)


def by_flower(strategy: Strategy) -> FlowerStep:
    return FlowerStep(strategy.name, {name: float(value) for name, value in strategy_parameters(strategy).items()})


def history(seed: int) -> list[dict[str, Tensors]]:
    """Rounds of a task whose updates shrink as training goes on, and in which accounts come and go."""
    made = rounds(seed, MEMBERS)
    return [
        {
            account: {name: array // 2 ** (3 + number) for name, array in update.items()}
            for account, update in each.items()
        }
        for number, each in enumerate(made)
    ]


def play(step: ServerOptimiser, played: list[dict[str, Tensors]], start: Tensors | None = None) -> list[Tensors]:
    models = [model() if start is None else start]
    for updates in played:
        models.append(step.advance(models[-1], *total_of(updates)))
    return models[1:]


@pytest.mark.parametrize("strategy", [Strategy("fedavg"), PROX, MOMENTUM], ids=lambda each: each.name)
def test_our_averaging_steps_are_flowers_own_within_float32(strategy: Strategy) -> None:
    ours, theirs = (play(step, history(0)) for step in (build_server_step(strategy), by_flower(strategy)))
    for mine, other in zip(ours, theirs, strict=True):
        assert np.abs(flatten(mine) - flatten(other)).max() <= 4 * np.spacing(np.float32(4))


@each_adaptive
def test_the_adaptive_strategies_are_taken_by_flower(strategy: Strategy) -> None:
    assert isinstance(build_server_step(strategy), FlowerStep)
    models = play(build_server_step(strategy), history(0))
    assert all(array.dtype == np.float32 for array in models[-1].values())
    assert [encode(each) for each in models] == [encode(each) for each in play(by_flower(strategy), history(0))]


def test_fedadam_is_the_published_recurrence() -> None:
    step, base, m, v = by_flower(ADAPTIVE[0]), model(), np.zeros(8), np.zeros(8)
    for number, updates in enumerate(history(1), 1):
        total, weight = total_of(updates)
        mean = flatten(total) / (weight * QUANTA)
        m, v = 0.9 * m + 0.1 * mean, 0.99 * v + 0.01 * mean**2
        rate = 0.03 * np.sqrt(1 - 0.99 ** (number + 1)) / (1 - 0.9 ** (number + 1))
        expected = flatten(base) + rate * m / (np.sqrt(v) + 0.01)
        base = step.advance(base, total, weight)
        assert np.allclose(flatten(base), expected, rtol=0, atol=1e-6)


@each_of_six
def test_shares_add_up_to_flowers_own_step(strategy: Strategy) -> None:
    step, base = by_flower(strategy), model()
    for updates in history(2):
        total, weight = total_of(updates)
        after = step.advance(base, total, weight)
        shares = step.shares(updates, WEIGHTS, weight)
        actual = flatten(after).astype(np.float64) - flatten(base)
        assert np.abs(sum(shares.values()) - actual).max() <= 1e-5 * np.abs(actual).max() + np.spacing(np.float32(4))
        base = after


@each_of_six
def test_shares_stay_finite_where_the_momenta_cancel(strategy: Strategy) -> None:
    step, up = by_flower(strategy), {name: np.full(shape, LARGE, np.int32) for name, shape in SPEC.shapes.items()}
    down = {name: -array for name, array in up.items()}
    updates = {"bob": up, "eve": down}
    for _ in range(3):
        after = step.advance(model(), *total_of(updates))
        shares = step.shares(updates, WEIGHTS, 4)
        assert encode(after) == encode(model())
        assert np.isfinite(shares["bob"]).all() and np.array_equal(shares["bob"], -shares["eve"])


@each_of_six
def test_who_sends_zeros_has_a_share_of_exactly_zero(strategy: Strategy) -> None:
    step = by_flower(strategy)
    for updates in history(3):
        sent = {**updates, "rider": SPEC.zeros()}
        total, weight = total_of(updates)
        step.advance(model(), total, weight + 5)
        assert not step.shares(sent, {**WEIGHTS, "rider": 5}, weight + 5)["rider"].any()


@each_of_six
def test_an_empty_round_changes_neither_the_model_nor_the_state_of_flowers(strategy: Strategy) -> None:
    with_gap, without = by_flower(strategy), by_flower(strategy)
    first, second = history(4)[:2]
    middle = play(with_gap, [first, {}])
    assert encode(middle[0]) == encode(middle[1])
    assert with_gap.shares(first, WEIGHTS, total_of(first)[1]).keys() == first.keys()
    assert with_gap.shares({}, WEIGHTS, 0) == {}
    assert encode(play(with_gap, [second], middle[1])[0]) == encode(play(without, [first, second])[1])


@each_of_six
def test_a_state_rebuilt_from_aggregates_gives_the_same_next_model_within_two_quanta(strategy: Strategy) -> None:
    played = history(5)
    served = build_server_step(strategy)
    models = [model(), *play(served, played)]
    standby = build_server_step(strategy)
    for base, updates in zip(models[:-2], played[:-1], strict=True):
        # A standby reads the bases from the record: float32, not what the first server still had in float64.
        standby.advance({name: array.copy() for name, array in base.items()}, *total_of(updates))
    rebuilt = standby.advance(models[-2], *total_of(played[-1]))
    assert np.abs(flatten(rebuilt).astype(np.float64) - flatten(models[-1])).max() <= 2 * QUANTUM


def test_shares_asked_for_before_the_step_are_a_fault() -> None:
    step, updates = by_flower(ADAPTIVE[0]), history(6)[0]
    with pytest.raises(ValueError, match="before you ask"):
        step.shares(updates, WEIGHTS, total_of(updates)[1])


def test_fedprox_tells_the_clients_what_flowers_own_configuration_tells_them() -> None:
    theirs = ConfigRecord()
    prox = flower.FedProx(proximal_mu=0.1, fraction_train=0.0)
    prox.configure_train(1, ArrayRecord(), theirs, NO_GRID)
    assert dict(theirs) == client_config(PROX)


@pytest.mark.parametrize("name", STRATEGIES)
def test_parameters_are_flowers_and_so_are_their_defaults_but_for_tau(name: str) -> None:
    known = inspect.signature(getattr(flower, NAMES[name]).__init__).parameters
    for parameter, ours in STRATEGIES[name].items():
        assert parameter in known
        if ours.default and parameter != "tau":
            assert float(ours.default) == known[parameter].default


def test_flower_says_nothing_while_it_takes_a_step_and_speaks_again_afterwards() -> None:
    said: list[logging.LogRecord] = []
    ear, logger = logging.Handler(), logging.getLogger("flwr")
    ear.emit = said.append  # type: ignore[assignment]
    logger.addHandler(ear)
    for strategy in SIX:
        play(by_flower(strategy), history(7))
    assert said == []
    logger.debug("heard")
    logger.removeHandler(ear)
    assert [record.getMessage() for record in said] == ["heard"]


ALONE = """
import json, os, sys, threading
import numpy as np
found, environment = [], dict(os.environ)
NETWORK = ("socket.", "subprocess.", "os.fork", "os.exec", "os.posix_spawn", "os.putenv", "os.mkdir")

def listen(event, arguments):
    writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if event.startswith(NETWORK) or writes:
        found.append(f"{event} {arguments[:2]}")

sys.addaudithook(listen)
from fedmarket.domain.terms import Strategy
from fedmarket.learning.server_step import build_server_step

step = build_server_step(Strategy("fedadam", (("eta", "0.03"),)))
step.advance({"w": np.zeros(3, np.float32)}, {"w": np.ones(3, np.int64)}, 1)
print(json.dumps([found, threading.active_count(), dict(os.environ) == environment]))
"""


def test_a_step_of_flowers_uses_no_network_no_process_no_file_no_thread_and_no_environment() -> None:
    done = subprocess.run([sys.executable, "-B", "-c", ALONE], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[], 1, True]
    assert done.stderr == ""


LIGHT = """
import sys
import fedmarket.agents.aggregator, fedmarket.agents.evaluator, fedmarket.agents.provider, fedmarket.embedded.demo
from fedmarket.domain.terms import Strategy
from fedmarket.learning.server_step import build_server_step

for strategy in (Strategy("fedavg"), Strategy("fedprox", (("proximal_mu", "1"),))):
    build_server_step(strategy)
build_server_step(Strategy("fedavgm", (("server_momentum", "0.5"),)))
print([name for name in sys.modules if name.partition(".")[0] in ("flwr", "grpc")])
"""


def test_nobody_loads_flower_for_a_task_that_does_not_need_it() -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@each_adaptive
def test_without_flower_an_adaptive_strategy_is_refused_saying_what_to_install(
    strategy: Strategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide_flower(monkeypatch)
    with refused("strategy.flower_missing", "pip install 'fedmarket[flower]'"):
        build_server_step(strategy)


@pytest.mark.parametrize("strategy", [Strategy("fedavg"), PROX, MOMENTUM], ids=lambda each: each.name)
def test_without_flower_averaging_goes_on(strategy: Strategy, monkeypatch: pytest.MonkeyPatch) -> None:
    hide_flower(monkeypatch)
    assert play(build_server_step(strategy), history(8))


@pytest.mark.parametrize("version", ["1.40.0", "1.43.0", "2.0", "nightly", ""])
def test_another_release_of_flower_is_refused_naming_it(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from fedmarket.learning import flower_strategy

    monkeypatch.setattr(flower_strategy, "__version__", version)
    found = ".".join(map(str, flower_version()))
    with refused("strategy.flower_missing", found):
        build_server_step(ADAPTIVE[0])
