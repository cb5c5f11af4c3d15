"""What every agent has: a key, the record, and one way to call the contract."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from fedmarket.chain.port import Receipt
from fedmarket.domain.accounts import address_of
from fedmarket.domain.errors import ChainError, ContractRefusal, MarketError
from fedmarket.record.live import Record
from fedmarket.store.age import AgeIdentity

OWN_TROUBLE = frozenset({"store.unwritable", "store.too_few_copies"})


@dataclass(frozen=True)
class Action:
    """Something an agent did: a contract verb (with its receipt) or a put into the store."""

    account: str
    verb: str
    task: int | None
    receipt: Receipt | None = None


class Agent(Protocol):
    """A role's stepping program."""

    def step(self) -> list[Action]:
        """Read the record, do the next thing that is this agent's to do, and return what was done."""


@dataclass
class Actor:
    """An account that acts: `secret` is its 32-byte key, from which everything else it needs is derived."""

    secret: bytes
    record: Record
    refusals: list[MarketError] = field(default_factory=list)

    @cached_property
    def account(self) -> str:
        """The account's address."""
        return address_of(self.secret)

    @cached_property
    def age(self) -> AgeIdentity:
        """The key that blobs for this account are encrypted to."""
        return AgeIdentity.from_secret(self.secret)

    def attempt(self, deed: Callable[[], list[Action]]) -> list[Action]:
        """Do one's own next thing; an empty list where a rule, a document or a blob does not allow it.

        What is everybody's to do (`keep`) goes on all the same, and the deed is tried again at the next step;
        `refusals` keeps why not for those who watch. Raises ChainError, and StoreError where one's own writes fail:
        no other party can be behind that, and somebody must be told.
        """
        try:
            return deed()
        except MarketError as refusal:
            if isinstance(refusal, ChainError) or refusal.error_id in OWN_TROUBLE:
                raise
            self._remember(refusal)
            return []

    def call(self, task: int | None, verb: str, *args: Any, pays: int = 0) -> list[Action]:
        """Call a verb and read the record again; an empty list where the contract refuses.

        A refusal is no failure: somebody was faster, or a deadline passed on the way. What to do next follows from
        the record, and `refusals` keeps it for those who watch.
        """
        arguments = args if task is None else (task, *args)
        try:
            receipt = self.record.chain.call(self.secret, verb, *arguments, pays=pays)
        except ContractRefusal as refusal:
            self._remember(refusal)
            self.record.refresh()
            return []
        self.record.refresh()
        return [Action(self.account, verb, task, receipt)]

    def _remember(self, refusal: MarketError) -> None:
        """Keep a refusal unless it only repeats the last one, as it does at every step until something changes."""
        if not self.refusals or self.refusals[-1].args != refusal.args:
            self.refusals.append(refusal)
