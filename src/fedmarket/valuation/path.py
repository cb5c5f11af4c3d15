"""Shares of one step: the Aumann-Shapley value along the segment that was actually walked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import UsageError
from fedmarket.valuation.folds import checked_fold_weights, fold_stderr
from fedmarket.valuation.games import FloatArray, FloatVector

Gradient = Callable[[FloatVector], NDArray[np.floating[Any]]]
Path = Sequence[tuple[float, float]]
"""Points of a segment from 0 to 1, each with its share; the shares add up to 1."""
MeanGradient = Callable[[Path], NDArray[np.floating[Any]]]

COORDINATE_SLACK = 1e-6
STEP_SLACK = 1e-4
_BLOCK = 1 << 13


@dataclass(frozen=True, eq=False)
class PathShares:
    """Each player's share of the fall in loss along a step, in units of the loss."""

    phi: FloatVector
    """Signed shares, shape (n,)."""
    stderr: FloatVector | None
    """Jackknife standard errors over the folds, shape (n,); None without folds."""
    by_fold: FloatArray | None
    """The shares as each fold alone sees them, shape (folds, n), to be added up over rounds."""
    gradients: int
    """How many gradients were computed."""


def path_shares(
    gradient: Gradient,
    start: FloatVector,
    end: FloatVector,
    parts: NDArray[np.floating[Any]],
    *,
    nodes: int = 8,
    fold_weights: FloatVector | None = None,
) -> PathShares:
    """Share the fall in a loss L from `start` to `end`, both (p,), among the rows s_i of `parts` (n, p).

    phi_i = -<integral over t in 0..1 of grad L(start + t (end - start)) dt, s_i>, by Gauss-Legendre
    quadrature with `nodes` gradients however many players (Aumann and Shapley 1974, Values of non-atomic
    games; as cost sharing: Billera and Heath 1982, Mirman and Tauman 1982; as integrated gradients:
    Sundararajan, Taly and Yan 2017). It sums to L(start) - L(end) up to quadrature; a zero row gets zero,
    equal rows the same; a row cut in two earns the same in sum; it equals the Shapley value of v(S) =
    -L(start + sum of S) where L is quadratic.

    `gradient` maps a float64 point (p,) to grad L there, (p,); or, where `fold_weights` (folds,) gives the
    folds' shares of the examples, to each fold's own mean gradient, (folds, p): phi is then the weighted
    mean over folds. Raises UsageError where shapes disagree, a gradient is not finite, or the parts are not
    those of this step (up to rounding of the points to float32 and 1e-4 of the step's greatest coordinate).
    """
    begin, finish = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)

    def mean(path: Path) -> FloatArray:
        folds = () if fold_weights is None else (len(fold_weights),)
        return _mean_gradient(gradient, begin, finish - begin, path, (*folds, len(begin)))

    return segment_shares(mean, begin, finish, parts, nodes=nodes, fold_weights=fold_weights)


def segment_shares(
    mean_gradient: MeanGradient,
    start: FloatVector,
    end: FloatVector,
    parts: NDArray[np.floating[Any]],
    *,
    nodes: int = 8,
    fold_weights: FloatVector | None = None,
) -> PathShares:
    """Return `path_shares` where gradients at many points cost less together than one by one.

    `mean_gradient` maps the quadrature's points t and weights to the weighted mean of the gradients at start + t (end -
    start), of the same shape as one gradient. Raises what `path_shares` raises.
    """
    begin = _checked_start(start, end, parts)
    if nodes < 1:
        raise UsageError("valuation.too_few_nodes", found=nodes)
    at, share = np.polynomial.legendre.leggauss(nodes)
    path = list(zip(((at + 1) / 2).tolist(), (share / 2).tolist(), strict=True))
    if fold_weights is None:
        mean = _checked_mean(mean_gradient(path), (len(begin),))
        return PathShares(_shares(mean, parts), None, None, nodes)
    weights = checked_fold_weights(fold_weights)
    means = _checked_mean(mean_gradient(path), (len(weights), len(begin)))
    by_fold = _shares(means, parts).T
    return PathShares(weights @ by_fold, fold_stderr(by_fold, weights), by_fold, nodes)


def _mean_gradient(
    gradient: Gradient, begin: FloatVector, step: FloatVector, path: Path, shape: tuple[int, ...]
) -> FloatArray:
    """Return the mean over `path` of what `gradient` returns, of that `shape`."""
    mean, weighted = np.zeros(shape), np.empty(shape)
    for t, weight in path:
        here = np.asarray(gradient(begin + t * step), dtype=np.float64)
        if here.shape != shape:
            raise UsageError("valuation.gradient_shape", found=here.shape, expected=shape)
        mean += np.multiply(weight, here, out=weighted)
    return mean


def _checked_mean(mean: NDArray[np.floating[Any]], shape: tuple[int, ...]) -> FloatArray:
    found = np.asarray(mean, dtype=np.float64)
    if found.shape != shape:
        raise UsageError("valuation.gradient_shape", found=found.shape, expected=shape)
    if not np.isfinite(found).all():
        raise UsageError("valuation.gradient_not_finite")
    return found


def _shares(mean: FloatArray, parts: NDArray[np.floating[Any]]) -> FloatArray:
    """Return -<mean, s_i> for each row, block by block: float32 parts are never all copied to float64."""
    shares = np.zeros((*mean.shape[:-1], len(parts)))
    for at in range(0, parts.shape[1], _BLOCK):
        shares -= mean[..., at : at + _BLOCK] @ parts[:, at : at + _BLOCK].astype(np.float64, copy=False).T
    return shares.T


def _checked_start(start: FloatVector, end: FloatVector, parts: NDArray[np.floating[Any]]) -> FloatVector:
    """Return start in float64, once the parts are known to be those of the step to `end`."""
    begin, finish = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    if begin.ndim != 1 or begin.shape != finish.shape:
        raise UsageError("valuation.step_shape", start=begin.shape, end=finish.shape)
    if parts.ndim != 2 or len(parts) == 0 or parts.shape[1] != len(begin):
        raise UsageError("valuation.parts_shape", found=parts.shape, expected=f"(n, {len(begin)})")
    step = finish - begin
    if not np.isfinite(step).all():
        raise UsageError("valuation.step_not_finite")
    allowed = COORDINATE_SLACK * max(1.0, _greatest(begin), _greatest(finish)) + STEP_SLACK * _greatest(step)
    gap = _greatest(parts.sum(axis=0, dtype=np.float64) - step)
    if not gap <= allowed:
        raise UsageError("valuation.parts_off", gap=f"{gap:.3g}", allowed=f"{allowed:.3g}")
    return begin


def _greatest(vector: FloatVector) -> float:
    return float(np.abs(vector).max(initial=0.0))
