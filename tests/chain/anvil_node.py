"""A real node for tests: anvil in a process of its own, whose blocks are one second apart."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fedmarket.chain.abi import artifact
from fedmarket.chain.deploy import deploy
from fedmarket.chain.endpoint import Endpoint
from fedmarket.chain.gas import limit_of
from fedmarket.chain.outbox import MemoryOutbox, Order
from fedmarket.chain.rpc import RpcChain, connect
from fedmarket.chain.sender import Pace, Sender
from fedmarket.chain.tester import FAUCET
from fedmarket.domain.accounts import address_of
from fedmarket.domain.errors import ChainError

ANVIL = os.environ.get("ANVIL") or shutil.which("anvil")
needs_anvil = pytest.mark.skipif(not ANVIL, reason="no anvil on the PATH nor in $ANVIL: npm install @foundry-rs/anvil")
QUICK = Pace(look=0.05)


@contextmanager
def anvil(start: int, *options: str) -> Iterator[str]:
    """Run anvil with its genesis at `start` seconds; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(ANVIL),
        "--port",
        str(port),
        "--timestamp",
        str(start),
        "--enable-tx-gas-limit",
        "--accounts",
        "0",
    ]
    with subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_for(url)
            yield url
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    for _ in range(100):
        try:
            Endpoint(connect(url)).ask("anvil_setBlockTimestampInterval", 1)
            return
        except ChainError:
            time.sleep(0.05)
    raise AssertionError("anvil did not start")


class AnvilChain(RpcChain):
    """A market on anvil, deployed by the same account as the in-process one, at the same address."""

    def __init__(self, url: str, funded: Iterable[str], outbox: Path | None = None) -> None:
        self.node = Endpoint(connect(url))
        for account in (*funded, address_of(FAUCET)):
            self.node.ask("anvil_setBalance", account, hex(10**24))
        deployed = deploy(connect(url), FAUCET)
        super().__init__(connect(url), deployed.market, first_block=deployed.block, outbox=outbox, pace=QUICK)
        self._faucet = Sender(self.node, self.chain_id, address_of(FAUCET), MemoryOutbox(), QUICK)

    def mint(self, account: str, amount: int) -> None:
        data = artifact("Token").functions["mint"].encode(account, amount)
        order = Order("mint", self.token, "0x" + data.hex(), limit_of("mint", data), f"mint {account} {amount}")
        assert self._faucet.send(FAUCET, order).succeeded

    def advance_to(self, timestamp: int) -> None:
        if timestamp > self.head().timestamp:
            self.node.ask("evm_setNextBlockTimestamp", timestamp)
            self.node.ask("evm_mine")
