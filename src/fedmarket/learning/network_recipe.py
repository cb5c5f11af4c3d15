"""A recipe made of a network and an objective: softmax, linear and mlp are three such pairs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from fedmarket.learning.descent import descend, shuffled_batches
from fedmarket.learning.objectives import Objective, Slopes
from fedmarket.learning.table import FloatArray, Group, IntVector, Table
from fedmarket.learning.tensors import Tensors, TensorSpec
from fedmarket.valuation.path import Path

_BLOCK_CELLS = 1 << 19
"""Numbers in flight while coalitions are evaluated: a few MB, so that they stay in a processor's cache."""


class Network(Protocol):
    """From features to outputs: `LinearMap`, `HiddenLayer`; d features, o outputs, p parameters."""

    @property
    def spec(self) -> TensorSpec:
        """Names and shapes of the tensors, dtype F32."""
        ...

    def init(self, seed: int) -> Tensors:
        """Return the first model that `seed` stands for."""
        ...

    def forward(self, model: Tensors, features: FloatArray) -> FloatArray:
        """Return the outputs (n, o) for `features` (n, d)."""
        ...

    def gradients(self, model: Tensors, features: FloatArray, slopes: Slopes, groups: Sequence[Group]) -> FloatArray:
        """Return the gradient of the loss summed over each group of rows, (groups, p).

        `slopes` maps outputs to d loss / d outputs.
        """
        ...

    def path_gradients(
        self, start: Tensors, end: Tensors, path: Path, features: FloatArray, slopes: Slopes, groups: Sequence[Group]
    ) -> FloatArray:
        """Return the mean of `gradients` over the models start + t (end - start) of `path`, (groups, p)."""
        ...

    def combiner(
        self, base: FloatArray, shares: FloatArray, features: FloatArray
    ) -> Callable[[FloatArray], FloatArray]:
        """Return a function from coalitions (m, k) to outputs (m, n, o) of models base (p,) + coalition @ shares."""
        ...


@dataclass(frozen=True)
class NetworkRecipe:
    """A `Recipe` by its name in the terms."""

    name: str
    network: Network
    objective: Objective

    @property
    def spec(self) -> TensorSpec:
        """Names and shapes of the model's tensors, dtype F32."""
        return self.network.spec

    def init(self, seed: int) -> Tensors:
        """Return the initial model that `seed` stands for."""
        return self.network.init(seed)

    def train(
        self,
        model: Tensors,
        table: Table,
        *,
        steps: int,
        batch: int,
        learning_rate: float,
        momentum: float,
        seed: int,
        proximal: float = 0.0,
    ) -> Tensors:
        """Return `model` after `steps` of `descent.descend` on batches of `batch` rows, shuffled by `seed`."""
        return descend(
            model,
            self.spec,
            lambda point, rows: self._batch_gradient(point, Table(table.features[rows], table.labels[rows])),
            shuffled_batches(len(table), steps, batch, seed),
            learning_rate=learning_rate,
            momentum=momentum,
            proximal=proximal,
        )

    def losses(self, model: Tensors, table: Table) -> FloatArray:
        """Return each row's loss (n,)."""
        return self.objective.losses(self.network.forward(model, table.features), table.labels)

    def predictions(self, model: Tensors, table: Table) -> FloatArray:
        """Return the probability of every class (n, c), or the predicted standardised number (n,)."""
        return self.objective.predictions(self.network.forward(model, table.features))

    def fold_gradients(self, model: Tensors, table: Table, folds: IntVector) -> FloatArray:
        """Return the gradient of the mean loss of each fold, (folds, p)."""
        slopes, groups = self._fold_slopes(table, folds)
        return self.network.gradients(model, table.features, slopes, groups)

    def path_gradients(self, start: Tensors, end: Tensors, path: Path, table: Table, folds: IntVector) -> FloatArray:
        """Return the mean of `fold_gradients` over the models start + t (end - start) of `path`, (folds, p)."""
        slopes, groups = self._fold_slopes(table, folds)
        return self.network.path_gradients(start, end, path, table.features, slopes, groups)

    def coalition_losses(
        self, base: FloatArray, shares: FloatArray, table: Table
    ) -> Callable[[FloatArray], FloatArray]:
        """Return a function from coalitions (m, k) to mean losses (m,) of models base (p,) + coalition @ shares."""
        outputs = self.network.combiner(base, shares, table.features)
        block = max(1, _BLOCK_CELLS // (len(table) * self._width))

        def losses(coalitions: FloatArray) -> FloatArray:
            blocks = (coalitions[at : at + block] for at in range(0, len(coalitions), block))
            return np.concatenate([self.objective.losses(outputs(each), table.labels).mean(axis=-1) for each in blocks])

        return losses

    @property
    def _width(self) -> int:
        """The most numbers that one row needs at a time."""
        return max(shape[-1] for shape in self.spec.shapes.values())

    def _batch_gradient(self, model: Tensors, batch: Table) -> FloatArray:
        slopes = self._slopes(batch, np.full((len(batch), 1), 1 / len(batch)))
        gradient: FloatArray = self.network.gradients(model, batch.features, slopes, [slice(None)])[0]
        return gradient

    def _fold_slopes(self, table: Table, folds: IntVector) -> tuple[Slopes, list[Group]]:
        """Return the slopes of every fold's mean loss, and the rows of each fold."""
        groups: list[Group] = [np.flatnonzero(folds == fold) for fold in range(int(folds.max()) + 1)]
        return self._slopes(table, (1 / np.bincount(folds))[folds, None]), groups

    def _slopes(self, table: Table, share: FloatArray) -> Slopes:
        """Return the slopes of a loss in which every row counts with its `share` (n, 1)."""

        def slopes(outputs: FloatArray) -> FloatArray:
            found: FloatArray = self.objective.slopes(outputs, table.labels) * share
            return found

        return slopes
