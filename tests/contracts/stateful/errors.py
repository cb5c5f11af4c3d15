"""Calls that are wrong somewhere: a sensible call with the sender, the task or one argument spoiled."""

from dataclasses import replace
from random import Random
from typing import Any

from tests.contracts.stateful.call_rules import Deed
from tests.contracts.stateful.cast import EVERYBODY
from tests.contracts.stateful.choice import chance
from tests.contracts.stateful.deeds import SENSIBLE, a_lying_round, deed
from tests.contracts.stateful.openings import SPOILERS
from tests.contracts.stateful.session import Session
from tests.contracts.stateful.votes import spoiled as spoiled_vote

from fedmarket.domain.chain_terms import ChainTerms
from fedmarket.domain.lifecycle import VERBS
from fedmarket.domain.reference.state import ZERO, Vote

EDGES = (0, 1, 2**40 - 1, 2**40, 2**112 - 1, 2**112, 2**256 - 1)


def an_error(session: Session, task_id: int, rng: Random) -> Deed:
    """Return a call with one thing wrong (now and then, by chance, nothing)."""
    status = session.task(task_id).status
    fitting = [verb for verb in SENSIBLE if status in VERBS[verb].within]
    wrong = deed(session, rng.choice(list(SENSIBLE) if chance(rng, 4) else fitting), task_id, rng)
    kind = rng.randint(0, 9)
    if wrong.verb == "commit_round" and kind < 3:
        return replace(wrong, args=(task_id, *a_lying_round(session, task_id, rng)))
    if kind < 3:
        return replace(wrong, sender=rng.choice(EVERYBODY))
    if wrong.verb in ("cancel", "stop") and kind > 3:
        return replace(wrong, verb="close")
    if kind == 3 and wrong.verb != "flush_forfeits":
        other = rng.choice((0, len(session.ledger.tasks) + 1, *session.ledger.tasks))
        return replace(wrong, args=(other, *wrong.args[1:]))
    if kind < 8 and len(wrong.args) > 1:
        return spoiled(wrong, rng)
    return wrong


def spoiled(call: Deed, rng: Random) -> Deed:
    """Return a call with one of its arguments after the task spoiled."""
    place = rng.randint(1, len(call.args) - 1)
    return replace(call, args=(*call.args[:place], spoil(call.args[place], rng), *call.args[place + 1 :]))


def spoil(value: Any, rng: Random) -> Any:
    """Return another value of the same type, nearby or at the edge of what the type or the rules allow."""
    match value:
        case int():
            return rng.choice((value + 1, max(0, value - 1), 2 * value, *EDGES)) % 2**256
        case str():
            return rng.choice(EVERYBODY)
        case bytes() if len(value) == 32:
            return rng.choice((ZERO, b"\xff" * 32, bytes([value[0] ^ 1]) + value[1:]))
        case bytes():
            return rng.choice((b"", value[:-1], value + b"\x00"))
        case list():
            return rng.choice((value[1:], [*value, b"\x01" * 32], value[::-1], [ZERO]))
        case Vote():
            return spoiled_vote(value, rng)
    raise TypeError(f"nothing spoils a {type(value).__name__}")


def spoiled_terms(terms: ChainTerms, rng: Random) -> ChainTerms:
    """Return the terms with one thing wrong."""
    return rng.choice(SPOILERS)(terms) if not chance(rng, 8) else terms
