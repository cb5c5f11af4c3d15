"""A local chain outlives its node: state, history and time go on."""

import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fedmarket.chain.anvil_node import running
from fedmarket.chain.anvil_state import StateFolder
from fedmarket.chain.deploy import deploy
from fedmarket.chain.rpc import connect
from fedmarket.chain.tester import FAUCET
from fedmarket.chain.witness import ChainWitness
from fedmarket.domain.accounts import address_of
from fedmarket.domain.errors import ChainError, MarketError, UsageError

from .anvil_node import needs_anvil
from .local_nodes import free_port, local_node

pytestmark = needs_anvil


def until(fact: Callable[[], bool]) -> None:
    for _ in range(200):
        if fact():
            return
        time.sleep(0.05)
    raise AssertionError("it never came true")


def refused(kind: type[MarketError], error_id: str, act: Callable[[], object]) -> None:
    with pytest.raises(kind) as refusal:
        act()
    assert refusal.value.error_id == error_id, str(refusal.value)


def test_contracts_and_logs_are_there_after_a_restart(tmp_path: Path) -> None:
    with local_node(tmp_path) as node:
        node.fund(address_of(FAUCET))
        deployed = deploy(connect(node.url), FAUCET)
        hashes = [node.endpoint.block(number) for number in range(deployed.block + 1)]
    with local_node(tmp_path) as node:
        assert not node.restored
        assert ChainWitness(connect(node.url), node.endpoint.chain_id(), deployed.market, 0).genuine
        assert [node.endpoint.block(number) for number in range(deployed.block + 1)] == hashes
        again = deploy(connect(node.url), FAUCET)
        assert again.block > deployed.block


def test_a_killed_node_loses_nothing_that_was_written(tmp_path: Path) -> None:
    with local_node(tmp_path) as node:
        node.fund(address_of(FAUCET))
        deployed = deploy(connect(node.url), FAUCET)
        state = StateFolder(tmp_path)
        until(lambda: state.state.exists() and deployed.market[2:].lower() in state.state.read_text().lower())
        os.kill(node.process_id, signal.SIGKILL)
        refused(ChainError, "node.ended", node.watch)
    with local_node(tmp_path) as node:
        assert node.endpoint.code(deployed.market)


def test_a_state_cut_short_by_a_power_cut_comes_back_from_its_copy(tmp_path: Path) -> None:
    with local_node(tmp_path) as node:
        node.fund(address_of(FAUCET))
        deployed = deploy(connect(node.url), FAUCET)
    state = StateFolder(tmp_path).state
    state.write_bytes(state.read_bytes()[:5000])
    with local_node(tmp_path) as node:
        assert node.restored and node.endpoint.code(deployed.market)


def test_time_does_not_go_back_on_a_restart(tmp_path: Path) -> None:
    with local_node(tmp_path) as node:
        node.endpoint.ask("evm_setNextBlockTimestamp", int(time.time()) + 7200)
        node.endpoint.ask("evm_mine")
        before = node.endpoint.latest()
    with local_node(tmp_path) as node:
        node.endpoint.ask("evm_mine")
        after = node.endpoint.latest()
    assert after.number > before.number and before.timestamp < after.timestamp < before.timestamp + 60


def test_nobody_but_who_is_funded_has_coins(tmp_path: Path) -> None:
    with local_node(tmp_path) as node:
        node.fund(address_of(FAUCET))
        assert node.endpoint.ask("eth_accounts") == []
        known = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
        assert int(node.endpoint.ask("eth_getBalance", known, "latest"), 16) == 0


def test_calls_are_mined_at_once_and_the_tags_of_finality_move(tmp_path: Path) -> None:
    with local_node(tmp_path) as node:
        node.fund(address_of(FAUCET))
        deploy(connect(node.url), FAUCET)
        for _ in range(4):
            node.endpoint.ask("evm_mine")
        safe = node.endpoint.block("safe")
        assert safe is not None and safe.number > 0


def test_a_port_in_use_is_told_before_the_state_is_touched(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused(UsageError, "node.port_taken", lambda: local_node(tmp_path / "chain", port).__enter__())
    assert not (tmp_path / "chain" / "lock").exists()


def test_a_program_that_is_no_node_is_told_with_its_own_words(tmp_path: Path) -> None:
    fake = tmp_path / "anvil"
    fake.write_text("#!/bin/sh\necho 'error: I am no node' >&2\nexit 3\n")
    fake.chmod(0o755)
    with pytest.raises(ChainError) as refusal:
        running(fake, StateFolder(tmp_path / "chain"), free_port()).__enter__()
    assert refusal.value.error_id == "node.not_started" and "I am no node" in str(refusal.value)


def test_a_state_that_another_node_has_is_refused(tmp_path: Path) -> None:
    with local_node(tmp_path):
        refused(UsageError, "node.state_in_use", lambda: local_node(tmp_path).__enter__())
