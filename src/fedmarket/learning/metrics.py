"""How good a model is on a table: skill (what is paid for), and the usual figures beside it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fedmarket.learning.objectives import Objective
from fedmarket.learning.recipe import Recipe
from fedmarket.learning.table import FloatArray, IntVector, Labels, Table
from fedmarket.learning.tensors import Tensors

PPB = 1_000_000_000
LARGEST_PPB = 2**62


@dataclass(frozen=True)
class Measurement:
    """One model on one table."""

    loss: float
    """Mean loss: cross-entropy in nats, or squared error of the standardised target."""
    skill_ppb: int
    """Skill in billionths: 0 knows no more than the class shares (or the mean), 1e9 is perfect; R^2 for a number."""
    skill_stderr_ppb: int
    """Its standard error as an estimate from so many rows, in billionths."""
    figures: Mapping[str, float]
    """What else people look at, by name: `accuracy` and `auc`, or `rmse`, `mae` and `r2`."""


def measure(recipe: Recipe, model: Tensors, table: Table) -> Measurement:
    """Measure `model` on all rows of `table`."""
    losses, references = recipe.losses(model, table), recipe.objective.reference_losses(table.labels)
    loss = float(losses.mean())
    return Measurement(
        loss=loss,
        skill_ppb=to_ppb(skill(loss, float(references.mean()))),
        skill_stderr_ppb=skill_stderr_ppb(losses, references),
        figures=figures(recipe.predictions(model, table), table.labels, recipe.objective),
    )


def figures(predictions: FloatArray, labels: Labels, objective: Objective) -> dict[str, float]:
    """Return accuracy and AUC of probabilities (n, c); or of numbers (n,), see `number_figures`."""
    if objective.classes:
        return {"accuracy": accuracy(predictions, labels), "auc": auc(predictions, labels)}
    return number_figures(predictions, labels, objective.scale)


def number_figures(predictions: FloatArray, targets: FloatArray, scale: float) -> dict[str, float]:
    """Return the root of the mean square and the mean size of the errors, in the target's own units, and R^2.

    `predictions` and `targets` (n,) are standardised, 1 being `scale` of those units.
    """
    errors = predictions - targets
    return {
        "rmse": scale * float(np.sqrt((errors**2).mean())),
        "mae": scale * float(np.abs(errors).mean()),
        "r2": skill(float((errors**2).mean()), float(targets.var())),
    }


def reference_loss(recipe: Recipe, table: Table) -> float:
    """Return the mean loss of the best prediction without features: the class shares' entropy, or the variance."""
    return float(recipe.objective.reference_losses(table.labels).mean())


def skill(loss: float, reference: float) -> float:
    """Return 1 - loss / reference, the reference being that of `reference_loss`."""
    return 1.0 - loss / reference


def to_ppb(value: float) -> int:
    """Return `value` in billionths, rounded half to even; what is beyond eight bytes, or no number, is the worst.

    A requester can choose validation rows on which a model's loss is as large as it likes.
    """
    scaled = value * PPB
    return round(scaled) if abs(scaled) < LARGEST_PPB else (LARGEST_PPB if scaled > 0 else -LARGEST_PPB)


def skill_stderr_ppb(losses: FloatArray, references: FloatArray) -> int:
    """Return the standard error, in ppb, of skill = 1 - mean(losses) / mean(references), both (n,) over the same rows.

    A ratio of two means by the delta method: the residuals losses - (1 - skill) x references have mean 0, and their
    standard deviation / sqrt(n) / mean(references) is the error to first order in 1/n (Cochran 1977, Sampling
    Techniques, 3rd edition, section 2.11). The references are fitted to the rows, as the shares or the mean are; at
    that optimum this adds nothing of first order, so the uncertainty of the shares counts through `references` alone.
    Fewer than two rows have no known error: the largest.
    """
    if len(losses) < 2:
        return LARGEST_PPB
    reference = float(references.mean())
    residuals = losses - float(losses.mean()) / reference * references
    return to_ppb(float(residuals.std(ddof=1)) / len(losses) ** 0.5 / reference)


def accuracy(probabilities: FloatArray, labels: IntVector) -> float:
    """Return the share of rows whose most probable class (first of equals) is their label."""
    return float((probabilities.argmax(axis=1) == labels).mean())


def auc(probabilities: FloatArray, labels: IntVector) -> float:
    """Return the area under the ROC curve of `probabilities` (n, c) for `labels` (n,).

    It is the chance that a positive row outranks a negative one, ties counting a half (Mann and Whitney
    1947). Two classes: of the second one; more: the plain mean over the classes present of each against the
    rest.
    """
    if probabilities.shape[1] == 2:
        return _rank_auc(probabilities[:, 1], labels == 1)
    present = [_rank_auc(probabilities[:, number], labels == number) for number in np.unique(labels)]
    return float(np.mean(present))


def _rank_auc(scores: FloatArray, positive: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
    _, place, count = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    positives = int(positive.sum())
    wins = ranks[positive].sum() - positives * (positives + 1) / 2
    return float(wins / (positives * (len(scores) - positives)))
