"""Federated averaging on real digits: a softmax regression, label-skewed providers, some wrong labels."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits  # type: ignore[import-untyped]

from fedmarket.valuation.games import Coalitions, FloatArray, FloatVector

CLASSES = 10
VALIDATION = 300
Labels = NDArray[np.int64]


@dataclass(frozen=True)
class FederatedStep:
    """v(S) = -validation loss at start + sum over S of share_i * delta_i: one round, fixed weights."""

    rows: FloatArray
    labels: Labels
    start: FloatVector
    parts: FloatArray

    @property
    def players(self) -> int:
        return len(self.parts)

    @property
    def end(self) -> FloatVector:
        return np.asarray(self.start + self.parts.sum(axis=0))

    def values(self, coalitions: Coalitions) -> FloatVector:
        return -self.losses(self.start + coalitions @ self.parts)

    def losses(self, points: FloatArray) -> FloatVector:
        """Mean validation losses (m,) at points (m, p)."""
        tables = points.reshape(len(points), -1, CLASSES)
        scores = (self.rows @ tables.transpose(1, 0, 2).reshape(self.rows.shape[1], -1)).reshape(
            len(self.rows), len(points), CLASSES
        )
        right = scores[np.arange(len(self.rows)), :, self.labels]
        return np.asarray((np.log(np.exp(scores).sum(axis=2)) - right).mean(axis=0))

    def gradient(self, point: FloatVector) -> FloatVector:
        return softmax_gradient(point, self.rows, self.labels)

    def fold_gradients(self, point: FloatVector, folds: int = 5) -> FloatArray:
        """Each fold's own mean gradient (folds, p); fold k holds the examples k, k + folds, ..."""
        each = [softmax_gradient(point, self.rows[k::folds], self.labels[k::folds]) for k in range(folds)]
        return np.array(each)


def softmax_gradient(point: FloatVector, rows: FloatArray, labels: Labels) -> FloatVector:
    scores = rows @ point.reshape(-1, CLASSES)
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    chances[np.arange(len(labels)), labels] -= 1
    return np.asarray((rows.T @ chances / len(rows)).ravel())


def federated_steps(players: int, seed: int, rounds: int) -> list[FederatedStep]:
    """Run rounds of 10 local steps (batch 16, rate 0.1, clip 1.0) from zero; every fifth mislabels 60 %."""
    rng = np.random.default_rng(seed)
    rows, labels = _digits()
    order = rng.permutation(len(rows))
    held, training = order[:VALIDATION], order[VALIDATION:]
    shards = _shards(rng, training, labels, players)
    told = {i: _mislabelled(rng, labels[shard], 0.6 if i % 5 == 4 else 0.0) for i, shard in enumerate(shards)}
    shares = np.array([len(shard) for shard in shards]) / len(training)
    steps, point = [], np.zeros(rows.shape[1] * CLASSES)
    for _ in range(rounds):
        deltas = [_local(rng, point, rows[shard], told[i]) for i, shard in enumerate(shards)]
        step = FederatedStep(rows[held], labels[held], point, shares[:, None] * np.array(deltas))
        steps.append(step)
        point = step.end
    return steps


@cache
def _digits() -> tuple[FloatArray, Labels]:
    data, labels = load_digits(return_X_y=True)
    return np.hstack([data / 16, np.ones((len(data), 1))]), labels


def _shards(rng: np.random.Generator, training: Labels, labels: Labels, players: int) -> list[Labels]:
    """Cut the training rows, nearly sorted by label, into pieces of unequal size."""
    sorted_rows = training[np.argsort(labels[training] + rng.normal(0, 2, len(training)))]
    cuts = np.cumsum(rng.dirichlet(np.full(players, 10.0)))[:-1] * len(training)
    return np.split(sorted_rows, cuts.astype(int))


def _mislabelled(rng: np.random.Generator, labels: Labels, portion: float) -> Labels:
    wrong = rng.random(len(labels)) < portion
    return np.where(wrong, rng.integers(0, CLASSES, len(labels)), labels)


def _local(rng: np.random.Generator, point: FloatVector, rows: FloatArray, labels: Labels) -> FloatVector:
    here = point.copy()
    for _ in range(10):
        batch = rng.integers(0, len(rows), 16)
        here -= 0.1 * softmax_gradient(here, rows[batch], labels[batch])
    delta = here - point
    return np.asarray(delta * min(1.0, 1.0 / float(np.linalg.norm(delta))))
