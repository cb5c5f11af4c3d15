"""Asking for what one may read and cannot open, and answering those who ask (`record.relay`)."""

from collections.abc import Iterable

from fedmarket.agents.actor import Action, Actor
from fedmarket.domain.ask import KINDS
from fedmarket.domain.errors import MarketError
from fedmarket.domain.terms import DataSchema
from fedmarket.learning.tensors import Tensors
from fedmarket.record.constants import constants_round, data_schema
from fedmarket.record.models import open_model
from fedmarket.record.relay import ask_for, hand_on, unopened


def ask(actor: Actor, task: int, rounds: Iterable[int], kinds: Iterable[str] = KINDS) -> list[Action]:
    """Ask for the blobs of committed `rounds` that do not open to us; nothing where we asked before."""
    record = actor.record
    new = ask_for(record, task, unopened(record, task, rounds, actor.age, kinds))
    return [Action(actor.account, "ask", task) for _ in new]


def answer(actor: Actor, task: int) -> list[Action]:
    """Hand on what others of the task ask for and we can open: an evaluator's duty."""
    handed = hand_on(actor.record, task, actor.account, actor.secret, actor.age)
    return [Action(actor.account, "hand_on", task) for _ in handed]


def schema_or_ask(actor: Actor, task: int) -> DataSchema | list[Action]:
    """Return the data schema with the constants in force, or what was done about it where they do not open.

    Raises MarketError where they were asked for before, or before there is a round to ask of.
    """
    try:
        return data_schema(actor.record, task, actor.age)
    except MarketError:
        first = constants_round(actor.record, task)
        asked = ask(actor, task, [first], ["constants"]) if first else []
        if not asked:
            raise
        return asked


def model_or_ask(actor: Actor, task: int, round_number: int) -> Tensors | list[Action]:
    """Return the model after a round, or what was done about it where it does not open.

    Raises MarketError where it was asked for before.
    """
    try:
        return open_model(actor.record, task, round_number, actor.age)
    except MarketError:
        asked = ask(actor, task, [round_number] if round_number else [], ["model"])
        if not asked:
            raise
        return asked
