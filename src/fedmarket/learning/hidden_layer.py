"""A network with one hidden layer of rectified units (ReLU), and all models between coalitions at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedmarket.learning.objectives import Slopes
from fedmarket.learning.table import FloatArray, Group
from fedmarket.learning.tensors import Tensors, TensorSpec, unflatten
from fedmarket.valuation.path import Path


@dataclass(frozen=True)
class HiddenLayer:
    """h = max(0, x `hidden_weight` + `hidden_bias`); outputs = h `output_weight` + `output_bias`."""

    features: int
    hidden: int
    outputs: int

    @property
    def spec(self) -> TensorSpec:
        """Names and shapes of the tensors, dtype F32."""
        shapes: dict[str, tuple[int, ...]] = {
            "hidden_bias": (self.hidden,),
            "hidden_weight": (self.features, self.hidden),
            "output_bias": (self.outputs,),
            "output_weight": (self.hidden, self.outputs),
        }
        return TensorSpec(shapes, "F32")

    def init(self, seed: int) -> Tensors:
        """Return hidden weights uniform within sqrt(6 / (d + h)) (Glorot and Bengio 2010), all else zeros.

        So the first model knows nothing yet, like that of a network without hidden layer. Drawn from the raw bits of
        PCG64(`seed`), whose stream NumPy keeps for good, by exactly rounded operations: the same bits everywhere.
        """
        model = self.spec.zeros()
        model["hidden_weight"] = _uniform(
            seed, self.spec.shapes["hidden_weight"], sqrt(6 / (self.features + self.hidden))
        )
        return model

    def forward(self, model: Tensors, features: FloatArray) -> FloatArray:
        """Return the outputs (n, o) for `features` (n, d)."""
        units = np.maximum(self._inputs(model, features), 0.0)
        outputs: FloatArray = units @ model["output_weight"].astype(np.float64, copy=False)
        return outputs + model["output_bias"]

    def gradients(self, model: Tensors, features: FloatArray, slopes: Slopes, groups: Sequence[Group]) -> FloatArray:
        """Return the gradient of the loss summed over each group of rows, (groups, p).

        `slopes` maps outputs to d loss / d outputs.
        """
        return self.path_gradients(model, model, [(0.0, 1.0)], features, slopes, groups)

    def path_gradients(
        self, start: Tensors, end: Tensors, path: Path, features: FloatArray, slopes: Slopes, groups: Sequence[Group]
    ) -> FloatArray:
        """Return the mean of `gradients` over a path of models, (groups, p).

        What goes into the hidden units moves straight from end to end, so it is computed twice, not once a point; and
        the gradient of the hidden weights is one product with what came back through the units, added up.
        """
        first = self._inputs(start, features)
        move = None if end is start else self._inputs(end, features) - first
        inner, outer = np.zeros_like(first), np.zeros((len(features), self.outputs))
        found = np.zeros((len(groups), self.spec.parameters))
        parts = [unflatten(gradient, self.spec) for gradient in found]
        for at, share in path:
            units = np.maximum(first if move is None else first + at * move, 0.0)
            weight, bias = (_between(start[name], end[name], at) for name in ("output_weight", "output_bias"))
            back = share * slopes(units @ weight + bias)
            inner += (back @ weight.T) * (units > 0)
            outer += back
            for part, rows in zip(parts, groups, strict=True):
                part["output_weight"] += units[rows].T @ back[rows]
        for part, rows in zip(parts, groups, strict=True):
            np.sum(inner[rows], axis=0, out=part["hidden_bias"])
            np.matmul(features[rows].T, inner[rows], out=part["hidden_weight"])
            np.sum(outer[rows], axis=0, out=part["output_bias"])
        return found

    def combiner(
        self, base: FloatArray, shares: FloatArray, features: FloatArray
    ) -> Callable[[FloatArray], FloatArray]:
        """Return a function from coalitions (m, k) to outputs (m, n, o) of the models base (p,) + coalitions @ shares.

        What goes into the hidden units is linear in the parameters: computed once for base and each of the `shares`
        (k, p), and added up for each coalition instead of multiplied out. Holds (k + 1) n h numbers.
        """
        points = [unflatten(point, self.spec) for point in (base, *shares)]
        inputs = np.stack([(features @ point["hidden_weight"] + point["hidden_bias"]).ravel() for point in points])
        weights = np.stack([point["output_weight"].ravel() for point in points])
        biases = np.stack([point["output_bias"] for point in points])

        def combined(coalitions: FloatArray) -> FloatArray:
            mix = np.insert(coalitions.astype(np.float64), 0, 1.0, axis=1)
            units = (mix @ inputs).reshape(len(mix), len(features), self.hidden)
            np.maximum(units, 0.0, out=units)
            outputs: FloatArray = units @ (mix @ weights).reshape(len(mix), self.hidden, self.outputs)
            outputs += (mix @ biases)[:, None, :]
            return outputs

        return combined

    def _inputs(self, model: Tensors, features: FloatArray) -> FloatArray:
        """Return what goes into the hidden units, (n, h)."""
        inputs: FloatArray = features @ model["hidden_weight"].astype(np.float64, copy=False) + model["hidden_bias"]
        return inputs


def _between(start: NDArray[Any], end: NDArray[Any], at: float) -> FloatArray:
    """Return start + at x (end - start) in float64."""
    begin = start.astype(np.float64, copy=False)
    return begin if end is start else begin + at * (end - begin)


def _uniform(seed: int, shape: tuple[int, ...], limit: float) -> NDArray[np.float32]:
    """Return float32 numbers between -limit and limit, from the upper 53 bits of each raw draw."""
    raw = np.random.PCG64(seed).random_raw(prod(shape)) >> np.uint64(11)
    return (limit * (raw.astype(np.float64) * 2.0**-52 - 1.0)).astype(np.float32).reshape(shape)
