"""A market is deployed for one token and one sink, and nobody can change either."""

import boa  # type: ignore[import-untyped]
import pytest

from fedmarket.domain.reference import DISPATCH
from tests.contracts.cast import NOBODY, SINK, STRANGER
from tests.contracts.compiled import deploy


@pytest.fixture(scope="module")
def env() -> boa.Env:
    return boa.Env()


def test_a_market_without_a_token_is_refused(env: boa.Env) -> None:
    for address in (NOBODY, STRANGER):
        with boa.reverts("bad_token"):
            deploy(env, "TaskMarket", address, SINK)


def test_a_market_without_a_sink_is_refused(env: boa.Env) -> None:
    token = deploy(env, "silent_token")
    with boa.reverts("bad_sink"):
        deploy(env, "TaskMarket", token.address, NOBODY)


def test_token_and_sink_stay_as_deployed(env: boa.Env) -> None:
    token = deploy(env, "silent_token")
    market = deploy(env, "TaskMarket", token.address, SINK)
    assert (market.token(), market.sink()) == (token.address, SINK)
    functions = [entry for entry in market.abi if entry["type"] == "function"]
    assert {entry["name"] for entry in functions if entry["stateMutability"] == "nonpayable"} == DISPATCH.keys()
    assert not [entry for entry in functions if entry["stateMutability"] == "payable"]


def test_coins_sent_to_the_market_are_refused(env: boa.Env) -> None:
    market = deploy(env, "TaskMarket", deploy(env, "silent_token").address, SINK)
    env.set_balance(STRANGER, 1)
    assert env.execute_code(to_address=market.address, sender=STRANGER, value=1, data=b"").is_error
    assert env.execute_code(to_address=market.address, sender=STRANGER, data=b"\1\2\3\4").is_error
