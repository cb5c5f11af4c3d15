"""A small federation in NumPy in which attacks on pay can be tried: breast cancer, softmax, five hospitals.

Twelve rounds of ten local steps (batch 16, rate .05, momentum .9), updates clipped to norm 1, server momentum .5,
and each account's share of the actual step along the path from model to model (DESIGN, section 6). The fifth
hospital has a fifth of its labels wrong. Everything follows from the seed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer  # type: ignore[import-untyped]

from fedmarket.domain.accounts import checksum
from fedmarket.domain.settlement import PayRule, ProviderResult, Settlement, Verdict, settle

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

TOKEN = 10**18
BUDGET = 900 * TOKEN
ROUNDS = 12
CLIP = 1.0
SERVER_MOMENTUM = 0.5
PATIENCE_ROUNDS, PATIENCE_GAIN = 3, 0.01
MALIGNANT, BENIGN = 0, 1
CASES = ((5, 65), (35, 14), (12, 27), (19, 5), (11, 28))
"""Malignant and benign biopsies of each hospital: screening, referral, general, clinic, general with wrong labels."""
VALIDATION = (42, 72)
NODES, NODE_WEIGHTS = np.polynomial.legendre.leggauss(8)


@dataclass(frozen=True)
class Sample:
    """Standardised features with a constant column, and labels 0 (malignant) or 1."""

    x: Array
    y: Labels

    def loss_and_gradient(self, model: Array) -> tuple[float, Array]:
        """Mean cross-entropy of the (features, 2) model, and its gradient."""
        logits = self.x @ model
        logits -= logits.max(axis=1, keepdims=True)
        odds = np.exp(logits)
        odds /= odds.sum(axis=1, keepdims=True)
        rows = np.arange(len(self.y))
        loss = -float(np.log(odds[rows, self.y]).mean())
        odds[rows, self.y] -= 1
        return loss, self.x.T @ odds / len(self.y)

    @cached_property
    def prior_loss(self) -> float:
        """The loss of always predicting the class shares."""
        shares = np.bincount(self.y) / len(self.y)
        return -float((shares * np.log(shares)).sum())


@dataclass(frozen=True)
class Data:
    """What one seed draws: the hospitals' samples and the validation set."""

    seed: int
    hospitals: tuple[Sample, ...]
    validation: Sample


