"""A call that was mined and reverted says why: the contract's reason, or what else went wrong."""

from collections.abc import Mapping
from typing import Any

import pytest
from web3 import Web3
from web3.providers import BaseProvider

from fedmarket.chain import gas
from fedmarket.chain.rpc import RpcChain
from fedmarket.chain.tester import TesterChain
from fedmarket.domain.errors import ChainError, ContractRefusal

from .bad_nodes import AnsweringProvider
from .chain_story import ACCOUNTS, AGE_KEY, SECRETS

STRANGER = SECRETS["stranger"]


@pytest.fixture(scope="module")
def chain() -> TesterChain:
    return TesterChain.start(ACCOUNTS.values())


def failure(chain: TesterChain, method: str, answer: Mapping[str, Any]) -> ChainError:
    """What a refused call ends in where the node answers `method` as given."""
    assert isinstance(chain.web3.provider, BaseProvider)
    provider = AnsweringProvider(chain.web3.provider, method, answer)
    market = RpcChain(Web3(provider, middleware=[]), chain.market)
    provider.speak()
    with pytest.raises(ChainError) as caught:
        market.call(STRANGER, "start", 7)
    return caught.value


def test_the_contracts_reason_is_a_typed_refusal_with_a_sentence_in_both_languages(chain: TesterChain) -> None:
    with pytest.raises(ContractRefusal) as caught:
        chain.call(STRANGER, "start", 7)
    assert (caught.value.error_id, caught.value.reason) == ("contract.unknown_task", "unknown_task")
    assert caught.value.exit_code == 3
    assert caught.value.sentence() != caught.value.sentence("zh")


def test_a_refusal_costs_a_block_and_leaves_no_event(chain: TesterChain) -> None:
    before = chain.head()
    with pytest.raises(ContractRefusal):
        chain.call(STRANGER, "take_seat", 1, AGE_KEY)
    assert chain.head().block == before.block + 1
    assert chain.events(0) == []


def test_a_reason_of_another_version_is_passed_on_in_its_words(chain: TesterChain) -> None:
    error = failure(chain, "eth_call", {"error": {"code": 3, "message": "execution reverted: moon_too_full"}})
    assert error.error_id == "chain.unknown_reason"
    assert "moon_too_full" in str(error)


@pytest.mark.parametrize("answer", [{"error": {"code": 3, "message": "execution reverted"}}, {"result": "0x"}])
def test_a_revert_whose_reason_is_lost_names_the_transaction(answer: Mapping[str, Any], chain: TesterChain) -> None:
    error = failure(chain, "eth_call", answer)
    assert error.error_id == "chain.reverted"
    assert "0x" in str(error)


def test_a_call_that_runs_out_of_gas_says_so(chain: TesterChain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gas, "LIMITS", {"start": 22_000})
    with pytest.raises(ChainError) as caught:
        chain.call(STRANGER, "start", 7)
    assert caught.value.error_id == "chain.out_of_gas"


def test_what_the_node_will_not_take_is_told_in_its_words(chain: TesterChain) -> None:
    error = failure(chain, "eth_sendRawTransaction", {"error": {"code": -32000, "message": "sender is blacklisted"}})
    assert error.error_id == "chain.rejected"
    assert "blacklisted" in str(error)
