"""Flower's strategies as server steps: each is handed one synthetic reply that holds the round's exact aggregate.

The only file that imports flwr. It uses strategies and records, and nothing of Flower's that runs: no grid, no app, no
node. So no telemetry, update check or thread is ever started, and no setting of the environment is needed.
"""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast

import numpy as np
from flwr import __version__
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, Metadata, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAdagrad, FedAdam, FedAvg, FedAvgM, FedProx, FedYogi
from flwr.serverapp.strategy.fedopt import FedOpt

from fedmarket.learning.momenta import Momenta, Vector, Weight, mean_of
from fedmarket.learning.tensors import Tensors, flatten

STRATEGIES: Mapping[str, type[FedAvg]] = {
    "fedavg": FedAvg,
    "fedprox": FedProx,
    "fedavgm": FedAvgM,
    "fedadam": FedAdam,
    "fedyogi": FedYogi,
    "fedadagrad": FedAdagrad,
}
# A strategy that samples no node (fraction_train 0) asks its grid for none.
NO_GRID = cast(Grid, None)


def flower_version() -> tuple[int, int]:
    """Return major and minor version of the installed Flower; (0, 0) where it names itself in another way."""
    parts = __version__.split(".")
    return (int(parts[0]), int(parts[1])) if len(parts) > 1 and all(map(str.isdigit, parts[:2])) else (0, 0)


class FlowerStep:
    """One of Flower's strategies as a `ServerOptimiser`; `shares` of a round come after its `advance`."""

    def __init__(self, name: str, parameters: Mapping[str, float]) -> None:
        """Build the strategy of this name in lower case, with `parameters` by Flower's own names."""
        with _unheard():
            self._strategy = STRATEGIES[name](**parameters)  # type: ignore[arg-type]
        self._strategy.fraction_train = 0.0
        self._momenta = _momenta_of(self._strategy)
        self._steps = self._shared = 0

    def advance(self, base: Tensors, total: Tensors, total_weight: int) -> Tensors:
        """As `ServerOptimiser.advance`; rounds are numbered by steps taken, so that an empty one changes nothing."""
        if total_weight == 0:
            return base
        self._steps += 1
        before = {name: base[name].astype(np.float64) for name in sorted(base)}
        reply = {name: before[name] + mean_of(total[name], total_weight) for name in before}
        with _unheard():
            self._strategy.configure_train(self._steps, _arrays(before), ConfigRecord(), NO_GRID)
            after, _ = self._strategy.aggregate_train(self._steps, [_reply(reply)])
        assert after is not None
        return {name: after[name].numpy().astype(np.float32) for name in before}

    def shares(
        self, updates: Mapping[str, Tensors], weights: Mapping[str, Weight], total_weight: int
    ) -> dict[str, Vector]:
        """As `ServerOptimiser.shares`; the scale is that of the step taken last, read from the strategy's own state."""
        if total_weight == 0:
            return {}
        self._shared += 1
        if self._shared != self._steps:
            raise ValueError("take a round's step before you ask for its shares")
        scale = self._scale()
        momenta = self._momenta.feed(updates, weights, total_weight)
        return {account: scale * momentum for account, momentum in momenta.items()}

    def _scale(self) -> Vector | float:
        """Return what the step multiplied the momentum by, at every coordinate (p,).

        FedAdagrad, FedYogi and FedAdam: eta / (sqrt(v_t) + tau), FedAdam's eta corrected for its bias by
        sqrt(1 - beta_2^(t+1)) / (1 - beta_1^(t+1)) (Reddi et al. 2021, Adaptive federated optimization; Flower's t).
        """
        strategy = self._strategy
        if isinstance(strategy, FedAvgM):
            return strategy.server_learning_rate
        if not isinstance(strategy, FedOpt):
            return 1.0
        assert strategy.v_t is not None
        rate = strategy.eta
        if isinstance(strategy, FedAdam):
            power = self._steps + 1.0
            rate *= float(np.sqrt(1 - strategy.beta_2**power) / (1 - strategy.beta_1**power))
        scale: Vector = rate / (np.sqrt(flatten(strategy.v_t)) + strategy.tau)
        return scale


def _momenta_of(strategy: FedAvg) -> Momenta:
    if isinstance(strategy, FedAvgM):
        return Momenta(strategy.server_momentum)
    if isinstance(strategy, FedOpt):
        return Momenta(strategy.beta_1, 1 - strategy.beta_1)
    return Momenta()


def _arrays(tensors: Tensors) -> ArrayRecord:
    return ArrayRecord({name: Array(values) for name, values in tensors.items()})


def _reply(tensors: Tensors) -> Message:
    """Return a train reply of one client that holds `tensors`; with its metadata given, it asks no clock or process."""
    metadata = Metadata(
        run_id=0,
        message_id="",
        src_node_id=0,
        dst_node_id=0,
        reply_to_message_id="",
        group_id="",
        created_at=0.0,
        ttl=0.0,
        message_type="train",
    )
    content = RecordDict({"arrays": _arrays(tensors), "metrics": MetricRecord({"num-examples": 1})})
    message: Message = Message(content, metadata=metadata)  # type: ignore[call-overload]
    return message


@contextmanager
def _unheard() -> Iterator[None]:
    """Drop what this thread makes Flower log meanwhile: it tells every reply on the console."""
    logger, thread = logging.getLogger("flwr"), threading.get_ident()

    def others(record: logging.LogRecord) -> bool:
        return record.thread != thread

    logger.addFilter(others)
    try:
        yield
    finally:
        logger.removeFilter(others)
