"""TaskMarket.vy and its reference side by side: every call is made on both, and both must answer alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import boa  # type: ignore[import-untyped]
from eth_abi.abi import decode
from eth_hash.auto import keccak

from fedmarket.chain.abi import parse
from fedmarket.domain.errors import ContractRefusal
from fedmarket.domain.reference import call
from fedmarket.domain.reference.ledger import Ledger
from tests.contracts.cast import EVERYBODY, PAUPER, POOR, RICH, SINK
from tests.contracts.compiled import deploy

STARTED_AT = 1_800_000_000
NO_PERMIT = (0, 0, bytes(32), bytes(32))
PERMITTED = frozenset({"open_task", "take_seat", "join"})
ERROR_STRING = bytes.fromhex("08c379a0")
BALANCE_OF = keccak(b"balanceOf(address)")[:4]
LOCKED = ""
"""What a call is refused with that found the door locked: nothing."""

Logged = tuple[str, list[tuple[str, Any]]]


class PairedMarket:
    """One market twice: deployed in an EVM of its own, and as the reference's ledger."""

    def __init__(self, token: str = "silent_token", *token_args: Any) -> None:
        """Deploy with a token of that name and fill everybody's purse."""
        self.env = boa.Env()
        self.env.enable_fast_mode()
        self.token = deploy(self.env, token, *token_args)
        deployed = deploy(self.env, "TaskMarket", self.token.address, SINK)
        self.address = str(deployed.address)
        self.abi = parse("TaskMarket", {"abi": deployed.abi, "bytecode": ""})
        self.ledger = Ledger(self.address, int(self.env.evm.patch.chain_id), SINK, now=STARTED_AT)
        for account in EVERYBODY:
            self.grant(account, POOR if account == PAUPER else RICH)

    def grant(self, account: str, amount: int) -> None:
        """Give an account tokens on both sides."""
        self.token.mint(account, amount)
        self.ledger.balances[account] = self.ledger.balances.get(account, 0) + amount

    def wait_until(self, second: int) -> None:
        """Let the time be `second`; it never runs backwards."""
        assert second >= self.ledger.now, "time runs forwards"
        self.ledger.now = second

    def wait(self, seconds: int) -> None:
        self.wait_until(self.ledger.now + seconds)

    def call(self, sender: str, verb: str, *args: Any, permit: Any = NO_PERMIT) -> Any:
        """Call a verb on both sides and return what it returns; raises ContractRefusal where both refuse alike."""
        logged, had = len(self.ledger.events), dict(self.ledger.balances)
        returned: Any = None
        refusal: ContractRefusal | None = None
        try:
            returned = call(self.ledger, sender, verb, *args)
        except ContractRefusal as refused:
            refusal = refused
        reason, logs, output = self.send(sender, verb, *args, permit=permit)
        assert reason == (refusal.reason if refusal else None), f"{verb}: the contract says {reason}, not {refusal}"
        expected = [(event.name, list(event.fields.items())) for event in self.ledger.events[logged:]]
        assert logs == expected, f"{verb}: the contract logs {logs}, not {expected}"
        if refusal:
            raise refusal
        # the market's own balance tells of a payment to anybody else
        self.must_agree(sender, *(who for who, amount in self.ledger.balances.items() if amount != had.get(who, 0)))
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
    ) -> tuple[str | None, list[Logged], bytes]:
        """Call the contract alone; returns the reason of a refusal or None, the market's logs, and the output."""
        computation = self.execute(sender, self.data(verb, *args, permit=permit))
        if computation.is_error:
            return _reason(computation.output), [], b""
        entries = [entry[1:] for entry in sorted(computation.get_raw_log_entries())]
        ours = [entry for entry in entries if "0x" + entry[0].hex() == self.address.lower()]
        return None, [self._logged(topics, data) for _, topics, data in ours], computation.output

    def execute(self, sender: str, data: bytes) -> Any:
        """Make a raw call to the contract at the ledger's time."""
        self.env.evm.patch.timestamp = self.ledger.now
        return self.env.execute_code(to_address=self.address, sender=sender, data=data)

    def data(self, verb: str, *args: Any, permit: Any = NO_PERMIT) -> bytes:
        """Return a call's data."""
        return self.abi.functions[verb].encode(*args, *[permit] * (verb in PERMITTED))

    def _logged(self, topics: list[int], data: bytes) -> Logged:
        words = [topic.to_bytes(32, "big") for topic in topics]
        shape = self.abi.logs[words[0]]
        return shape.name, list(shape.decode(words[1:], data).items())

    def view(self, name: str, *args: Any) -> Any:
        """Return what a view of the contract returns, a struct as a tuple."""
        function = self.abi.functions[name]
        computation = self.execute(SINK, function.encode(*args))
        assert not computation.is_error, f"the view {name} reverted"
        return function.decode(computation.output)[0]

    def balance(self, account: str) -> int:
        """Return an account's tokens, in base units."""
        data = BALANCE_OF + bytes(12) + bytes.fromhex(account[2:])
        output = self.env.execute_code(to_address=self.token.address, data=data, is_modifying=False).output
        return int.from_bytes(output, "big")

    def must_agree(self, *accounts: str) -> None:
        """Compare the money: what is held for each task, what waits for the sink, and the tokens of these accounts.

        `solvent` and `conserved` are the two equalities with the market's own balance.
        """
        for task_id in self.ledger.tasks:
            assert self.view("held", task_id) == self.ledger.held(task_id), f"task {task_id} is held for otherwise"
        assert self.view("forfeits") == self.ledger.forfeits
        assert self.balance(self.address) == self.ledger.balances.get(self.address, 0) == self.ledger.total_held()
        for account in accounts:
            assert self.balance(account) == self.ledger.balances.get(account, 0), f"{account} has another balance"

    @contextmanager
    def anchored(self) -> Iterator["PairedMarket"]:
        """Undo on leaving whatever is done inside, on both sides."""
        ledger = deepcopy(self.ledger)
        with self.env.anchor():
            yield self
        self.ledger = ledger


def _reason(output: bytes) -> str:
    return str(decode(["string"], output[4:])[0]) if output[:4] == ERROR_STRING else LOCKED
