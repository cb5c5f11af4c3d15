"""One account's transactions: nonces without gaps or races, each written down before it is sent, until it is mined."""

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum, auto
from threading import Lock

from eth_account import Account

from fedmarket.chain.endpoint import Endpoint, Mined, NodeError
from fedmarket.chain.fees import Fees, quote
from fedmarket.chain.outbox import Attempt, Order, Outbox, Outgoing
from fedmarket.domain.errors import ChainError, ChainRefusal

TRIES = 3


class Answer(Enum):
    """How a node took a transaction."""

    TAKEN = auto()
    STALE = auto()
    CHEAP = auto()


ANSWERS = (
    (Answer.TAKEN, ("already known", "known transaction", "already imported", "alreadyknown")),
    (Answer.STALE, ("nonce too low", "nonce is too low", "oldnonce", "invalid transaction nonce")),
    (Answer.CHEAP, ("underpriced", "less than block base fee", "lower than block's base fee", "fee too low")),
)
"""What nodes say, in lower case: geth, besu, nethermind, reth, anvil and py-evm differ."""

NO_MONEY = ("insufficient funds", "enough balance", "upfront cost", "insufficientfunds", "with account balance")


class SendRefused(ChainRefusal):
    """The node does not take a transaction, and will not while nothing else changes."""


@dataclass(frozen=True)
class Pace:
    """Seconds between looks at an unmined call, until it is sent again, and until its caller is told."""

    look: float = 0.5
    resend: float = 15.0
    give_up: float = 180.0


class Sender:
    """Sends for one account. Threads may share it; processes may share its outbox."""

    def __init__(
        self, endpoint: Endpoint, chain_id: int, account: str, outbox: Outbox, pace: Pace | None = None
    ) -> None:
        self._endpoint = endpoint
        self._chain_id = chain_id
        self._account = account
        self._outbox = outbox
        self._pace = pace or Pace()
        self._awaited: set[int] = set()
        self.paying = Lock()
        """Held from the signing of a permit until it is used: permits of one account are numbered too."""

    def send(self, secret: bytes, order: Order) -> Mined:
        """Send a call and wait until it is mined, whether it succeeds or reverts.

        What a crash or a silent node left on its way is seen through first; where that was this very call and it
        succeeded, it is not sent again. Raises ChainError where the node refuses it, does not answer, or does not
        mine it in time; unless refused, it stays in the outbox and is seen through by the next `send`.
        """
        for _ in range(TRIES):
            earlier = self.finish(secret, order.call_id)
            if earlier:
                return earlier
            call = self._post(secret, order)
            if call:
                mined = self._see_through(secret, call)
                if mined:
                    return mined
        raise ChainError("chain.nonce_contested", account=self._account, verb=order.verb)

    def _post(self, secret: bytes, order: Order) -> Outgoing | None:
        """Write a call down and send it; None where another sender with this key took its nonce."""
        with self._outbox.held():
            calls = self._outbox.read()
            nonce = max([self._endpoint.nonce(self._account, "pending"), *(call.nonce + 1 for call in calls)])
            call = Outgoing(nonce, order, (self._sign(secret, order, nonce, quote(self._endpoint)),))
            self._outbox.write([*calls, call])
            try:
                answer = self._deliver(call)
            except SendRefused:
                self._outbox.write(calls)
                raise
            if answer is Answer.TAKEN:
                self._awaited.add(nonce)
                return call
            self._outbox.write(calls)
            return None

    def finish(self, secret: bytes, call_id: str) -> Mined | None:
        """See through what a crash or a silent node left on its way; returns the call `call_id` where it succeeded."""
        found = None
        with self._outbox.held():
            left = [call for call in self._outbox.read() if call.nonce not in self._awaited]
            self._awaited.update(call.nonce for call in left)
        try:
            for call in left:
                mined = self._mined(call) or self._resend(secret, call)
                self._forget(call)
                if mined and mined.succeeded and call.order.call_id == call_id:
                    found = mined
        finally:
            self._awaited.difference_update(call.nonce for call in left)
        return found

    def _resend(self, secret: bytes, call: Outgoing) -> Mined | None:
        """Send a leftover again and wait for it; None where it can no longer be mined, or is refused."""
        if call.nonce > self._endpoint.nonce(self._account, "pending"):
            return None
        try:
            answer = self._deliver(call)
            if answer is Answer.CHEAP:
                call = self._raise_fees(secret, call)
        except SendRefused:
            return None
        return self._mined(call) if answer is Answer.STALE else self._wait(secret, call)

    def _see_through(self, secret: bytes, call: Outgoing) -> Mined | None:
        """Wait until a call is mined; None where another transaction took its nonce."""
        self._awaited.add(call.nonce)
        try:
            mined = self._wait(secret, call)
        finally:
            self._awaited.discard(call.nonce)
        self._forget(call)
        return mined

    def _wait(self, secret: bytes, call: Outgoing) -> Mined | None:
        started = sent = time.monotonic()
        pause = self._pace.look / 32
        overtaken = False
        while not (mined := self._mined(call)):
            now = time.monotonic()
            if now - started > self._pace.give_up:
                raise ChainError("chain.not_mined", verb=call.order.verb, seconds=int(now - started))
            if now - sent > self._pace.resend:
                sent = now
                if self._endpoint.nonce(self._account, "latest") <= call.nonce:
                    with suppress(SendRefused):
                        call = self._raise_fees(secret, call)
                elif overtaken:
                    return None
                else:
                    # A node may count the nonce before it shows the receipt.
                    overtaken = True
            time.sleep(pause)
            pause = min(2 * pause, self._pace.look)
        return mined

    def _raise_fees(self, secret: bytes, call: Outgoing) -> Outgoing:
        """Send a call again, for a better price where prices have risen."""
        last, now = call.attempts[-1].fees, quote(self._endpoint)
        if now.most > last.most:
            attempt = self._sign(secret, call.order, call.nonce, now.above(last))
            call = replace(call, attempts=(*call.attempts, attempt))
            with self._outbox.held():
                others = [other for other in self._outbox.read() if other.nonce != call.nonce]
                self._outbox.write([*others, call])
        self._deliver(call)
        return call

    def _deliver(self, call: Outgoing) -> Answer:
        """Hand the latest transaction to the node; raises SendRefused where it refuses it for good."""
        try:
            self._endpoint.send(call.attempts[-1].raw)
        except NodeError as error:
            said = error.message.lower()
            for answer, phrases in ANSWERS:
                if any(phrase in said for phrase in phrases):
                    return answer
            if any(phrase in said for phrase in NO_MONEY):
                raise SendRefused("chain.no_gas_money", account=self._account, verb=call.order.verb) from error
            raise SendRefused("chain.rejected", verb=call.order.verb, message=error.message) from error
        return Answer.TAKEN

    def _mined(self, call: Outgoing) -> Mined | None:
        for attempt in reversed(call.attempts):
            mined = self._endpoint.mined(attempt.hash)
            if mined:
                return mined
        return None

    def _forget(self, call: Outgoing) -> None:
        with self._outbox.held():
            self._outbox.write([other for other in self._outbox.read() if other.nonce != call.nonce])

    def _sign(self, secret: bytes, order: Order, nonce: int, fees: Fees) -> Attempt:
        transaction = {"data": order.data, "gas": order.gas, "value": order.value, "nonce": nonce}
        target = {} if order.to is None else {"to": order.to}
        signed = Account.sign_transaction({**transaction, **target, "chainId": self._chain_id, **fees.fields()}, secret)
        return Attempt("0x" + signed.raw_transaction.hex(), "0x" + signed.hash.hex(), fees)
