"""TaskMarket.vy, deployed in an EVM of its own, made to follow the reference."""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import boa  # type: ignore[import-untyped]
from eth_abi.abi import decode, encode
from eth_hash.auto import keccak
from tests.contracts.compiled import deploy
from tests.contracts.stateful.cast import SINK, purses
from tests.contracts.stateful.chain_side import Answer

from fedmarket.domain.accounts import checksum
from fedmarket.domain.lifecycle import PAYING
from fedmarket.domain.reference.ledger import Ledger

NO_PERMIT = (0, 0, bytes(32), bytes(32))
PERMITTED = frozenset({"open_task", "take_seat", "join"})
NO_SEAT = 2**8 - 1
ERROR_STRING = bytes.fromhex("08c379a0")

Abi = dict[str, Any]


class ContractMarket:
    """One deployment with everybody's purse filled. Anchors bring it back to where it was."""

    def __init__(self) -> None:
        self.env = boa.Env()
        self.env.enable_fast_mode()
        token = deploy(self.env, "silent_token")
        for account, amount in purses().items():
            token.mint(account, amount)
        deployed = deploy(self.env, "TaskMarket", token.address, SINK)
        self.token = str(token.address)
        self.market = str(deployed.address)
        self.chain_id = int(self.env.evm.patch.chain_id)
        entries: list[Abi] = deployed.abi
        self.functions = {entry["name"]: entry for entry in entries if entry["type"] == "function"}
        self.events = {_topic(entry): entry for entry in entries if entry["type"] == "event"}

    def must_answer(self, answer: Answer, ledger: Ledger, sender: str, verb: str, args: tuple[Any, ...]) -> None:
        """Make the call on the contract; raises AssertionError where it answers otherwise than the reference."""
        self.env.evm.patch.timestamp = ledger.now
        self.env.evm.patch.block_number = ledger.block
        function = self.functions[verb]
        values = [_plain(arg) for arg in args] + ([NO_PERMIT] if verb in PERMITTED else [])
        data = _selector(function) + encode(_types(function["inputs"]), _ordered(function["inputs"], values))
        computation = self.env.execute_code(to_address=self.market, sender=sender, data=data)
        if computation.is_error:
            reason = _reason(computation.output)
            assert answer.reason == reason, f"{verb}: reference {answer.reason}, contract refuses with {reason!r}"
            return
        assert answer.reason is None, f"{verb}: reference refuses with {answer.reason}, contract accepts"
        logged = [self._event(*entry[1:]) for entry in sorted(computation.get_raw_log_entries())]
        expected = [(event.name, _plain(event.fields)) for event in answer.events]
        assert logged == expected, f"{verb}: reference logs {expected}, contract {logged}"
        if function["outputs"]:
            assert decode(_types(function["outputs"]), computation.output) == (answer.returned,)

    def _event(self, address: bytes, topics: Sequence[int], data: bytes) -> tuple[str, dict[str, Any]]:
        assert "0x" + address.hex() == self.market.lower(), "somebody else logged an event"
        entry = self.events[topics[0]]
        fields, indexed = entry["inputs"], [field for field in entry["inputs"] if field["indexed"]]
        plain = [field for field in fields if not field["indexed"]]
        named = dict(_named(plain, decode(_types(plain), data)))
        for field, topic in zip(indexed, topics[1:], strict=True):
            named |= _named([field], decode([field["type"]], topic.to_bytes(32, "big")))
        return entry["name"], named

    def view(self, name: str, *args: Any) -> Any:
        """Return what a view of the market returns: a struct as a dict."""
        function = self.functions[name]
        data = _selector(function) + encode(_types(function["inputs"]), args)
        computation = self.env.execute_code(to_address=self.market, data=data, is_modifying=False)
        assert not computation.is_error, f"the view {name} reverted"
        (value,) = _named(function["outputs"], decode(_types(function["outputs"]), computation.output)).values()
        return value

    def balance_of(self, account: str) -> int:
        """Return an account's tokens, in base units."""
        data = keccak(b"balanceOf(address)")[:4] + encode(["address"], [account])
        output = self.env.execute_code(to_address=self.token, data=data, is_modifying=False).output
        return int.from_bytes(output, "big")

    def must_hold_the_same(self, ledger: Ledger, tasks: Iterable[int]) -> None:
        """Compare what the contract has, and says it holds for some tasks; raises AssertionError where it differs."""
        self.env.evm.patch.timestamp = ledger.now
        assert self.balance_of(self.market) == ledger.balances.get(ledger.address, 0)
        assert self.view("forfeits") == ledger.forfeits
        for task_id in tasks:
            assert self.view("held", task_id) == ledger.held(task_id), f"task {task_id} is held for otherwise"

    def must_remember_the_same(self, ledger: Ledger) -> None:
        """Compare everybody's tokens and every view of every task; raises AssertionError where one differs."""
        self.must_hold_the_same(ledger, ledger.tasks)
        for account, amount in ledger.balances.items():
            assert self.balance_of(account) == amount, f"{account} has another balance"
        assert self.view("task_count") == len(ledger.tasks)
        for task_id, task in ledger.tasks.items():
            assert self.view("task_of", task.requester, task.terms.terms_hash) == task_id
            _same(self.view("progress", task_id), task)
            if task.status in PAYING:
                _same(self.view("outcome", task_id), task)
            for number in range(task.round + 2):
                assert self.view("round_slot", task_id, number) == task.rounds.get(number, bytes(32))
            for account, part in task.parts.items():
                _same(self.view("part", task_id, account), part)

    @contextmanager
    def anchor(self) -> Iterator[None]:
        """Undo on leaving whatever is done to the chain inside."""
        with self.env.anchor():
            yield


