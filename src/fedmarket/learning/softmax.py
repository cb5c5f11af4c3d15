"""Multinomial logistic regression: a linear map to class scores, cross-entropy, SGD with momentum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedmarket.learning.table import FloatArray, IntVector, Table
from fedmarket.learning.tensors import Tensors, TensorSpec


@dataclass(frozen=True)
class Softmax:
    """`weight` (features, classes) and `bias` (classes,), starting from zeros."""

    features: int
    classes: int
    name: str = "softmax"

    @property
    def spec(self) -> TensorSpec:
        """Names and shapes of the model's tensors, dtype F32."""
        return TensorSpec({"bias": (self.classes,), "weight": (self.features, self.classes)}, "F32")

    def init(self, seed: int) -> Tensors:
        """Return zeros, whatever the seed: the loss is convex, so the start only sets the first step."""
        return self.spec.zeros()

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
        """Return the float32 model after `steps` of SGD with momentum (v = momentum v + g; w = w - rate v).

        Batches follow shuffled passes over the rows drawn from PCG64(`seed`); a pass that ends inside a batch
        goes on with the next. The gradient gains `proximal` x (w - w_start). Computed in float64; the same
        arguments give the same bits on the same machine.
        """
        weight, bias = model["weight"].astype(np.float64), model["bias"].astype(np.float64)
        weight_velocity, bias_velocity = np.zeros_like(weight), np.zeros_like(bias)
        for rows in _batches(len(table), steps, batch, seed):
            features = table.features[rows]
            residual = _residual(features @ weight + bias, table.labels[rows]) / batch
            weight_pull, bias_pull = proximal * (weight - model["weight"]), proximal * (bias - model["bias"])
            weight_velocity = momentum * weight_velocity + features.T @ residual + weight_pull
            bias_velocity = momentum * bias_velocity + residual.sum(axis=0) + bias_pull
            weight -= learning_rate * weight_velocity
            bias -= learning_rate * bias_velocity
        return {"bias": bias.astype(np.float32), "weight": weight.astype(np.float32)}

    def losses(self, model: Tensors, table: Table) -> FloatArray:
        """Return each row's cross-entropy (n,), in nats."""
        log_probabilities = _log_softmax(_scores(model, table))
        losses: FloatArray = -log_probabilities[np.arange(len(table)), table.labels]
        return losses

    def mean_losses(self, points: FloatArray, table: Table) -> FloatArray:
        """Return the mean cross-entropy (m,) of each of the flattened models `points` (m, p), in one product."""
        bias, weight = points[:, : self.classes], points[:, self.classes :]
        columns = weight.reshape(len(points), self.features, self.classes).transpose(1, 0, 2)
        products = table.features @ columns.reshape(self.features, -1)
        log_probabilities = _log_softmax(products.reshape(len(table), len(points), self.classes) + bias)
        losses: FloatArray = -log_probabilities[np.arange(len(table)), :, table.labels].mean(axis=0)
        return losses

    def fold_gradients(self, model: Tensors, table: Table, folds: IntVector) -> FloatArray:
        """Return the gradient of the mean cross-entropy of each fold, (folds, p), bias before weight."""
        residual = _residual(_scores(model, table), table.labels)
        gradients = np.empty((int(folds.max()) + 1, self.spec.parameters))
        for fold, gradient in enumerate(gradients):
            rows = folds == fold
            part = residual[rows] / np.count_nonzero(rows)
            gradient[: self.classes] = part.sum(axis=0)
            gradient[self.classes :] = (table.features[rows].T @ part).ravel()
        return gradients

    def probabilities(self, model: Tensors, table: Table) -> FloatArray:
        """Return the probability of every class for every row, (n, c)."""
        probabilities: FloatArray = np.exp(_log_softmax(_scores(model, table)))
        return probabilities


def _scores(model: Tensors, table: Table) -> FloatArray:
    scores: FloatArray = table.features @ model["weight"].astype(np.float64) + model["bias"]
    return scores


def _log_softmax(scores: FloatArray) -> FloatArray:
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_probabilities: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_probabilities


def _residual(scores: FloatArray, labels: IntVector) -> FloatArray:
    """Return d cross-entropy / d scores (n, c): probabilities minus the one-hot labels."""
    residual = np.exp(_log_softmax(scores))
    residual[np.arange(len(labels)), labels] -= 1.0
    return residual


def _batches(rows: int, steps: int, batch: int, seed: int) -> NDArray[np.int64]:
    """Return the row numbers of every batch, (steps, batch)."""
    generator = np.random.Generator(np.random.PCG64(seed))
    passes = -(-steps * batch // rows)
    order = np.concatenate([generator.permutation(rows) for _ in range(passes)])
    return order[: steps * batch].reshape(steps, batch)
