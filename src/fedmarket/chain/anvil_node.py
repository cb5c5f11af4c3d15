"""A chain on this machine that outlives the command: anvil in a process of its own, its state on disk."""

import ctypes
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fedmarket.chain.anvil_state import StateFolder
from fedmarket.chain.endpoint import Endpoint
from fedmarket.chain.rpc import connect
from fedmarket.domain.errors import ChainError, SystemFault, UsageError

HOST = "127.0.0.1"
PURSE = 10**6 * 10**18
"""Wei that the funded account is given; nobody else has any."""
START_SECONDS = 30.0
STOP_SECONDS = 20.0
LOOK = 0.5
PR_SET_PDEATHSIG = 1


class LocalNode:
    """A running anvil; made by `running`."""

    def __init__(self, process: "subprocess.Popen[bytes]", url: str, state: StateFolder, *, restored: bool) -> None:
        self.url = url
        self.restored = restored
        """Whether the state had been cut short, so that the copy before it was taken."""
        self._process = process
        self._state = state
        self.endpoint = Endpoint(connect(url, seconds=10))

    @property
    def process_id(self) -> int:
        """The node's process."""
        return self._process.pid

    def fund(self, account: str) -> None:
        """See to it that an account can pay for more gas than it will ever need."""
        self.endpoint.ask("anvil_setBalance", account, hex(PURSE))

    def watch(self) -> None:
        """Keep a whole copy of the state until the node ends; then raise ChainError, for it should not."""
        while self._process.poll() is None:
            pause = LOOK + 20 * _seconds(self._state.keep)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(pause)
        raise ChainError("node.ended", code=self._process.returncode, path=self._state.folder)

    def get_ready(self) -> None:
        """Wait until the node answers, and begin to mine where the chain's time goes on from its last block.

        A chain whose clock was moved forward would be given back the machine's time on a restart, and a block that is
        earlier than its parent.
        """
        self._wait()
        ahead = self.endpoint.latest().timestamp + 1 - int(time.time())
        if ahead > 0:
            self.endpoint.ask("evm_increaseTime", ahead)
        self.endpoint.ask("evm_setAutomine", True)
        if any(int(count, 16) for count in self.endpoint.ask("txpool_status").values()):
            self.endpoint.ask("evm_mine")

    def _wait(self) -> None:
        given_up = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < given_up:
            with suppress(ChainError):
                self.endpoint.chain_id()
                return
            time.sleep(0.05)
        raise ChainError("node.not_started", detail=_last_words(self._state.messages))

    def stop(self) -> None:
        """End the node; it writes its state before it goes."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._state.keep()


@contextmanager
def running(binary: Path, state: StateFolder, port: int) -> Iterator[LocalNode]:
    """Run anvil on `port` of this machine alone with its state in a folder, until the context ends.

    Raises UsageError where the port or the folder is in use, ChainError where the node does not start.
    """
    _check_free(port)
    with state.held() as lock:
        restored = state.restore()
        command = [str(binary), "--host", HOST, "--port", str(port), "--state", str(state.state)]
        command += ["--state-interval", "1", "--slots-in-an-epoch", "2", "--enable-tx-gas-limit"]
        # Its well-known accounts have no coins, and nothing is mined before the clock is right.
        command += ["--accounts", "0", "--no-mining", "--silent"]
        try:
            process = _start(command, state, lock.fileno())
        except OSError as error:
            raise ChainError("node.not_started", detail=f"{binary}: {error.strerror}") from error
        node = LocalNode(process, f"http://{HOST}:{port}", state, restored=restored)
        try:
            node.get_ready()
            yield node
        finally:
            node.stop()


def _start(command: list[str], state: StateFolder, lock: int) -> "subprocess.Popen[bytes]":
    with state.messages.open("wb") as messages:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=messages,
            stderr=messages,
            start_new_session=True,
            pass_fds=(lock,) if sys.platform != "win32" else (),
            preexec_fn=_die_with_parent() if sys.platform == "linux" else None,
        )


def _die_with_parent() -> Callable[[], None]:
    """Return what asks Linux, in the child, to end it when this process is killed: no node is left behind."""
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise UsageError("node.port_taken", port=port, detail=SystemFault.of(error)) from error


def _seconds(act: Callable[[], None]) -> float:
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


def _last_words(messages: Path) -> str:
    with suppress(OSError):
        lines = messages.read_text(encoding="utf-8", errors="replace").splitlines()
        said = [line.strip() for line in lines if "rror" in line]
        if said:
            return said[0][:200]
    return "it said nothing"
