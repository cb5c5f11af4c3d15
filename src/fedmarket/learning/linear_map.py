"""A network without hidden layer: every output is a weighted sum of the features and a constant."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from fedmarket.learning.objectives import Slopes
from fedmarket.learning.table import FloatArray, Group
from fedmarket.learning.tensors import Tensors, TensorSpec, unflatten
from fedmarket.valuation.path import Path


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

    def gradients(self, model: Tensors, features: FloatArray, slopes: Slopes, groups: Sequence[Group]) -> FloatArray:
        """Return the gradient of the loss summed over each group of rows, (groups, p).

        `slopes` maps outputs to d loss / d outputs.
        """
        return self._summed(features, slopes(self.forward(model, features)), groups)

    def path_gradients(
        self, start: Tensors, end: Tensors, path: Path, features: FloatArray, slopes: Slopes, groups: Sequence[Group]
    ) -> FloatArray:
        """Return the mean of `gradients` over a path of models, (groups, p): outputs go straight from end to end."""
        first, last = self.forward(start, features), self.forward(end, features)
        outer = np.zeros_like(first)
        for at, share in path:
            outer += share * slopes(first + at * (last - first))
        return self._summed(features, outer, groups)

    def combiner(
        self, base: FloatArray, shares: FloatArray, features: FloatArray
    ) -> Callable[[FloatArray], FloatArray]:
        """Return a function from coalitions (m, k) to outputs (m, n, o) of the models base (p,) + coalitions @ shares.

        Outputs are linear in the parameters, so those of base and of each of the `shares` (k, p) are computed once.
        """
        alone = [self.forward(unflatten(point, self.spec), features) for point in (base, *shares)]
        start, steps = alone[0], np.stack(alone[1:])
        return lambda coalitions: start + np.tensordot(coalitions.astype(np.float64), steps, axes=1)

    def _summed(self, features: FloatArray, outer: FloatArray, groups: Sequence[Group]) -> FloatArray:
        found = np.empty((len(groups), self.spec.parameters))
        for gradient, rows in zip(found, groups, strict=True):
            parts = unflatten(gradient, self.spec)
            np.sum(outer[rows], axis=0, out=parts["bias"])
            np.matmul(features[rows].T, outer[rows], out=parts["weight"])
        return found
