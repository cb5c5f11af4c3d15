"""What an account has signed and the chain has not yet mined: written down before it is sent."""

import json
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from fedmarket.chain.fees import Fees
from fedmarket.chain.process_lock import exclusive
from fedmarket.domain.errors import ChainUsageError, SystemFault


@dataclass(frozen=True)
class Attempt:
    """One signed transaction: its bytes and hash ("0x…") and the fees that it offers."""

    raw: str
    hash: str
    fees: Fees


@dataclass(frozen=True)
class Order:
    """What a call asks for: `to` is None to create a contract, `data` is "0x…", `gas` its limit, `value` in wei.

    `call_id` is equal for two calls that ask for the same thing, whatever permit they carry.
    """

    verb: str
    to: str | None
    data: str
    gas: int
    call_id: str
    value: int = 0


@dataclass(frozen=True)
class Outgoing:
    """An order on its way: its nonce, and the transactions signed for it.

    All of them carry the same nonce, so that at most one can ever be mined.
    """

    nonce: int
    order: Order
    attempts: tuple[Attempt, ...]


class Outbox(Protocol):
    """One account's calls on their way on one chain."""

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other thread and process from reading and writing until the context ends."""

    def read(self) -> list[Outgoing]:
        """Return the calls in the order of their nonces; only while held."""

    def write(self, calls: Sequence[Outgoing]) -> None:
        """Replace the calls; only while held. Where the outbox is durable, they are on the disk on return."""


class MemoryOutbox:
    """An outbox for a chain that ends with this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: tuple[Outgoing, ...] = ()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other threads out until the context ends."""
        with self._lock:
            yield

    def read(self) -> list[Outgoing]:
        """Return the calls in the order of their nonces."""
        return list(self._calls)

    def write(self, calls: Sequence[Outgoing]) -> None:
        """Replace the calls."""
        self._calls = tuple(sorted(calls, key=lambda call: call.nonce))


class FileOutbox:
    """An outbox in a file of JSON lines, one a call; several processes with the same key may share it."""

    def __init__(self, folder: Path, chain_id: int, account: str) -> None:
        """Use `<folder>/<chain id>-<account>.jsonl`; the folder is made where it is missing."""
        self._path = folder / f"{chain_id}-{account}.jsonl"
        self._lock = threading.Lock()
        with self._writing():
            folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other threads and processes out until the context ends; a dead process holds nothing."""
        with self._lock, ExitStack() as stack:
            with self._writing():
                stack.enter_context(exclusive(self._path.with_suffix(".lock")))
            yield

    def read(self) -> list[Outgoing]:
        """Return the calls in the order of their nonces; raises ChainUsageError where the file is not an outbox."""
        if not self._path.exists():
            return []
        try:
            return [_parse(json.loads(line)) for line in self._path.read_text(encoding="ascii").splitlines()]
        except (ValueError, KeyError, TypeError) as error:
            raise ChainUsageError("chain.bad_outbox", path=str(self._path)) from error

    def write(self, calls: Sequence[Outgoing]) -> None:
        """Replace the calls: a new file takes the old one's place, and both it and the folder are synced."""
        ordered = sorted(calls, key=lambda call: call.nonce)
        new = self._path.with_suffix(".new")
        with self._writing():
            with new.open("w", encoding="ascii") as file:
                file.writelines(json.dumps(asdict(call)) + "\n" for call in ordered)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
            _sync_folder(self._path.parent)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            fault = SystemFault.of(error)
            raise ChainUsageError("chain.outbox_unwritable", path=str(self._path), detail=fault) from error


def _parse(line: dict[str, Any]) -> Outgoing:
    attempts = tuple(Attempt(each["raw"], each["hash"], Fees(**each["fees"])) for each in line["attempts"])
    return Outgoing(line["nonce"], Order(**line["order"]), attempts)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
