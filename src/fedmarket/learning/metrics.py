"""How good a model is on a table: skill (what is paid for), and the usual figures beside it."""

from dataclasses import dataclass

import numpy as np

from fedmarket.learning.recipe import Recipe
from fedmarket.learning.table import FloatArray, IntVector, Table
from fedmarket.learning.tensors import Tensors

PPB = 1_000_000_000
LARGEST_PPB = 2**62


@dataclass(frozen=True)
class Measurement:
    """One model on one table."""

    loss: float
    """Mean cross-entropy in nats."""
    skill_ppb: int
    """Skill in billionths: 0 knows no more than the class shares, 1e9 is perfect."""
    accuracy: float
    """Share of rows whose most probable class is the true one."""
    auc: float
    """Area under the ROC curve; for more than two classes the mean of one against the rest."""


def measure(recipe: Recipe, model: Tensors, table: Table) -> Measurement:
    """Measure `model` on all rows of `table`."""
    probabilities = recipe.probabilities(model, table)
    loss = float(recipe.losses(model, table).mean())
    reference = class_share_loss(table.labels, probabilities.shape[1])
    return Measurement(
        loss=loss,
        skill_ppb=to_ppb(skill(loss, reference)),
        accuracy=accuracy(probabilities, table.labels),
        auc=auc(probabilities, table.labels),
    )


def class_share_loss(labels: IntVector, classes: int) -> float:
    """Return the cross-entropy, in nats, of always predicting the shares of `labels` (n,): their entropy."""
    shares = np.bincount(labels, minlength=classes) / len(labels)
    present = shares[shares > 0]
    return float(-(present * np.log(present)).sum())


def skill(loss: float, reference: float) -> float:
    """Return 1 - loss / reference, the reference being the loss of the class shares."""
    return 1.0 - loss / reference


def to_ppb(value: float) -> int:
    """Return `value` in billionths, rounded half to even; what is beyond eight bytes, or no number, is the worst.

    A requester can choose validation rows on which a model's loss is as large as it likes.
    """
    scaled = value * PPB
    return round(scaled) if abs(scaled) < LARGEST_PPB else (LARGEST_PPB if scaled > 0 else -LARGEST_PPB)


def skill_stderr_ppb(losses: FloatArray, reference: float) -> int:
    """Return the standard error, in ppb, of the skill of rows with `losses` (n,), `reference` being given."""
    return to_ppb(float(losses.std(ddof=1)) / len(losses) ** 0.5 / reference)


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
