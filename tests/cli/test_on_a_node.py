"""`deploy`, `demo` and `audit` on a chain, in this process: what they write down, and each thing that is missing."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fedmarket.chain.anvil_node import LocalNode
from fedmarket.chain.deployment import read_deployment, write_deployment
from fedmarket.chain.outbox import MemoryOutbox, Order
from fedmarket.chain.sender import Sender
from fedmarket.chain.tester import FAUCET
from fedmarket.cli.keyfile import write_key_file
from fedmarket.cli.programs import PROGRAMS
from fedmarket.domain.accounts import address_of, checksum
from tests.chain.anvil_node import QUICK, needs_anvil
from tests.chain.local_nodes import free_port, local_node
from tests.chain.plain_node import plain_node
from tests.cli.conftest import Command, Ended

pytestmark = needs_anvil


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNode]:
    with local_node(tmp_path_factory.mktemp("chain")) as node:
        node.fund(address_of(FAUCET))
        yield node


@pytest.fixture
def run(command: Command, tmp_path: Path) -> Command:
    """The real programs, at home in the test's folder, which holds the key of an account with coins."""
    write_key_file(tmp_path / "faucet.key", FAUCET)
    return lambda *words, **environ: command(
        *words, programs=PROGRAMS, columns=200, FEDMARKET_HOME=str(tmp_path / "home"), **environ
    )


def refused(ran: Ended, code: int, *said: str) -> None:
    assert ran.code == code, ran
    assert ran.out == "" and ran.err.count("\n") == 1, ran
    assert all(part in ran.err for part in said), ran.err


def test_deploy_writes_down_where_the_market_is_and_what_it_cost(run: Command, node: LocalNode, tmp_path: Path) -> None:
    ran = run("deploy", "--rpc-url", node.url, "--account", "faucet.key")
    assert ran.code == 0, ran.err
    found = read_deployment(tmp_path / "deployments" / "31337.json")
    assert f"Market {found.market} is on chain 31337 since block {found.first_block}" in ran.out
    gas = int(ran.out.split(" gas.")[0].split()[-1].replace(",", ""))
    assert 5_000_000 < gas < 7_000_000
    text = json.loads((tmp_path / "deployments" / "31337.json").read_text())
    assert text.keys() == {"schema", "chain_id", "market", "token", "sink", "first_block", "code_hash"}

    refused(
        run("deploy", "--rpc-url", node.url, "--account", "faucet.key"),
        2,
        f"leads to the market {found.market}, with 0 tasks and 0 tokens",
        "--replace",
    )
    assert read_deployment(tmp_path / "deployments" / "31337.json") == found

    ran = run("deploy", "--rpc-url", node.url, "--account", "faucet.key", "--token", found.token, "--replace")
    assert ran.code == 0 and f"It pays in the token {found.token}." in ran.out
    second = read_deployment(tmp_path / "deployments" / "31337.json")
    assert second.token == found.token and second.market != found.market
    assert read_deployment(tmp_path / "deployments" / "31337.old-1.json") == found


# Answers 6 to every question and knows no `nonces`: a token of six decimals that takes no permits.
SIX = "601f80600b6000396000f3" + "60003560e01c637ecebe0014601957600660005260206000f35b60006000fd"


def test_a_token_unlike_the_demonstration_one_is_described(run: Command, node: LocalNode, tmp_path: Path) -> None:
    sender = Sender(node.endpoint, node.endpoint.chain_id(), address_of(FAUCET), MemoryOutbox(), QUICK)
    token = checksum(str(sender.send(FAUCET, Order("deploy_token", None, "0x" + SIX, 200_000, "six")).created))
    ran = run("deploy", "--rpc-url", node.url, "--account", "faucet.key", "--token", token)
    assert ran.code == 0, ran.err
    market = read_deployment(tmp_path / "deployments" / "31337.json").market
    assert f"It takes no permits: whoever pays must first allow {market}" in ran.out
    assert "It has 6 decimals" in ran.out
    ran = run("demo", "--rpc-url", node.url, "--account", "faucet.key", "--deployment", "deployments/31337.json")
    refused(ran, 3, f"The token {token} is not a demonstration token")


