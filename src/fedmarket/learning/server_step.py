"""From a round's exact aggregate to the next model, and each provider's share of that very step.

Flower's FedAvgM with a server learning rate of 1 (v = momentum x v + mean, next = base + v); a momentum of 0
is FedAvg.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import TermsError
from fedmarket.domain.rates import exact
from fedmarket.domain.terms import Strategy
from fedmarket.learning.fixed_point import QUANTA
from fedmarket.learning.tensors import Tensors, flatten

Vector = NDArray[np.float64]


class ServerStep:
    """A strategy's state between rounds; replaying the stored aggregates from round 1 rebuilds it.

    `advance` and `shares` keep separate states: who needs both calls each once per round, in the order of the
    rounds. A round without updates (total weight 0) changes nothing at all: neither the model nor any
    momentum.
    """

    def __init__(self, momentum: float = 0.0) -> None:
        self._momentum = momentum
        self._velocity: Tensors = {}
        self._velocity_of: dict[str, Vector] = {}

    def advance(self, base: Tensors, total: Tensors, total_weight: int) -> Tensors:
        """Return the next model in float32: `base` plus the server's step.

        `total` is the int64 weighted sum of the round's updates, `total_weight` the sum of their weights.
        Computed in float64: one correctly rounded division, so that FedAvg gives the same bits everywhere.
        """
        if total_weight == 0:
            return base
        step = {name: _mean(total[name], total_weight) for name in total}
        if self._momentum:
            if self._velocity:
                step = {name: self._momentum * self._velocity[name] + step[name] for name in step}
            self._velocity = step
        return {name: (base[name].astype(np.float64) + step[name]).astype(np.float32) for name in sorted(base)}

    def shares(
        self, updates: Mapping[str, Tensors], weights: Mapping[str, int], total_weight: int
    ) -> dict[str, Vector]:
        """Return each account's share s_i (p,) of the round's step, flattened as `flatten` does.

        s_i = momentum x s_i of the round before + weight_i x update_i / total weight. The shares add up to
        the step before its rounding to float32. Accounts absent this round keep a share as long as their
        momentum acts; a zero update without momentum has a share of exactly zero.
        """
        if total_weight == 0:
            return {}
        shares = {account: self._momentum * past for account, past in self._velocity_of.items()}
        for account, update in updates.items():
            own = _mean(flatten(update).astype(np.int64) * weights[account], total_weight)
            shares[account] = shares[account] + own if account in shares else own
        if self._momentum:
            self._velocity_of = shares
        return dict(sorted(shares.items()))


def _mean(total: NDArray[np.int64], total_weight: int) -> Vector:
    # Both sides are exact in float64 (the terms' overflow rule), so the quotient is rounded once.
    quotient: Vector = total.astype(np.float64) / (float(total_weight) * QUANTA)
    return quotient


def _fedavg() -> ServerStep:
    return ServerStep()


def _fedavgm(server_momentum: str) -> ServerStep:
    momentum = exact("server_momentum", server_momentum)
    if not 0 <= momentum < 1:
        raise TermsError("terms.bad_momentum", name="server_momentum", text=server_momentum)
    return ServerStep(float(momentum))


STRATEGIES: Mapping[str, tuple[Callable[..., ServerStep], tuple[str, ...]]] = {
    "fedavg": (_fedavg, ()),
    "fedavgm": (_fedavgm, ("server_momentum",)),
}


def build_server_step(strategy: Strategy) -> ServerStep:
    """Return a fresh server step for the terms' strategy.

    Raises TermsError for an unknown strategy, for parameters that are not exactly its own, and for a
    server_momentum that is not a plain decimal string from 0 to below 1.
    """
    if strategy.name not in STRATEGIES:
        raise TermsError("terms.unknown_strategy", name=strategy.name[:40], known=", ".join(STRATEGIES))
    build, expected = STRATEGIES[strategy.name]
    if tuple(name for name, _ in strategy.parameters) != expected:
        raise TermsError("terms.bad_parameters", name=strategy.name, expected=", ".join(expected) or "-")
    return build(**dict(strategy.parameters))
