"""What a model's outputs mean and what they cost: classes under cross-entropy, or a number under squared error."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from fedmarket.learning.table import FloatArray, Labels

Slopes = Callable[[FloatArray], FloatArray]
"""From outputs (n, o) to d loss / d outputs, (n, o)."""


class Objective(Protocol):
    """From outputs (..., n, o) of n rows, for any batch of models before them, and labels (n,) to losses."""

    @property
    def outputs(self) -> int:
        """How many numbers the model gives for a row."""
        ...

    @property
    def classes(self) -> int:
        """How many classes there are; 0 where the target is a number."""
        ...

    @property
    def scale(self) -> float:
        """What a deviation of 1 is in the target's own units; 1 where there are classes."""
        ...

    def losses(self, outputs: FloatArray, labels: Labels) -> FloatArray:
        """Return every row's loss, (..., n)."""
        ...

    def slopes(self, outputs: FloatArray, labels: Labels) -> FloatArray:
        """Return d loss / d outputs, (n, o), for outputs (n, o)."""
        ...

    def reference_losses(self, labels: Labels) -> FloatArray:
        """Return every row's loss (n,) under the best prediction that knows no features, fitted to these `labels`."""
        ...

    def predictions(self, outputs: FloatArray) -> FloatArray:
        """Return the probability of every class (n, c), or the predicted standardised number (n,)."""
        ...


@dataclass(frozen=True)
class CrossEntropy:
    """Scores of `classes`, one each; losses in nats."""

    classes: int
    scale: float = field(default=1.0, init=False)

    @property
    def outputs(self) -> int:
        """As many as classes."""
        return self.classes

    def losses(self, outputs: FloatArray, labels: Labels) -> FloatArray:
        """Return -log of the probability of each row's own class, (..., n)."""
        logs = _log_softmax(outputs)
        losses: FloatArray = -logs[..., np.arange(len(labels)), labels]
        return losses

    def slopes(self, outputs: FloatArray, labels: Labels) -> FloatArray:
        """Return probabilities minus the one-hot labels, (n, c)."""
        slopes = np.exp(_log_softmax(outputs))
        slopes[np.arange(len(labels)), labels] -= 1.0
        return slopes

    def reference_losses(self, labels: Labels) -> FloatArray:
        """Return -log of the share that each row's class has among `labels`, (n,); their mean is the entropy."""
        shares = np.bincount(labels, minlength=self.classes) / len(labels)
        losses: FloatArray = -np.log(shares[labels])
        return losses

    def predictions(self, outputs: FloatArray) -> FloatArray:
        """Return the probability of every class, (n, c)."""
        probabilities: FloatArray = np.exp(_log_softmax(outputs))
        return probabilities


@dataclass(frozen=True)
class SquaredError:
    """One output: the target standardised by the terms; losses are squares of it. `scale` is that of the terms."""

    scale: float = 1.0
    classes: int = field(default=0, init=False)
    outputs: int = field(default=1, init=False)

    def losses(self, outputs: FloatArray, labels: Labels) -> FloatArray:
        """Return (output - label)^2, (..., n)."""
        losses: FloatArray = (outputs[..., 0] - labels) ** 2
        return losses

    def slopes(self, outputs: FloatArray, labels: Labels) -> FloatArray:
        """Return 2 (output - label), (n, 1)."""
        slopes: FloatArray = 2.0 * (outputs - labels[:, None])
        return slopes

    def reference_losses(self, labels: Labels) -> FloatArray:
        """Return the squared deviations from the mean of `labels`, (n,); their mean is the variance."""
        losses: FloatArray = (labels - labels.mean()) ** 2
        return losses

    def predictions(self, outputs: FloatArray) -> FloatArray:
        """Return the output as it is, (n,)."""
        return outputs[:, 0]


def _log_softmax(scores: FloatArray) -> FloatArray:
    shifted = scores - scores.max(axis=-1, keepdims=True)
    log_probabilities: FloatArray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return log_probabilities
