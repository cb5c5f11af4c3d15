import numpy as np
import pytest

from fedmarket.domain.terms import Strategy
from fedmarket.learning.aggregate import weighted_sum
from fedmarket.learning.fixed_point import QUANTA
from fedmarket.learning.server_step import ServerStep, build_server_step, client_config
from fedmarket.learning.tensors import Tensors, TensorSpec, encode, flatten

from .refusals import refused

SPEC = TensorSpec({"bias": (2,), "weight": (3, 2)}, "I32")
WEIGHTS = {"ann": 3, "bob": 2, "eve": 2}
FEDAVGM = Strategy("fedavgm", (("server_momentum", "0.7"),))


def an_update(rng: np.random.Generator) -> Tensors:
    return {name: rng.integers(-QUANTA, QUANTA, shape, np.int32) for name, shape in SPEC.shapes.items()}


def rounds(seed: int, members: list[list[str]]) -> list[dict[str, Tensors]]:
    rng = np.random.default_rng(seed)
    return [{account: an_update(rng) for account in present} for present in members]


def total_of(updates: dict[str, Tensors]) -> tuple[Tensors, int]:
    weights = [WEIGHTS[account] for account in updates]
    return weighted_sum(list(updates.values()), weights, SPEC, 8 * QUANTA), sum(weights)


def model(seed: int = 9) -> Tensors:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in SPEC.shapes.items()}


@pytest.mark.parametrize("name", ["fedsgd", "FedAvg", ""])
def test_an_unknown_strategy_is_refused_naming_those_known(name: str) -> None:
    with refused("terms.unknown_strategy", "fedavg, fedprox, fedavgm, fedadam, fedyogi, fedadagrad"):
        build_server_step(Strategy(name))


@pytest.mark.parametrize("parameters", [(("server_momentum", "0.5"),), (("mu", "0.1"),)], ids=["another's", "unknown"])
def test_parameters_that_fedavg_does_not_have_are_refused(parameters: tuple[tuple[str, str], ...]) -> None:
    with refused("terms.bad_parameters", "fedavg"):
        build_server_step(Strategy("fedavg", parameters))


def test_fedavgm_without_its_momentum_is_refused() -> None:
    with refused("terms.bad_parameters", "server_momentum, server_learning_rate=1"):
        build_server_step(Strategy("fedavgm"))


@pytest.mark.parametrize(
    ("text", "rule"), [("1", "momentum"), ("-0.1", "momentum"), ("nan", "decimal"), ("5e-1", "decimal")]
)
def test_a_momentum_that_is_no_decimal_from_zero_to_below_one_is_refused(text: str, rule: str) -> None:
    with refused(f"terms.bad_{rule}", text):
        build_server_step(Strategy("fedavgm", (("server_momentum", text),)))


def test_fedavg_adds_the_correctly_rounded_mean() -> None:
    updates = rounds(0, [["ann", "bob"]])[0]
    total, weight = total_of(updates)
    after = build_server_step(Strategy("fedavg")).advance(model(), total, weight)
    expected = model()["bias"].astype(np.float64) + total["bias"] / (5 * 2**24)
    assert after["bias"].dtype == np.float32
    assert np.array_equal(after["bias"], expected.astype(np.float32))


def test_fedavgm_is_flowers_recurrence() -> None:
    step, base, velocity = build_server_step(FEDAVGM), model(), np.zeros(8)
    for updates in rounds(1, [["ann", "bob"], ["bob"], ["ann", "eve"]]):
        total, weight = total_of(updates)
        velocity = 0.7 * velocity + flatten(total) / (weight * QUANTA)
        expected = flatten(base) + velocity
        base = step.advance(base, total, weight)
        assert np.allclose(flatten(base), expected, rtol=0, atol=1e-6)


def test_a_momentum_of_zero_is_fedavg() -> None:
    total, weight = total_of(rounds(2, [["ann", "eve"]])[0])
    still = build_server_step(Strategy("fedavgm", (("server_momentum", "0"),)))
    assert encode(still.advance(model(), total, weight)) == encode(ServerStep().advance(model(), total, weight))


def test_a_server_learning_rate_scales_the_step_and_its_shares() -> None:
    full, half = (Strategy("fedavgm", (*FEDAVGM.parameters, ("server_learning_rate", rate))) for rate in ("1", "0.5"))
    steps, bases = [build_server_step(full), build_server_step(half)], [model(), model()]
    for updates in rounds(1, [["ann", "bob"], ["bob"], ["ann", "eve"]]):
        total, weight = total_of(updates)
        after = [step.advance(base, total, weight) for step, base in zip(steps, bases, strict=True)]
        moved = [flatten(late).astype(np.float64) - flatten(early) for late, early in zip(after, bases, strict=True)]
        assert np.allclose(2 * moved[1], moved[0], rtol=0, atol=1e-6)
        whole, scaled = (step.shares(updates, WEIGHTS, weight) for step in steps)
        assert all(np.array_equal(0.5 * whole[account], scaled[account]) for account in whole)
        bases = after


