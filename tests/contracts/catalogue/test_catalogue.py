"""What the catalogue refuses, what it keeps, and that contract and reference are the same whatever is called."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fedmarket.chain.abi import artifact
from fedmarket.domain import catalogue as reference
from fedmarket.domain.catalogue import ALL_USES, CATALOGUE_EVENTS, DISPATCH, Offered
from fedmarket.domain.errors import ContractRefusal
from fedmarket.domain.listing import MOST_PRICE
from tests.contracts.cast import NOBODY, account, word
from tests.contracts.catalogue.paired import PairedCatalogue
from tests.contracts.compiled import CONTRACTS, deploy

OWNER, OTHER = account("owner"), account("other owner")
OFFER = Offered(word("listing"), 7, 120, 5, 900)
NEXT = Offered(word("next listing"), 1, 130, 0, 0)


@cache
def _deployed() -> PairedCatalogue:
    return PairedCatalogue()


@pytest.fixture
def catalogue() -> Iterator[PairedCatalogue]:
    with _deployed().anchored() as paired:
        yield paired
        paired.must_agree()


def published(catalogue: PairedCatalogue, owner: str = OWNER, offer: Offered = OFFER) -> int:
    number: int = catalogue.call(owner, "publish", *offer.arguments)
    return number


def test_datasets_count_from_1_and_bear_their_owner(catalogue: PairedCatalogue) -> None:
    assert published(catalogue) == 1
    assert published(catalogue, OTHER) == 2, "another owner may list the same hash: whoever reads it sees whose it is"
    for use, place in ((2, 3), (4, 4)):
        assert published(catalogue, offer=Offered(word(f"use {use}"), use, 0, 0, 0)) == place
    assert catalogue.view("dataset_at", 1) == (OWNER.lower(), 1, False)


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("no_listing", {"listing": bytes(32)}),
        ("no_use", {"uses": 0, "train_price": 0, "appraise_price": 0, "copy_price": 0}),
        ("bad_uses", {"uses": 8}),
        ("bad_uses", {"uses": 2**256 - 1}),
        ("price_without_use", {"uses": 6}),
        ("price_without_use", {"uses": 5}),
        ("price_without_use", {"uses": 3}),
        ("price_too_large", {"train_price": MOST_PRICE + 1}),
        ("price_too_large", {"appraise_price": MOST_PRICE + 1}),
        ("price_too_large", {"copy_price": 2**256 - 1}),
    ],
)
def test_an_offer_that_makes_no_sense_is_refused_when_published_and_when_revised(
    catalogue: PairedCatalogue, reason: str, changes: dict[str, Any]
) -> None:
    bad = replace(OFFER, **changes)
    catalogue.refused(reason, OWNER, "publish", *bad.arguments)
    number = published(catalogue, offer=NEXT)
    catalogue.refused(reason, OWNER, "revise", number, 2, *bad.arguments)


def test_free_uses_and_the_dearest_price_are_taken(catalogue: PairedCatalogue) -> None:
    published(catalogue, offer=replace(OFFER, train_price=0, appraise_price=0, copy_price=MOST_PRICE))


def test_listed_once(catalogue: PairedCatalogue) -> None:
    number = published(catalogue)
    catalogue.refused("listing_exists", OWNER, "publish", *OFFER.arguments)
    catalogue.refused("listing_exists", OWNER, "publish", *replace(OFFER, train_price=1).arguments)
    catalogue.refused("listing_exists", OWNER, "revise", number, 2, *OFFER.arguments)
    catalogue.call(OWNER, "retire", number)
    catalogue.refused("listing_exists", OWNER, "publish", *OFFER.arguments)


def test_owner_alone(catalogue: PairedCatalogue) -> None:
    number = published(catalogue)
    catalogue.refused("not_the_owner", OTHER, "revise", number, 2, *NEXT.arguments)
    catalogue.refused("not_the_owner", OTHER, "retire", number)
    for unknown in (0, 2, 2**256 - 1):
        catalogue.refused("unknown_dataset", OWNER, "revise", unknown, 2, *NEXT.arguments)
        catalogue.refused("unknown_dataset", OWNER, "retire", unknown)


def test_versions_in_order(catalogue: PairedCatalogue) -> None:
    number = published(catalogue)
    for version in (0, 1, 3, 2**256 - 1):
        catalogue.refused("wrong_version", OWNER, "revise", number, version, *NEXT.arguments)
    catalogue.call(OWNER, "revise", number, 2, *NEXT.arguments)
    catalogue.refused("wrong_version", OWNER, "revise", number, 2, *replace(NEXT, listing=word("third")).arguments)


def test_versions_stand(catalogue: PairedCatalogue) -> None:
    """What an order named is still provable after prices changed, and can no longer be ordered anew."""
    number = published(catalogue)
    assert catalogue.stands(number, 1, OFFER)
    assert not catalogue.stands(number, 1, replace(OFFER, train_price=119)), "another price than the offer's"
    catalogue.call(OWNER, "revise", number, 2, *NEXT.arguments)
    assert catalogue.view("offer_slot", number, 1) == OFFER.slot
    assert not catalogue.stands(number, 1, OFFER)
    assert catalogue.stands(number, 2, NEXT)


def test_retired_for_good(catalogue: PairedCatalogue) -> None:
    number = published(catalogue)
    catalogue.call(OWNER, "retire", number)
    assert not catalogue.stands(number, 1, OFFER)
    assert catalogue.view("offer_slot", number, 1) == OFFER.slot
    catalogue.refused("retired", OWNER, "retire", number)
    catalogue.refused("retired", OWNER, "revise", number, 2, *NEXT.arguments)


def test_an_unknown_dataset_does_not_stand(catalogue: PairedCatalogue) -> None:
    assert not catalogue.stands(1, 0, OFFER)
    assert not catalogue.stands(1, 1, OFFER)


def test_a_catalogue_without_a_token_is_not_deployed() -> None:
    with pytest.raises(Exception, match="no_token"):
        deploy(_deployed().env, "DataCatalog", NOBODY)


def test_verbs_and_events_are_those_of_the_reference() -> None:
    abi = artifact("DataCatalog")
    assert DISPATCH.keys() <= abi.functions.keys()
    fields = {shape.name: [item["name"] for item in shape.inputs] for shape in abi.logs.values()}
    assert fields == {name: list(shape) for name, shape in CATALOGUE_EVENTS.items()}


def test_contract_and_reference_have_the_same_reasons_and_each_is_expected_here() -> None:
    source = (CONTRACTS / "catalog_refusal.vy").read_text()
    reasons = {}
    for name, value in re.findall(r"^(\w+): constant\(bytes32\) = 0x([0-9a-f]{64})$", source, re.MULTILINE):
        reasons[name.lower()] = bytes.fromhex(value).rstrip(b"\0").decode()
    assert all(name == value for name, value in reasons.items())
    python = Path(str(reference.__file__)).read_text()
    assert set(reasons) == set(re.findall(r'(?:require|refuse)\(.*?"([a-z_]+)"\)', python))
    here = Path(__file__).read_text()
    assert [name for name in reasons if f'"{name}"' not in here] == []


class CatalogueMachine(RuleBasedStateMachine):
    """Random owners call random verbs, sensible or not; contract and reference must stay the same."""

    owners = st.sampled_from([OWNER, OTHER, account("third owner")])
    listings = st.sampled_from([bytes(32), *(word(f"listing {n}") for n in range(6))])
    prices = st.sampled_from([0, 0, 1, 10**18, MOST_PRICE, MOST_PRICE + 1, 2**256 - 1])
    offers = st.builds(Offered, listings, st.integers(0, ALL_USES + 1), prices, prices, prices)
    sound = st.builds(Offered, listings, st.just(7), *(st.integers(0, 10**20),) * 3)
    numbers = st.integers(0, 5)

    def __init__(self) -> None:
        super().__init__()
        self.undo = _deployed().anchored()
        self.catalogue = self.undo.__enter__()
        self.seen: dict[tuple[int, int], bytes] = {}

    def attempt(self, sender: str, verb: str, *args: Any) -> None:
        before = [(number, found.version, found.retired) for number, found in self.catalogue.reference.datasets.items()]
        try:
            self.catalogue.call(sender, verb, *args)
        except ContractRefusal:
            datasets = self.catalogue.reference.datasets
            assert before == [(number, found.version, found.retired) for number, found in datasets.items()]

    @rule(owner=owners, offer=offers | sound)
    def somebody_publishes(self, owner: str, offer: Offered) -> None:
        self.attempt(owner, "publish", *offer.arguments)

    @rule(owner=owners, dataset=numbers, version=numbers, offer=offers | sound)
    def somebody_revises(self, owner: str, dataset: int, version: int, offer: Offered) -> None:
        self.attempt(owner, "revise", dataset, version, *offer.arguments)

    @rule(dataset=numbers, offer=sound)
    def the_owner_revises(self, dataset: int, offer: Offered) -> None:
        found = self.catalogue.reference.datasets.get(dataset)
        if found:
            self.attempt(found.owner, "revise", dataset, found.version + 1, *offer.arguments)

    @rule(owner=owners, dataset=numbers)
    def somebody_retires(self, owner: str, dataset: int) -> None:
        self.attempt(owner, "retire", dataset)

    @rule(dataset=numbers, version=numbers, offer=offers | sound)
    def somebody_asks(self, dataset: int, version: int, offer: Offered) -> None:
        self.catalogue.stands(dataset, version, offer)

    @invariant()
    def both_store_the_same(self) -> None:
        self.catalogue.must_agree()

    @invariant()
    def no_version_is_ever_rewritten(self) -> None:
        for number, found in self.catalogue.reference.datasets.items():
            for version in range(1, found.version + 1):
                slot = self.catalogue.view("offer_slot", number, version)
                assert self.seen.setdefault((number, version), slot) == slot

    def teardown(self) -> None:
        self.undo.__exit__(None, None, None)


def test_contract_and_reference_answer_alike_whatever_random_owners_do() -> None:
    patient = settings(
        deadline=None,
        derandomize=True,
        max_examples=40,
        stateful_step_count=25,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(CatalogueMachine, settings=patient)
