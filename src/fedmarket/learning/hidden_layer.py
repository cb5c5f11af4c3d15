"""A network with one hidden layer of rectified units (ReLU), and all models between coalitions at once."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod, sqrt

import numpy as np
from numpy.typing import NDArray

from fedmarket.learning.table import FloatArray
from fedmarket.learning.tensors import Tensors, TensorSpec, unflatten


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
        outputs: FloatArray = self._units(model, features) @ model["output_weight"].astype(np.float64, copy=False)
        return outputs + model["output_bias"]

    def gradient(self, model: Tensors, features: FloatArray, slopes: Callable[[FloatArray], FloatArray]) -> FloatArray:
        """Return the gradient (p,) of the sum over rows, where `slopes` maps outputs to d loss / d outputs."""
        units, weight = self._units(model, features), model["output_weight"].astype(np.float64, copy=False)
        outer = slopes(units @ weight + model["output_bias"])
        inner = (outer @ weight.T) * (units > 0)
        parts = (inner.sum(axis=0), features.T @ inner, outer.sum(axis=0), units.T @ outer)
        return np.concatenate([part.ravel() for part in parts])

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

    def _units(self, model: Tensors, features: FloatArray) -> FloatArray:
        units: FloatArray = features @ model["hidden_weight"].astype(np.float64, copy=False) + model["hidden_bias"]
        np.maximum(units, 0.0, out=units)
        return units


def _uniform(seed: int, shape: tuple[int, ...], limit: float) -> NDArray[np.float32]:
    """Return float32 numbers between -limit and limit, from the upper 53 bits of each raw draw."""
    raw = np.random.PCG64(seed).random_raw(prod(shape)) >> np.uint64(11)
    return (limit * (raw.astype(np.float64) * 2.0**-52 - 1.0)).astype(np.float32).reshape(shape)