@cache
def draw(seed: int) -> Data:
    """Deal the biopsies out by class; standardise by the hospitals' pooled moments; spoil a fifth of h4's labels."""
    x, y = load_breast_cancer(return_X_y=True)
    rng = np.random.default_rng(seed)
    piles = [rng.permutation(np.flatnonzero(y == label)) for label in (MALIGNANT, BENIGN)]
    hands = []
    for counts in (*CASES, VALIDATION):
        hands.append(np.concatenate([pile[:count] for pile, count in zip(piles, counts, strict=True)]))
        piles = [pile[count:] for pile, count in zip(piles, counts, strict=True)]
    pooled = x[np.concatenate(hands[:-1])]
    x = np.column_stack([(x - pooled.mean(axis=0)) / pooled.std(axis=0), np.ones(len(x))])
    samples = [Sample(x[hand], y[hand].astype(np.int64)) for hand in hands]
    wrong = rng.permutation(len(samples[4].y))[: len(samples[4].y) // 5]
    samples[4].y[wrong] = 1 - samples[4].y[wrong]
    return Data(seed, tuple(samples[:-1]), samples[-1])


@dataclass(frozen=True)
class Moment:
    """What an account may look at when it makes an update: the round, the model, and the last public step."""

    seed: int
    round: int
    model: Array
    last_step: Array

    def generator(self, *ids: int) -> np.random.Generator:
        """Randomness of its own for this round and these ids."""
        return np.random.default_rng([self.seed, self.round, *ids])


Behaviour = Callable[[Moment], Array | None]
"""Makes an account's update for a round, or none."""


@dataclass(frozen=True)
class Member:
    """An account of the federation: its weight and how it makes updates."""

    weight: int
    behave: Behaviour


def clipped(update: Array, factor: float = 1.0) -> Array:
    """The update times `factor`, scaled down to the clip norm where it is longer."""
    update = update * factor
    return update * min(1.0, CLIP / max(float(np.linalg.norm(update)), 1e-12))


def at_clip_norm(direction: Array) -> Array:
    """The direction, exactly as long as the clip allows."""
    return direction * (CLIP / float(np.linalg.norm(direction)))


def training(sample: Sample, number: int, boost: float = 1.0) -> Behaviour:
    """Honest local training on `sample`, reproducible by its number; `boost` multiplies the update before the clip."""

    def behave(moment: Moment) -> Array:
        rng, model = moment.generator(number), moment.model.copy()
        velocity = np.zeros_like(model)
        for _ in range(10):
            rows = rng.permutation(len(sample.y))[:16]
            velocity = 0.9 * velocity + Sample(sample.x[rows], sample.y[rows]).loss_and_gradient(model)[1]
            model -= 0.05 * velocity
        return clipped(model - moment.model, boost)

    return behave


def hospitals(data: Data, weights: Sequence[int] = (1,) * 5) -> list[Member]:
    """The five hospitals, honest."""
    return [Member(weights[i], training(sample, i)) for i, sample in enumerate(data.hospitals)]


@dataclass(frozen=True)
class History:
    """What a task brought: skill before round 1 and after each round, and every account's contribution by round."""

    skills: tuple[float, ...]
    contributions: Array
    delivered: tuple[int, ...]

    @property
    def best(self) -> int:
        """The earliest round with the best skill; scores count up to it."""
        return 1 + int(np.argmax(self.skills[1:]))


def run(data: Data, members: Sequence[Member]) -> History:
    """Train until the rounds are used up or patience ends; contributions are in skill units."""
    model = np.zeros((data.validation.x.shape[1], 2))
    last_step, momenta = np.zeros_like(model), [np.zeros_like(model) for _ in members]
    skills, contributions = [skill(data, model)], []
    delivered = [0] * len(members)
    for number in range(1, ROUNDS + 1):
        moment = Moment(data.seed, number, model, last_step)
        updates = [member.behave(moment) for member in members]
        weight = sum(m.weight for m, update in zip(members, updates, strict=True) if update is not None)
        for i, (member, update) in enumerate(zip(members, updates, strict=True)):
            part = np.zeros_like(model) if update is None else update * (member.weight / weight)
            momenta[i] = SERVER_MOMENTUM * momenta[i] + part
            delivered[i] += update is not None
        last_step = np.sum(momenta, axis=0)
        contributions.append(shares_of_step(data.validation, model, last_step, momenta))
        model = model + last_step
        skills.append(skill(data, model))
        if number > PATIENCE_ROUNDS and skills[-1] - skills[-1 - PATIENCE_ROUNDS] < PATIENCE_GAIN:
            break
    return History(tuple(skills), np.array(contributions), tuple(delivered))


def skill(data: Data, model: Array) -> float:
    """1 - loss / loss of always predicting the class shares, on the validation set."""
    return 1 - data.validation.loss_and_gradient(model)[0] / data.validation.prior_loss


def shares_of_step(validation: Sample, model: Array, step: Array, momenta: Sequence[Array]) -> Array:
    """phi_i = -<average gradient over the way taken, i's own momentum>, Gauss-Legendre with 8 gradients."""
    ways = [model + (1 + node) / 2 * step for node in NODES]
    gradient = sum(
        (w / 2 * validation.loss_and_gradient(way)[1] for w, way in zip(NODE_WEIGHTS, ways, strict=True)),
        np.zeros_like(model),
    )
    return np.array([-float((gradient * own).sum()) for own in momenta]) / validation.prior_loss


OPEN_RULE = PayRule(
    performance=BUDGET,
    participation=0,
    aggregator_fee=0,
    evaluator_fee=0,
    rounds=ROUNDS,
    seats=0,
    open_admission=True,
    priced=False,
    target_ppb=900_000_000,
    floor_bps=0,
    toll_bps=4000,
)
LISTED_RULE = replace(OPEN_RULE, open_admission=False, toll_bps=0)


def account(number: int) -> str:
    """The account of the member with this number."""
    return checksum("0x" + sha256(b"%d" % number).hexdigest()[:40])


def pay(rule: PayRule, history: History, members: Sequence[Member], least_weight: int = 5) -> Settlement:
    """Settle the task; a unit of weight has a bond of twice the performance money over `least_weight`."""
    unit = 2 * BUDGET // least_weight
    totals = history.contributions[: history.best].sum(axis=0)
    providers = [
        ProviderResult(account(i), m.weight, unit * m.weight, 0, delivered, True, round(float(total) * 10**9))
        for i, (m, total, delivered) in enumerate(zip(members, totals, history.delivered, strict=True))
    ]
    initial, final = (round(history.skills[i] * 10**9) for i in (0, history.best))
    return settle(rule, providers, Verdict(initial, final, ("0x" + "1" * 40,) * (len(history.skills) - 1), ()))


def tokens(settlement: Settlement, numbers: Sequence[int]) -> float:
    """What these members take home together, in tokens of the 900: owed less debited."""
    return sum(settlement.owed[account(i)] - settlement.debit[account(i)] for i in numbers) / TOKEN
