"""Local training: stochastic gradient descent with momentum, the same bits again from the same seed."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fedmarket.learning.tensors import Tensors, TensorSpec, flatten, unflatten

FloatVector = NDArray[np.float64]
Rows = NDArray[np.int64]
BatchGradient = Callable[[Tensors, Rows], FloatVector]


def descend(
    start: Tensors,
    spec: TensorSpec,
    gradient: BatchGradient,
    batches: Rows,
    *,
    learning_rate: float,
    momentum: float,
    proximal: float,
) -> Tensors:
    """Return the float32 model after a step on each of `batches` (steps, batch), rows by number.

    v = momentum v + g + proximal (w - w_start); w = w - learning_rate v. `gradient` gives g (p,) of the mean loss over
    a batch's rows. Computed in float64; the same arguments give the same bits on the same machine.
    """
    begin = flatten(start).astype(np.float64)
    point, velocity = begin.copy(), np.zeros_like(begin)
    for rows in batches:
        velocity *= momentum
        velocity += gradient(unflatten(point, spec), rows)
        if proximal:
            velocity += proximal * (point - begin)
        point -= learning_rate * velocity
    return {name: array.astype(np.float32) for name, array in unflatten(point, spec).items()}


def shuffled_batches(rows: int, steps: int, batch: int, seed: int) -> Rows:
    """Return the row numbers of every batch, (steps, batch).

    Shuffled passes over the rows drawn from PCG64(`seed`); a pass that ends inside a batch goes on with the next.
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    passes = -(-steps * batch // rows)
    order = np.concatenate([generator.permutation(rows) for _ in range(passes)])
    return order[: steps * batch].reshape(steps, batch)
