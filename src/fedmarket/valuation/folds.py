"""How uncertain a mean over validation folds is, since other examples would have been as good."""

import numpy as np

from fedmarket.domain.errors import UsageError
from fedmarket.valuation.games import FloatArray, FloatVector


def fold_stderr(by_fold: FloatArray, fold_weights: FloatVector) -> FloatVector:
    """Return the delete-a-fold jackknife standard error (n,) of the means `fold_weights @ by_fold`.

    `by_fold` (folds, n) holds each fold's own mean, `fold_weights` (folds,) the folds' shares of the
    examples. stderr^2 = mean over folds of w_k / (1 - w_k) * (phi_k - phi)^2, which for equal folds is the
    plain jackknife (Busing, Meijer and van der Leeden 1999, Delete-m jackknife for unequal m). Over several
    rounds with the same folds, add up `by_fold` first: one fold's errors go the same way in each round.
    Raises UsageError unless there are at least two folds with positive weights that sum to one.
    """
    weights = checked_fold_weights(fold_weights)
    if by_fold.ndim != 2 or len(by_fold) != len(weights):
        raise UsageError("valuation.folds_shape", found=by_fold.shape, expected=f"({len(weights)}, n)")
    deviations = by_fold - weights @ by_fold
    variance = np.mean((weights / (1 - weights))[:, None] * deviations**2, axis=0)
    stderr: FloatVector = np.sqrt(variance)
    return stderr


def checked_fold_weights(fold_weights: FloatVector) -> FloatVector:
    """Return the weights (folds,) in float64: two or more, positive, summing to one, or UsageError."""
    weights = np.asarray(fold_weights, dtype=np.float64)
    several = weights.ndim == 1 and len(weights) >= 2
    if not (several and (weights > 0).all() and abs(weights.sum() - 1) < 1e-9):
        raise UsageError("valuation.fold_weights", found=np.array2string(weights, threshold=8))
    return weights
