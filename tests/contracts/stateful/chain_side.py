"""What a session asks of the contract's side, and how the reference answered a call."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from fedmarket.domain.reference.ledger import Ledger
from fedmarket.domain.reference.state import Event


@dataclass(frozen=True)
class Answer:
    """How the reference answered a call: the reason of a refusal, or the events and the returned value."""

    reason: str | None
    events: list[Event]
    returned: Any


class ChainSide(Protocol):
    """A deployed market that follows the reference call by call."""

    market: str
    chain_id: int

    def must_answer(self, answer: Answer, ledger: Ledger, sender: str, verb: str, args: tuple[Any, ...]) -> None:
        """Make the call on the contract; raises AssertionError where it answers otherwise than the reference."""

    def must_hold_the_same(self, ledger: Ledger, tasks: Iterable[int]) -> None:
        """Compare what the contract has, and says it holds for some tasks; raises AssertionError where it differs."""

    def must_remember_the_same(self, ledger: Ledger) -> None:
        """Compare every view of every task; raises AssertionError where one differs."""

    def anchor(self) -> AbstractContextManager[None]:
        """Undo on leaving whatever is done to the chain inside."""