def test_a_profile_deploys_plays_twice_in_one_market_and_audits(run: Command, node: LocalNode, tmp_path: Path) -> None:
    profile = f'profile = "here"\n[profiles.here]\nrpc = "{node.url}"\naccount = "./faucet.key"\n'
    (tmp_path / "fedmarket.toml").write_text(profile + 'deployment = "deployments/here.json"\n')
    assert run("deploy").code == 0
    market = read_deployment(tmp_path / "deployments" / "here.json").market
    for number in (1, 2):
        ran = run("demo", "--json", "--profile", "here", "--out", f"run{number}")
        told = json.loads(ran.out)
        assert (told["market"], told["task"], told["audit"]) == (market, number, "ok")
    ran = run("audit", "run2", "--task", 2, "--profile", "here")
    assert ran.code == 0 and "0 later events" in " ".join(ran.out.split())
    ran = run("audit", "run1", "--task", 1, "--profile", "here")
    assert ran.code == 0, "its export ends where the second task begins"

    deployment = read_deployment(tmp_path / "deployments" / "here.json")
    write_deployment(tmp_path / "other.json", replace(deployment, market=deployment.token))
    audit = ("audit", "run2", "--task", 2, "--rpc-url")
    refused(run(*audit, node.url, "--deployment", "other.json"), 2, "names the market")
    refused(run(*audit, f"http://127.0.0.1:{free_port()}"), 4, "does not answer")
    refused(run("demo", "--deployment", "deployments/here.json"), 2, "No chain is named")


def test_deploy_says_what_is_missing_before_it_spends(run: Command, node: LocalNode, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("{}")
    (tmp_path / "file").write_text("x")
    deploy = ("deploy", "--rpc-url", node.url, "--account", "faucet.key")
    before = node.endpoint.latest().number
    nobody = "0x" + "11" * 20
    for arguments, code, said in (
        (("deploy",), 2, "No chain is named"),
        (("deploy", "--rpc-url", node.url), 2, "No account is named"),
        (("deploy", "--rpc-url", node.url, "--account", "lab"), 2, "There is no account 'lab'"),
        (("deploy", "--rpc-url", node.url, "--account", "gone.key"), 2, "gone.key cannot be read"),
        (("deploy", "--rpc-url", f"http://127.0.0.1:{free_port()}", "--account", "faucet.key"), 4, "does not answer"),
        ((*deploy, "--token", nobody), 2, f"There is no ERC-20 token at {nobody}"),
        ((*deploy, "--token", "0x12"), 2, "0x12"),
        ((*deploy, "--deployment", "mine.json"), 2, "is not a deployment"),
        ((*deploy, "--deployment", "file/below.json"), 2, "cannot be written"),
    ):
        refused(run(*arguments), code, said)
    assert node.endpoint.latest().number == before


def test_a_node_without_test_methods_says_what_is_needed(run: Command, node: LocalNode, tmp_path: Path) -> None:
    with plain_node(node.url) as url:
        ran = run("demo", "--rpc-url", url, "--out", "record")
        refused(ran, 2, f"The node at {url} gives no coins", "--account")
        poor = tmp_path / "poor.key"
        poor.write_text("33" * 32)
        poor.chmod(0o600)
        ran = run("demo", "--rpc-url", url, "--account", poor, "--out", "record")
        refused(ran, 3, "has 0.000000 of the chain's coins", address_of(b"\x33" * 32))
        assert "33" * 32 not in ran.err


def test_access_keys_in_an_address_are_never_shown(run: Command) -> None:
    url = f"http://user:secret@127.0.0.1:{free_port()}/v2/secret?key=secret"
    for arguments in (("demo", "--rpc-url", url), ("deploy", "--rpc-url", url)):
        ran = run(*arguments)
        refused(ran, 4, "http://127.0.0.1:")
        assert "secret" not in ran.err


def test_a_demo_that_has_no_room_for_its_record_spends_nothing(run: Command, node: LocalNode, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    before = node.endpoint.latest().number
    refused(run("demo", "--rpc-url", node.url, "--out", "."), 2, "not an earlier run's")
    assert node.endpoint.latest().number == before