@pytest.mark.parametrize("mu", ["0.1", "3"])
def test_fedprox_takes_the_step_of_fedavg_to_the_bit_and_tells_its_clients_mu(mu: str) -> None:
    total, weight = total_of(rounds(2, [["ann", "eve"]])[0])
    prox = Strategy("fedprox", (("proximal_mu", mu),))
    averaged = build_server_step(Strategy("fedavg")).advance(model(), total, weight)
    assert encode(build_server_step(prox).advance(model(), total, weight)) == encode(averaged)
    assert client_config(prox) == {"proximal-mu": float(mu)}
    assert client_config(FEDAVGM) == client_config(Strategy("fedavg")) == {}


@pytest.mark.parametrize("strategy", [Strategy("fedavg"), FEDAVGM], ids=lambda each: each.name)
def test_an_empty_round_changes_neither_the_model_nor_the_state(strategy: Strategy) -> None:
    history = rounds(3, [["ann", "bob"], [], ["eve"]])
    with_gap, without = build_server_step(strategy), build_server_step(strategy)
    model_with, model_without = model(), model()
    for updates in history:
        before = encode(model_with)
        model_with = with_gap.advance(model_with, *total_of(updates))
        gap_shares = with_gap.shares(updates, WEIGHTS, total_of(updates)[1])
        if not updates:
            assert encode(model_with) == before and gap_shares == {}
            continue
        model_without = without.advance(model_without, *total_of(updates))
        shares = without.shares(updates, WEIGHTS, total_of(updates)[1])
        assert all(np.array_equal(gap_shares[account], share) for account, share in shares.items())
    assert encode(model_with) == encode(model_without)


@pytest.mark.parametrize("strategy", [Strategy("fedavg"), FEDAVGM], ids=lambda each: each.name)
def test_the_shares_sum_to_the_actual_step(strategy: Strategy) -> None:
    step, base = build_server_step(strategy), model()
    for updates in rounds(4, [["ann", "bob", "eve"], ["bob"], ["ann", "eve"], ["bob"]]):
        total, weight = total_of(updates)
        after = step.advance(base, total, weight)
        shares = step.shares(updates, WEIGHTS, weight)
        actual = flatten(after).astype(np.float64) - flatten(base)
        assert np.abs(sum(shares.values()) - actual).max() < 5e-7
        base = after


def test_an_account_that_is_absent_keeps_its_momentums_share() -> None:
    step = build_server_step(FEDAVGM)
    first, second = rounds(5, [["ann", "bob"], ["bob"]])
    before = step.shares(first, WEIGHTS, 5)["ann"]
    assert np.array_equal(step.shares(second, WEIGHTS, 2)["ann"], 0.7 * before)
    assert "ann" not in build_server_step(Strategy("fedavg")).shares(second, WEIGHTS, 2)


def test_a_zero_update_has_a_share_of_exactly_zero() -> None:
    step = build_server_step(FEDAVGM)
    for updates in rounds(6, [["ann", "bob"], ["ann", "bob"]]):
        shares = step.shares({**updates, "eve": SPEC.zeros()}, WEIGHTS, 7)
        assert not shares["eve"].any()


def test_a_step_rebuilt_from_the_stored_aggregates_goes_on_alike() -> None:
    history = rounds(7, [["ann"], ["ann", "bob"], ["eve"]])
    first, base = build_server_step(FEDAVGM), model()
    models = [base := first.advance(base, *total_of(updates)) for updates in history]
    standby, again = build_server_step(FEDAVGM), model()
    for updates in history:
        again = standby.advance(again, *total_of(updates))
    assert encode(again) == encode(models[-1])


def test_splitting_a_fixed_weight_between_two_accounts_changes_no_sum() -> None:
    update = rounds(8, [["ann"]])[0]["ann"]
    whole = ServerStep(0.5).shares({"ann": update}, {"ann": 4}, 9)["ann"]
    halves = ServerStep(0.5).shares({"a1": update, "a2": update}, {"a1": 1, "a2": 3}, 9)
    assert np.allclose(halves["a1"] + halves["a2"], whole, rtol=1e-15)
