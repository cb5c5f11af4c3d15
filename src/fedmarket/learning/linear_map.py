"""A network without hidden layer: every output is a weighted sum of the features and a constant."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fedmarket.learning.table import FloatArray
from fedmarket.learning.tensors import Tensors, TensorSpec, unflatten


@dataclass(frozen=True)
class LinearMap:
    """`weight` (features, outputs) and `bias` (outputs,), starting from zeros."""

    features: int
    outputs: int

    @property
    def spec(self) -> TensorSpec:
        """Names and shapes of the tensors, dtype F32."""
        return TensorSpec({"bias": (self.outputs,), "weight": (self.features, self.outputs)}, "F32")

    def init(self, seed: int) -> Tensors:
        """Return zeros, whatever the seed: the loss is convex, so the start only sets the first step."""
        return self.spec.zeros()

    def forward(self, model: Tensors, features: FloatArray) -> FloatArray:
        """Return the outputs (n, o) for `features` (n, d)."""
        outputs: FloatArray = features @ model["weight"].astype(np.float64) + model["bias"]
        return outputs

    def gradient(self, model: Tensors, features: FloatArray, slopes: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Return the gradient (p,) of the sum over rows, where `slopes` maps outputs to d loss / d outputs."""
        outer = slopes(self.forward(model, features))
        return np.concatenate([outer.sum(axis=0), (features.T @ outer).ravel()])

    def combiner(
        self, base: FloatArray, shares: FloatArray, features: FloatArray
    ) -> Callable[[FloatArray], FloatArray]:
        """Return a function from coalitions (m, k) to outputs (m, n, o) of the models base (p,) + coalitions @ shares.

        Outputs are linear in the parameters, so those of base and of each of the `shares` (k, p) are computed once.
        """
        alone = [self.forward(unflatten(point, self.spec), features) for point in (base, *shares)]
        start, steps = alone[0], np.stack(alone[1:])
        return lambda coalitions: start + np.tensordot(coalitions.astype(np.float64), steps, axes=1)
