"""A TaskMarket behind any EVM JSON-RPC endpoint: local signing, a gas table, typed refusals."""

from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

from eth_abi.exceptions import EncodingError
from eth_hash.auto import keccak
from requests import HTTPError, Timeout
from web3 import HTTPProvider, Web3
from web3.providers.rpc.utils import ExceptionRetryConfiguration

from fedmarket.chain.abi import Function, artifact
from fedmarket.chain.endpoint import Endpoint, Mined, NodeError
from fedmarket.chain.events import EventLog
from fedmarket.chain.gas import limit_of
from fedmarket.chain.outbox import FileOutbox, MemoryOutbox, Order
from fedmarket.chain.permits import NO_PERMIT, Permit, Purse
from fedmarket.chain.port import Head, Receipt
from fedmarket.chain.sender import Pace, Sender
from fedmarket.domain.accounts import address_of, checksum
from fedmarket.domain.errors import ChainRefusal, ChainUsageError, ContractRefusal, UsageError, sentence
from fedmarket.domain.reference.state import Event

PERMITTED = frozenset({"open_task", "take_seat", "join"})
"""Verbs whose last argument is a permit."""


def connect(url: str, *, seconds: float = 30.0) -> Web3:
    """Return web3 on an http(s) endpoint, asking nothing yet: it waits `seconds` for an answer, and reads thrice."""
    retries = ExceptionRetryConfiguration(errors=(HTTPError, Timeout), retries=3)
    provider = HTTPProvider(url, request_kwargs={"timeout": seconds}, exception_retry_configuration=retries)
    return Web3(provider, middleware=[])


