"""Exchange.vy and its reference side by side: every call is made on both, and both must answer alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import boa  # type: ignore[import-untyped]
from eth_abi.abi import decode
from eth_hash.auto import keccak

from fedmarket.chain.abi import parse
from fedmarket.domain.errors import ContractRefusal
from fedmarket.domain.exchange.offer import Order
from fedmarket.domain.exchange.reference import call
from fedmarket.domain.exchange.state import Exchange
from tests.contracts.compiled import deploy
from tests.contracts.exchange.wares import NAMES, PAUPER

STARTED_AT = 1_800_000_000
RICH = 10**24
NO_PERMIT = (0, 0, bytes(32), bytes(32))
PERMITTED = frozenset({"stake", "order"})
ERROR_STRING = bytes.fromhex("08c379a0")
BALANCE_OF = keccak(b"balanceOf(address)")[:4]
LOCKED = ""
"""What a call is refused with that found the door locked: nothing."""


class PairedExchange:
    """One exchange twice: deployed in an EVM of its own, and as the reference."""

    def __init__(self, token: str = "silent_token") -> None:
        self.env = boa.Env()
        self.env.enable_fast_mode()
        self.token = deploy(self.env, token)
        deployed = deploy(self.env, "Exchange", self.token.address)
        self.address = str(deployed.address)
        self.abi = parse("Exchange", {"abi": deployed.abi, "bytecode": ""})
        self.book = Exchange(self.address, int(self.env.evm.patch.chain_id), now=STARTED_AT)
        for account in NAMES:
            amount = 5 if account == PAUPER else RICH
            self.token.mint(account, amount)
            self.book.balances[account] = amount

    @property
    def now(self) -> int:
        return self.book.now

    def wait(self, seconds: int) -> None:
        self.book.now += seconds

    def wait_until(self, second: int) -> None:
        assert second >= self.now, "time runs forwards"
        self.book.now = second

    def call(self, sender: str, verb: str, *args: Any, permit: Any = NO_PERMIT) -> Any:
        """Call a verb on both sides and return what it returns; raises ContractRefusal where both refuse alike."""
        logged, returned, refusal = len(self.book.events), None, None
        try:
            returned = call(self.book, sender, verb, *args)
        except ContractRefusal as refused:
            refusal = refused
        reason, logs, output = self.send(sender, verb, *args, permit=permit)
        assert reason == (refusal.reason if refusal else None), f"{verb}: the contract says {reason}, not {refusal}"
        expected = [(event.name, event.fields) for event in self.book.events[logged:]]
        assert logs == expected, f"{verb}: the contract logs {logs}, not {expected}"
        if refusal:
            raise refusal
        self.must_agree()
        if self.abi.functions[verb].outputs:
            assert self.abi.functions[verb].decode(output) == (returned,)
        return returned

    def refused(self, reason: str, sender: str, verb: str, *args: Any) -> None:
        """Call a verb that must be refused with exactly this reason, on both sides."""
        try:
            self.call(sender, verb, *args)
        except ContractRefusal as refusal:
            assert refusal.reason == reason, f"{verb} is refused with {refusal.reason}, not {reason}"
        else:
            raise AssertionError(f"{verb} went through, {reason} expected")

    def send(
        self, sender: str, verb: str, *args: Any, permit: Any = NO_PERMIT
    ) -> tuple[str | None, list[tuple[str, dict[str, Any]]], bytes]:
        """Call the contract alone; returns the reason of a refusal or None, its logs, and the output."""
        computation = self.execute(sender, self.data(verb, *args, permit=permit))
        if computation.is_error:
            output = computation.output
            return (str(decode(["string"], output[4:])[0]) if output[:4] == ERROR_STRING else LOCKED), [], b""
        entries = [entry[1:] for entry in sorted(computation.get_raw_log_entries())]
        ours = [entry for entry in entries if "0x" + entry[0].hex() == self.address.lower()]
        return None, [self._logged(topics, data) for _, topics, data in ours], computation.output

    def execute(self, sender: str, data: bytes) -> Any:
        """Make a raw call to the contract at the reference's time."""
        self.env.evm.patch.timestamp = self.now
        return self.env.execute_code(to_address=self.address, sender=sender, data=data)

    def data(self, verb: str, *args: Any, permit: Any = NO_PERMIT) -> bytes:
        """Return a call's data."""
        return self.abi.functions[verb].encode(*args, *[permit] * (verb in PERMITTED))

    def _logged(self, topics: list[int], data: bytes) -> tuple[str, dict[str, Any]]:
        words = [topic.to_bytes(32, "big") for topic in topics]
        shape = self.abi.logs[words[0]]
        return shape.name, shape.decode(words[1:], data)

    def view(self, name: str, *args: Any) -> Any:
        """Return what a view of the contract returns, a struct as a tuple."""
        function = self.abi.functions[name]
        computation = self.execute(PAUPER, function.encode(*args))
        assert not computation.is_error, f"the view {name} reverted"
        return function.decode(computation.output)[0]

    def balance(self, account: str) -> int:
        """Return an account's tokens, in base units."""
        data = BALANCE_OF + bytes(12) + bytes.fromhex(account[2:])
        output = self.env.execute_code(to_address=self.token.address, data=data, is_modifying=False).output
        return int.from_bytes(output, "big")

    def must_agree(self) -> None:
        """Compare everybody's tokens and stakes, and every order: `covered` is the equality with the own balance."""
        assert self.balance(self.address) == self.book.balances.get(self.address, 0) == self.book.held()
        for account in NAMES:
            assert self.balance(account) == self.book.balances.get(account, 0), f"{NAMES[account]} has another balance"
            assert self.view("stake_of", account) == self.book.stakes.get(account, 0)
            assert self.view("series_of", account) == self.book.series.get(account, 0)
        for order_id, sale in self.book.sales.items():
            assert self.view("standing", order_id)[:2] == (sale.status, sale.deadline)

    def id(self, order: Order) -> bytes:
        return order.id(self.book.domain)

    @contextmanager
    def anchored(self) -> Iterator["PairedExchange"]:
        """Undo on leaving whatever is done inside, on both sides."""
        book = deepcopy(self.book)
        with self.env.anchor():
            yield self
        self.book = book
