"""Nodes and outboxes that fail at a chosen moment."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from web3 import Web3

from fedmarket.chain.endpoint import Endpoint
from fedmarket.chain.outbox import FileOutbox, Outgoing
from fedmarket.domain.errors import ChainError


class Killed(BaseException):
    """The process ends here: nothing after this line runs."""


def kill() -> None:
    raise Killed


def cut_off() -> None:
    raise ChainError("chain.unreachable", url="the node", detail="cut off")


class FailingEndpoint(Endpoint):
    """Does `failure` once, before or after a request of `method`."""

    def __init__(self, web3: Web3, method: str, failure: Callable[[], None], when: str) -> None:
        super().__init__(web3)
        self._planned = (method, when)
        self._failure = failure

    def ask(self, method: str, *params: Any) -> Any:
        self._fail(method, "before")
        answer = super().ask(method, *params)
        self._fail(method, "after")
        return answer

    def _fail(self, method: str, moment: str) -> None:
        if self._planned == (method, moment):
            self._planned = ("", "")
            self._failure()


class ForgetfulEndpoint(Endpoint):
    """Takes transactions and loses the first `losses` of them, as a node whose pool is cut."""

    def __init__(self, web3: Web3, losses: int) -> None:
        super().__init__(web3)
        self.losses = losses
        self.heard: list[str] = []

    def send(self, raw: str) -> None:
        self.heard.append(raw)
        self.losses -= 1
        if self.losses < 0:
            super().send(raw)


class FailingOutbox(FileOutbox):
    """Kills the process at its `fatal`-th write, before or after it reached the disk."""

    def __init__(self, folder: Path, account: str, fatal: int, when: str) -> None:
        super().__init__(folder, CHAIN_ID, account)
        self._left = fatal
        self._when = when

    def write(self, calls: Sequence[Outgoing]) -> None:
        self._left -= 1
        if self._left == 0 and self._when == "before":
            raise Killed
        super().write(calls)
        if self._left == 0:
            raise Killed


CHAIN_ID = 131277322940537


def survive(action: Callable[[], object]) -> None:
    """Run something that may be killed."""
    with suppress(Killed):
        action()