class RpcChain:
    """One TaskMarket on one chain (the `Chain` protocol). Threads may share it."""

    contract: ClassVar[str] = "TaskMarket"
    permitted: ClassVar[frozenset[str]] = PERMITTED

    def __init__(
        self,
        web3: Web3,
        market_address: str,
        *,
        chain_id: int | None = None,
        first_block: int = 0,
        span: int = 2_000,
        outbox: Path | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Look whether the market is there; `first_block` is the one that holds its deployment.

        `chain_id` is the expected one; `span` is how many blocks one request for logs covers at most; `outbox` is the
        folder of the accounts' outboxes, which without it last as long as this object. Raises ChainError where
        nothing answers, on another chain, and where the address holds no TaskMarket.
        """
        self._endpoint = Endpoint(web3)
        self._chain_id = self._endpoint.chain_id()
        if chain_id not in (None, self._chain_id):
            raise ChainUsageError("chain.wrong_chain", url=self._endpoint.url, found=self._chain_id, expected=chain_id)
        self._abi = artifact(self.contract)
        self._market = checksum(market_address)
        self._outbox = outbox
        self._pace = pace
        self._sink: str | None = None
        self._senders: dict[str, Sender] = {}
        self._lock = Lock()
        self._purse = Purse(self._endpoint, self._chain_id, self._token(), self._market, artifact("Token"))
        self._log = EventLog(self._endpoint, self._abi, self._market, first_block=first_block, span=span)

    def _token(self) -> str:
        """Return the market's token: the question also shows whether the address holds a market."""
        where = {"address": self._market, "url": self._endpoint.url}
        if not self._endpoint.code(self._market):
            raise ChainUsageError("chain.no_contract", **where)
        try:
            token = str(self._answer("token"))
        except NodeError as error:
            raise ChainUsageError("chain.not_a_market", **where) from error
        return token

    def _answer(self, view: str) -> Any:
        """Return what one of the market's views without arguments answers: one word that is not zero."""
        shape = self._abi.functions[view]
        answer = self._read(shape)
        if len(answer) != 32 or not any(answer):
            raise ChainUsageError("chain.not_a_market", address=self._market, url=self._endpoint.url)
        return shape.decode(answer)[0]

    def _view(self, name: str, *args: Any) -> Any:
        """Return the first value that one of the contract's views answers, zero or not."""
        shape = self._abi.functions[name]
        return shape.decode(self._read(shape, *args))[0]

    def _read(self, shape: Function, *args: Any) -> bytes:
        return self._endpoint.call({"to": self._market, "data": "0x" + shape.encode(*args).hex()})

    @property
    def chain_id(self) -> int:
        """The chain's id (EIP-155)."""
        return self._chain_id

    @property
    def market(self) -> str:
        """The TaskMarket's address (EIP-55)."""
        return self._market

    @property
    def token(self) -> str:
        """The address of the token that the market pays in (EIP-55)."""
        return self._purse.token

    @property
    def sink(self) -> str:
        """The address that the market sends forfeits to (EIP-55)."""
        if self._sink is None:
            self._sink = str(self._answer("sink"))
        return self._sink

    @property
    def reorganisations(self) -> int:
        """How often the chain took back blocks whose events had been read."""
        return self._log.reorganisations

    def head(self) -> Head:
        """Return the latest block. Raises ChainError when the chain does not answer."""
        block = self._endpoint.latest()
        return Head(block.number, block.timestamp, block.hash)

    def events(self, after_block: int) -> list[Event]:
        """Return the market's events in blocks > `after_block`, in order, with fields as the reference logs them."""
        return self._log.after(after_block)

    def balance(self, account: str) -> int:
        """Return an account's tokens in base units."""
        return self._purse.balance(account)

    def call(self, secret: bytes, verb: str, *args: Any, pays: int = 0) -> Receipt:
        """Sign and send one verb and wait until it is mined.

        `args` are those of the reference's verbs after (market, sender); `pays` is the amount in base units that
        the verb pulls from the caller, for which a permit is signed when the allowance is short.
        Raises ContractRefusal with the contract's reason, ChainError when the chain does not answer.
        """
        account = address_of(secret)
        order, mined = self._send(self._sender(account), secret, self._order(verb, args), args, pays)
        if not mined.succeeded:
            raise self._refusal(account, order, mined)
        return Receipt(verb, mined.gas_used, mined.block, mined.transaction)

    def _send(
        self, sender: Sender, secret: bytes, order: Order, args: tuple[Any, ...], pays: int
    ) -> tuple[Order, Mined]:
        if not pays or order.verb not in self.permitted:
            return order, sender.send(secret, order)
        with sender.paying:
            earlier = sender.finish(secret, order.call_id)
            if earlier:
                return order, earlier
            data = self._data(order.verb, args, self._purse.permit(secret, pays))
            order = replace(order, data="0x" + data.hex())
            return order, sender.send(secret, order)

    def _order(self, verb: str, args: tuple[Any, ...]) -> Order:
        data = self._data(verb, args, NO_PERMIT)
        call_id = keccak(self._market.encode() + data).hex()
        return Order(verb, self._market, "0x" + data.hex(), limit_of(verb, data), call_id)

    def _data(self, verb: str, args: tuple[Any, ...], permit: Permit) -> bytes:
        try:
            return self._abi.functions[verb].encode(*args, *[permit] * (verb in self.permitted))
        except EncodingError as error:
            raise UsageError("chain.bad_argument", verb=verb, detail=error) from error

    def _sender(self, account: str) -> Sender:
        with self._lock:
            if account not in self._senders:
                box = FileOutbox(self._outbox, self._chain_id, account) if self._outbox else MemoryOutbox()
                self._senders[account] = Sender(self._endpoint, self._chain_id, account, box, self._pace)
            return self._senders[account]

    def _refusal(self, account: str, order: Order, mined: Mined) -> ChainRefusal | ContractRefusal:
        """Return why a mined call reverted: it is replayed where it failed, then in the state before."""
        if mined.gas_used >= order.gas:
            return ChainRefusal("chain.out_of_gas", verb=order.verb, limit=order.gas)
        transaction = {"from": account, "to": order.to, "data": order.data, "gas": hex(order.gas)}
        for block in (mined.block, mined.block - 1):
            try:
                self._endpoint.call(transaction, block)
            except NodeError as error:
                if error.reason:
                    return _typed(order.verb, error.reason)
        return ChainRefusal("chain.reverted", verb=order.verb, transaction=mined.transaction)


def _typed(verb: str, reason: str) -> ChainRefusal | ContractRefusal:
    try:
        sentence(f"contract.{reason}")
    except KeyError:
        return ChainRefusal("chain.unknown_reason", verb=verb, reason=reason)
    return ContractRefusal(f"contract.{reason}")
