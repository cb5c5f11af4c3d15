"""Nodes and outboxes that fail at a chosen moment."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from web3 import Web3
from web3.providers import BaseProvider
from web3.types import RPCResponse

from fedmarket.chain.endpoint import Endpoint
from fedmarket.chain.outbox import FileOutbox, Outgoing


class Killed(BaseException):
    """The process ends here: nothing after this line runs."""


def kill() -> None:
    raise Killed


def cut_off() -> None:
    raise ConnectionResetError


class FailingProvider(BaseProvider):
    """Does `failure` once, before or after a request of `method`."""

    def __init__(self, inner: BaseProvider, method: str, failure: Callable[[], None], when: str) -> None:
        super().__init__()
        self._inner = inner
        self._planned = (method, when)
        self._failure = failure

    def request_func(self, w3: Web3, middleware_onion: Any) -> Callable[..., RPCResponse]:
        request = self._inner.request_func(w3, middleware_onion)

        def ask(method: str, params: Any) -> RPCResponse:
            self._fail(method, "before")
            answer = request(method, params)
            self._fail(method, "after")
            return answer

        return ask

    def _fail(self, method: str, moment: str) -> None:
        if self._planned == (method, moment):
            self._planned = ("", "")
            self._failure()


def failing(web3: Web3, method: str, failure: Callable[[], None], when: str) -> Web3:
    """Return web3 on the same chain through a provider that fails once."""
    assert isinstance(web3.provider, BaseProvider)
    return Web3(FailingProvider(web3.provider, method, failure, when), middleware=[])


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


class AnsweringProvider(BaseProvider):
    """Gives one method an answer of ours, such as {"error": …} or {"result": …}; passes on the rest."""

    def __init__(self, inner: BaseProvider, method: str, answer: Mapping[str, Any]) -> None:
        super().__init__()
        self._inner = inner
        self._method = method
        self.answer: Mapping[str, Any] | None = None
        self._prepared = answer

    def speak(self) -> None:
        """Begin to give the answer."""
        self.answer = self._prepared

    def request_func(self, w3: Web3, middleware_onion: Any) -> Callable[..., RPCResponse]:
        request = self._inner.request_func(w3, middleware_onion)

        def ask(method: str, params: Any) -> RPCResponse:
            if self.answer is not None and method == self._method:
                return cast(RPCResponse, self.answer)
            answer: RPCResponse = request(method, params)
            return answer

        return ask
