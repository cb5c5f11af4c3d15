"""From a round's exact aggregate to the next model, and each provider's share of that very step.

The strategies that average (FedAvg, FedProx, FedAvgM) are taken here; the adaptive ones are Flower's own, by way of
`flower_strategy`, which needs the extra `flower`.
"""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from fedmarket.domain.errors import UsageError
from fedmarket.domain.strategies import strategy_parameters
from fedmarket.domain.terms import Strategy
from fedmarket.learning.momenta import Momenta, Vector, Weight, mean_of
from fedmarket.learning.tensors import Tensors

SUPPORTED_FLOWER = ">=1.41,<1.43"


class ServerOptimiser(Protocol):
    """A strategy's state between rounds; replaying the stored aggregates from round 1 rebuilds it.

    `advance` and `shares` keep separate states: who needs both calls `advance` and then `shares` once per round, in
    the order of the rounds. A round without updates (total weight 0) changes nothing at all: neither the model nor
    any momentum.
    """

    def advance(self, base: Tensors, total: Tensors, total_weight: int) -> Tensors:
        """Return the next model in float32: `base` plus the server's step.

        `total` is the int64 weighted sum of the round's updates, `total_weight` the sum of the weights in it.
        Computed in float64.
        """
        ...

    def shares(
        self, updates: Mapping[str, Tensors], weights: Mapping[str, Weight], total_weight: int
    ) -> dict[str, Vector]:
        """Return each account's share s_i (p,) of the round's step, flattened as `flatten` does.

        s_i = the server's diagonal scale in this step x account i's own momentum (`Momenta`), with `weights` as they
        are in `total`. The shares add up to the step before its rounding to float32. Accounts absent this round keep
        a share as long as their momentum acts; a zero update without momentum has a share of exactly zero.
        """
        ...


class ServerStep:
    """Flower's FedAvgM: v = momentum x v + mean, next = base + rate x v; a momentum of 0 and a rate of 1 are FedAvg.

    As a `ServerOptimiser`. FedAvg is one correctly rounded division, so that it gives the same bits everywhere.
    """

    def __init__(self, momentum: float = 0.0, rate: float = 1.0) -> None:
        self._momentum, self._rate = momentum, rate
        self._velocity: Tensors = {}
        self._momenta = Momenta(momentum)

    def advance(self, base: Tensors, total: Tensors, total_weight: int) -> Tensors:
        """As `ServerOptimiser.advance`."""
        if total_weight == 0:
            return base
        step = {name: mean_of(total[name], total_weight) for name in total}
        if self._momentum:
            if self._velocity:
                step = {name: self._momentum * self._velocity[name] + step[name] for name in step}
            self._velocity = step
        moved = {name: base[name].astype(np.float64) + self._rate * step[name] for name in sorted(base)}
        return {name: values.astype(np.float32) for name, values in moved.items()}

    def shares(
        self, updates: Mapping[str, Tensors], weights: Mapping[str, Weight], total_weight: int
    ) -> dict[str, Vector]:
        """As `ServerOptimiser.shares`."""
        if total_weight == 0:
            return {}
        momenta = self._momenta.feed(updates, weights, total_weight)
        return {account: self._rate * momentum for account, momentum in momenta.items()}


def build_server_step(strategy: Strategy) -> ServerOptimiser:
    """Return a fresh server step for the terms' strategy.

    Raises TermsError as `domain.strategies.strategy_parameters`, and UsageError where the strategy is Flower's and no
    supported release of it is installed.
    """
    values = {name: float(value) for name, value in strategy_parameters(strategy).items()}
    if strategy.name in ("fedavg", "fedprox"):
        return ServerStep()
    if strategy.name == "fedavgm":
        return ServerStep(values["server_momentum"], values["server_learning_rate"])
    return _flower_step(strategy.name, values)


def _flower_step(name: str, values: Mapping[str, float]) -> ServerOptimiser:
    # Imported when a task needs it: Flower is an extra of some 200 MB.
    try:
        from fedmarket.learning.flower_strategy import FlowerStep, flower_version
    except ImportError as error:
        if not (error.name or "").startswith("flwr"):
            raise
        raise _flower_missing(name, "-") from error
    if flower_version() not in ((1, 41), (1, 42)):
        raise _flower_missing(name, ".".join(map(str, flower_version())))
    return FlowerStep(name, values)


def _flower_missing(name: str, found: str) -> UsageError:
    return UsageError("strategy.flower_missing", name=name, needed=SUPPORTED_FLOWER, found=found)


def client_config(strategy: Strategy) -> dict[str, float]:
    """Return what the strategy tells its clients beside the model, under Flower's keys: FedProx its proximal-mu."""
    values = strategy_parameters(strategy)
    return {"proximal-mu": float(values["proximal_mu"])} if "proximal_mu" in values else {}
