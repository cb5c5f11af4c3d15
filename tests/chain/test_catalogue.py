"""The catalogue on a chain in this process: its verbs through the same access as the market's, and what they cost."""

from dataclasses import replace

import pytest

from fedmarket.chain.catalogue import RpcCatalogue
from fedmarket.chain.deploy import deploy_catalogue
from fedmarket.chain.gas import BYTE, LIMITS
from fedmarket.chain.tester import FAUCET, TesterChain
from fedmarket.domain.accounts import address_of
from fedmarket.domain.catalogue import CATALOGUE_EVENTS, Catalogue, Offered, call
from fedmarket.domain.errors import ChainError, ContractRefusal
from tests.contracts.cast import secret_of, word

PUBLISH = 120_000
OWNER = secret_of("owner")
DEAR = 9_876_543_219_876_543_219_876_543
"""A price without a zero byte: the dearest call data."""
OFFER = Offered(word("listing"), 7, DEAR, DEAR, DEAR)


@pytest.fixture(scope="module")
def market() -> TesterChain:
    return TesterChain.start([address_of(OWNER)])


@pytest.fixture
def catalogue(market: TesterChain) -> RpcCatalogue:
    deployed = deploy_catalogue(market.web3, FAUCET, market.token)
    return RpcCatalogue(market.web3, deployed.market, first_block=deployed.block)


def test_publishing_costs_at_most_120_000_gas(catalogue: RpcCatalogue) -> None:
    used = [
        catalogue.call(OWNER, "publish", *replace(OFFER, listing=word(f"{n}")).arguments).gas_used for n in range(3)
    ]
    assert max(used) <= PUBLISH, used


def test_every_verb_stays_a_quarter_below_its_limit_and_no_limit_is_far_above(catalogue: RpcCatalogue) -> None:
    second = replace(OFFER, listing=word("second"))
    receipts = [
        catalogue.call(OWNER, "publish", *OFFER.arguments),
        catalogue.call(OWNER, "revise", 1, 2, *second.arguments),
        catalogue.call(OWNER, "retire", 1),
    ]
    for receipt in receipts:
        assert 5 * receipt.gas_used <= 4 * LIMITS[receipt.verb] + 4 * BYTE, receipt
        assert LIMITS[receipt.verb] <= 2 * receipt.gas_used, receipt


def test_events_are_those_that_the_reference_logs(catalogue: RpcCatalogue) -> None:
    owner = address_of(OWNER)
    reference = Catalogue()
    second = replace(OFFER, listing=word("second"), uses=1, appraise_price=0, copy_price=0)
    for verb, args in (("publish", OFFER.arguments), ("revise", (1, 2, *second.arguments)), ("retire", (1,))):
        catalogue.call(OWNER, verb, *args)
        call(reference, owner, verb, *args)
    logged = [(event.name, event.fields) for event in catalogue.events(0)]
    assert logged == [(event.name, event.fields) for event in reference.events]
    assert {name for name, _ in logged} == CATALOGUE_EVENTS.keys()
    assert catalogue.dataset_of(owner, OFFER.listing) == 1 and not catalogue.stands(1, 2, second)


def test_a_refusal_bears_the_contracts_reason_and_the_call_is_mined(catalogue: RpcCatalogue) -> None:
    catalogue.call(OWNER, "publish", *OFFER.arguments)
    with pytest.raises(ContractRefusal) as refusal:
        catalogue.call(OWNER, "revise", 1, 1, *replace(OFFER, listing=word("x")).arguments)
    assert refusal.value.reason == "wrong_version"
    assert "目录" in refusal.value.sentence("zh")


def test_the_market_and_the_catalogue_on_one_chain_keep_their_events_apart(
    market: TesterChain, catalogue: RpcCatalogue
) -> None:
    catalogue.call(OWNER, "publish", *OFFER.arguments)
    assert market.events(0) == [] and len(catalogue.events(0)) == 1
    assert catalogue.token == market.token


def test_an_account_is_no_catalogue(market: TesterChain) -> None:
    with pytest.raises(ChainError) as refusal:
        RpcCatalogue(market.web3, address_of(OWNER))
    assert refusal.value.error_id == "chain.no_contract"
