"""Attacks on pay: ways to make updates that try to be paid without teaching the model anything."""

from collections.abc import Sequence

import numpy as np

from tests.worlds.pay_world import Array, Behaviour, Data, Member, Moment, Sample, at_clip_norm, hospitals, training


def members(behaviours: Sequence[Behaviour], weight: int = 1) -> list[Member]:
    """The attacker's accounts, each with its own bond."""
    return [Member(weight, behave) for behave in behaviours]


def idle(moment: Moment) -> Array:
    """A zero update."""
    return np.zeros_like(moment.model)


def random_direction(moment: Moment, number: int) -> Array:
    """A fresh direction each round, as long as the clip allows."""
    return at_clip_norm(moment.generator(1000 + number).standard_normal(moment.model.shape))


def malignant_direction(moment: Moment) -> Array:
    """Every feature speaks for malignant: what anybody knows about such data beforehand."""
    direction = np.ones_like(moment.model)
    direction[:, 1] = -1
    direction[-1] = 0
    return at_clip_norm(direction)


def noise(number: int) -> Behaviour:
    """Random updates."""
    return lambda moment: random_direction(moment, number)


def hedged_pair(number: int) -> list[Behaviour]:
    """Two accounts with opposite random updates: they cancel in the model, one of them happens to be right."""
    return [lambda moment: random_direction(moment, number), lambda moment: -random_direction(moment, number)]


def known_sign_pair() -> list[Behaviour]:
    """Two accounts with opposite updates along the direction that is known to be right."""
    return [malignant_direction, lambda moment: -malignant_direction(moment)]


def one_against_seven() -> list[Behaviour]:
    """One account with the direction known to be right, seven that share its opposite."""
    return [malignant_direction, *[lambda moment: -malignant_direction(moment) / 7] * 7]


def echo(moment: Moment) -> Array | None:
    """The last public step again, at the clip norm."""
    return at_clip_norm(moment.last_step) if moment.round > 1 else None


def flipped_labels(data: Data) -> Behaviour:
    """Training on a hospital's data with every label wrong."""
    sample = data.hospitals[2]
    return training(Sample(sample.x, 1 - sample.y), 2)


def split(data: Data, parts: int) -> list[Member]:
    """The five hospitals weighing `parts` each, the first one as `parts` accounts of weight 1 at the end."""
    first, *others = hospitals(data, (parts,) * 5)
    return [*others, *members([first.behave] * parts)]