def _same(seen: dict[str, Any], stored: Any) -> None:
    """Compare every field that a view and the reference know by the same name; NO_SEAT stands for None."""
    shared = {name: value for name, value in seen.items() if hasattr(stored, name)}
    assert len(shared) >= 3, f"a view shows nothing that is known: {seen}"
    for name, value in shared.items():
        expected = getattr(stored, name)
        assert value == (NO_SEAT if expected is None else expected), f"{name}: {expected} is seen as {value}"


def _reason(output: bytes) -> str:
    """Return a revert's reason; empty where it gave none."""
    return str(decode(["string"], output[4:])[0]) if output[:4] == ERROR_STRING else ""


def _type(field: Abi) -> str:
    if not field["type"].startswith("tuple"):
        return str(field["type"])
    return f"({','.join(_types(field['components']))}){field['type'][5:]}"


def _types(fields: Sequence[Abi]) -> list[str]:
    return [_type(field) for field in fields]


def _selector(function: Abi) -> bytes:
    return keccak(f"{function['name']}({','.join(_types(function['inputs']))})".encode())[:4]


def _topic(event: Abi) -> int:
    return int.from_bytes(keccak(f"{event['name']}({','.join(_types(event['inputs']))})".encode()), "big")


def _plain(value: Any) -> Any:
    """Return a value of the reference in plain terms: structs as dicts by field, lists for sequences."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {name: _plain(field) for name, field in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _ordered(fields: Sequence[Abi], values: Sequence[Any]) -> list[Any]:
    """Put structs, given as dicts, in the order of the ABI."""
    return [
        _ordered(field["components"], [value[part["name"]] for part in field["components"]])
        if isinstance(value, dict)
        else value
        for field, value in zip(fields, values, strict=True)
    ]


def _named(fields: Sequence[Abi], values: Sequence[Any]) -> dict[str, Any]:
    """Name decoded values as the ABI does: structs become dicts, sequences lists, addresses get their capitals."""
    return {field["name"]: _read(field, value) for field, value in zip(fields, values, strict=True)}


def _read(field: Abi, value: Any) -> Any:
    if field["type"] == "tuple":
        return _named(field["components"], value)
    if field["type"] == "address":
        return checksum(value) if int(value, 16) else value
    if field["type"].endswith("[]"):
        return [_read(field | {"type": field["type"][:-2]}, item) for item in value]
    return value
