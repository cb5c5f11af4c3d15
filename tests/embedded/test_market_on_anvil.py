"""The market of one process on a real node: same model, same pay; with time that is moved or that passes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fedmarket.audit.run import PASS, audit_export
from fedmarket.chain.anvil_node import LocalNode
from fedmarket.chain.deploy import deploy
from fedmarket.chain.deployment import check_deployment, describe
from fedmarket.chain.endpoint import Endpoint
from fedmarket.chain.passing_time import SKEW, can_travel
from fedmarket.chain.port import SINK
from fedmarket.chain.remote import RemoteChain
from fedmarket.chain.rpc import connect
from fedmarket.chain.tester import FAUCET
from fedmarket.chain.treasury import Treasury
from fedmarket.domain.accounts import address_of
from fedmarket.domain.errors import MarketError, RefusedError, UsageError
from fedmarket.domain.lifecycle import Status
from fedmarket.embedded.market import Market, TaskRun
from fedmarket.embedded.plan import HALF_MOMENTUM, WINDOWS
from tests.agents.rogue_providers import return_unchanged
from tests.chain.anvil_node import QUICK, needs_anvil
from tests.chain.local_nodes import local_node, own_market
from tests.chain.plain_node import plain_node
from tests.embedded.test_market import market, plan

pytestmark = needs_anvil
SHORT = replace(WINDOWS, submit=2)
CASES: dict[str, dict[str, Any]] = {
    "three evaluators": {},
    "one evaluator, no standby": {"evaluators": 1, "standbys": 0},
    "server momentum": {"strategy": HALF_MOMENTUM},
    "no target": {"target_skill": None},
}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNode]:
    with local_node(tmp_path_factory.mktemp("chain")) as node:
        node.fund(address_of(FAUCET))
        yield node


def on_anvil(chain: RemoteChain, folder: Path | None = None) -> Market:
    return Market(0, chain=chain, folder=folder, clock=chain.now)


def facts(run: TaskRun) -> dict[str, Any]:
    """What must not depend on the chain: model, skills, pay, and every balance."""
    report = run.report
    return {
        "model": report.model_id,
        "skills": [line.skill_ppb for line in report.rounds],
        "scores": [line.score_ppb for line in report.providers],
        "refused": [line.refused for line in report.providers],
        "owed": report.owed,
        "refund": report.refund,
        "fees": report.fees,
        "balances": report.balances,
    }


@pytest.mark.parametrize("name", CASES)
def test_a_node_gives_the_same_model_and_the_same_pay(node: LocalNode, name: str) -> None:
    expected = facts(plan(market(), **CASES[name]).run())
    assert facts(plan(on_anvil(own_market(node)), **CASES[name]).run()) == expected


def test_a_free_rider_is_owed_nothing_there_too(node: LocalNode) -> None:
    chosen = plan(on_anvil(own_market(node)))
    chosen.untrained_provider("rider", return_unchanged, 25)
    line = next(line for line in chosen.run().report.providers if line.name == "rider")
    assert (line.owed, line.delivered, line.forfeited) == (0, 0, line.bond)


def test_a_run_is_exported_and_audited(node: LocalNode, tmp_path: Path) -> None:
    on = on_anvil(own_market(node), tmp_path)
    run = plan(on).run()
    on.export(tmp_path)
    checks = audit_export(tmp_path, run.number, run.evaluators[0].secret)
    assert {check.status for check in checks} == {PASS}


def test_two_tasks_in_one_market_are_two_tasks(node: LocalNode) -> None:
    chain = own_market(node)
    first, second = (plan(on_anvil(chain), nonce=nonce).run() for nonce in ("1", "2"))
    assert (first.number, second.number) == (1, 2)
    assert {run.record.task(run.number).status for run in (first, second)} == {Status.SETTLED}


def test_where_the_node_moves_no_clock_windows_are_waited_for_and_said_so(node: LocalNode) -> None:
    expected = facts(plan(market(), rounds=2).run())
    waits: list[int] = []
    with plain_node(node.url) as url:
        endpoint = Endpoint(connect(url))
        assert not can_travel(endpoint)
        treasury = Treasury(endpoint, FAUCET, by_node=False, pace=QUICK)
        chain = RemoteChain.start(connect(url), treasury, pace=QUICK, on_wait=waits.append)
        assert not chain.travels
        run = plan(on_anvil(chain), rounds=2, windows=SHORT).run()
        found = facts(run)
    assert found == expected
    assert waits and max(waits) <= SHORT.submit + SKEW + 1
    refusals = [refusal for actor in (*run.aggregators, *run.providers) for refusal in actor.refusals]
    assert [refusal for refusal in refusals if refusal.error_id.startswith("contract.")] == []


def refused(kind: type[MarketError], error_id: str, act: Any) -> str:
    with pytest.raises(kind) as refusal:
        act()
    assert refusal.value.error_id == error_id, str(refusal.value)
    return str(refusal.value)


def test_a_node_that_gives_no_coins_asks_for_an_account(node: LocalNode) -> None:
    with plain_node(node.url) as url:
        said = refused(
            UsageError, "node.gives_no_coins", lambda: Treasury.from_node(Endpoint(connect(url)), bytes(31) + b"\x09")
        )
    assert "--account" in said


def test_an_account_with_too_few_coins_is_told_how_many_are_needed(node: LocalNode) -> None:
    poor = bytes(31) + b"\x0a"
    node.endpoint.ask("anvil_setBalance", address_of(poor), hex(10**15))
    said = refused(RefusedError, "node.too_few_coins", lambda: Treasury.from_account(node.endpoint, poor, accounts=12))
    assert address_of(poor) in said and "0.001000" in said


def test_a_market_whose_token_another_account_makes_is_not_played_with(node: LocalNode) -> None:
    web3 = connect(node.url)
    deployment = describe(web3, deploy(web3, FAUCET), SINK)
    other = Treasury.from_node(node.endpoint, bytes(31) + b"\x0b", pace=QUICK)
    refused(RefusedError, "node.not_the_minter", lambda: RemoteChain.start(web3, other, deployment))
    mine = Treasury(node.endpoint, FAUCET, by_node=True, pace=QUICK)
    assert RemoteChain.start(web3, mine, deployment).market == deployment.market


def test_a_deployment_with_other_code_is_refused(node: LocalNode) -> None:
    web3 = connect(node.url)
    deployment = describe(web3, deploy(web3, FAUCET), SINK)
    mine = Treasury(node.endpoint, FAUCET, by_node=True, pace=QUICK)
    forged = replace(deployment, code_hash=bytes(32))
    refused(RefusedError, "deployment.other_code", lambda: RemoteChain.start(web3, mine, forged))
    elsewhere = replace(deployment, chain_id=1)
    refused(MarketError, "chain.wrong_chain", lambda: RemoteChain.start(web3, mine, elsewhere))


class TestFirstBlock:
    """Events are read from a deployment's first block on: another one would lose some, or find none."""

    @pytest.mark.parametrize("moved", [-1, 1, 99_999])
    def test_a_block_that_is_not_the_markets_first_is_refused(self, node: LocalNode, moved: int) -> None:
        web3 = connect(node.url)
        deployment = describe(web3, deploy(web3, FAUCET), SINK)
        node.endpoint.ask("anvil_mine", hex(2))
        wrong = replace(deployment, first_block=deployment.first_block + moved)
        mine = Treasury(node.endpoint, FAUCET, by_node=True, pace=QUICK)
        said = refused(UsageError, "deployment.other_block", lambda: RemoteChain.start(web3, mine, wrong))
        assert str(wrong.first_block) in said

    def test_a_node_that_no_longer_keeps_old_states_is_believed(self, node: LocalNode) -> None:
        web3 = connect(node.url)
        deployment = describe(web3, deploy(web3, FAUCET), SINK)
        with plain_node(node.url, forgets=True) as url:
            check_deployment(connect(url), deployment)

    def test_a_node_that_was_started_again_is_believed(self, tmp_path: Path) -> None:
        with local_node(tmp_path) as first:
            first.fund(address_of(FAUCET))
            deployment = describe(connect(first.url), deploy(connect(first.url), FAUCET), SINK)
        with local_node(tmp_path) as again:
            check_deployment(connect(again.url), deployment)
