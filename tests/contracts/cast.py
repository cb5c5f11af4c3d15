"""The cast of the contract tests, its terms, and the leaves that its trees are made of."""

from dataclasses import replace

from eth_hash.auto import keccak

from fedmarket.domain.accounts import address_of
from fedmarket.domain.chain_terms import ChainTerms, Windows
from fedmarket.domain.merkle import StandardTree
from fedmarket.domain.reference.opening import ADMISSION_LEAF
from fedmarket.domain.reference.payment import SETTLEMENT_LEAF, UPDATES_LEAF
from fedmarket.domain.reference.state import Vote

SINK = "0x000000000000000000000000000000000000dEaD"
NOBODY = "0x" + "0" * 40
RICH = 2**130
POOR = 5


def secret_of(name: str) -> bytes:
    return keccak(b"cast " + name.encode())


def account(name: str) -> str:
    return address_of(secret_of(name))


REQUESTER, AGGREGATOR, STANDBY, SPARE = (account(name) for name in ("requester", "aggregator", "standby", "spare"))
EVALUATORS = tuple(account(f"evaluator {number}") for number in range(3))
PROVIDERS = tuple(account(f"provider {number}") for number in range(3))
STRANGER, PAUPER = account("stranger"), account("pauper")
EVERYBODY = (REQUESTER, AGGREGATOR, STANDBY, SPARE, *EVALUATORS, *PROVIDERS, STRANGER, PAUPER)

WEIGHTS = (10, 20, 30)
PRICES = (100, 200, 300)
LISTED = [(*entry, 0) for entry in zip(PROVIDERS, WEIGHTS, strict=True)] + [(PAUPER, 10, 0)]
ADMITTED = StandardTree(ADMISSION_LEAF, LISTED)
PRICED = StandardTree(ADMISSION_LEAF, list(zip(PROVIDERS, WEIGHTS, PRICES, strict=True)))

WINDOWS = Windows(join=100, start=50, submit=20, round=70, commit=40, reveal=30, confirm=35, claim=1_000)
AGE_KEY = bytes(range(32))


def word(text: str) -> bytes:
    return keccak(text.encode())


TERMS = ChainTerms(
    terms_hash=word("terms"),
    initial_model=word("initial model"),
    admission_root=ADMITTED.root,
    performance=1_000,
    participation=600,
    aggregator_fee=10,
    evaluator_fee=20,
    aggregator_bond=100,
    evaluator_bond=50,
    provider_bond=30,
    trigger_reward=5,
    rounds=2,
    patience=1,
    min_providers=2,
    max_providers=3,
    min_weight=10,
    max_weight=100,
    priced=False,
    royalty_bps=500,
    windows=WINDOWS,
    aggregators=(AGGREGATOR, STANDBY, SPARE),
    evaluators=EVALUATORS,
)
"""An allow-list by weight; the escrow is 1,680."""
LISTED_PRICES = replace(TERMS, terms_hash=word("priced"), priced=True, admission_root=PRICED.root)
OPEN = replace(TERMS, terms_hash=word("open"), admission_root=bytes(32), participation=0, provider_bond=200)
"""Anybody joins, for 200 a unit of weight."""

LEAVES = [(PROVIDERS[0], 300, 0, 250_000_000), (PROVIDERS[1], 400, 0, 330_000_000), (PROVIDERS[2], 500, 0, 420_000_000)]
PAYOUTS = StandardTree(SETTLEMENT_LEAF, LEAVES)
VOTE = Vote(
    payout_root=PAYOUTS.root,
    owed=1_200,
    refund=400,
    debits=0,
    forfeits=0,
    rounds_verified=2,
    best_round=2,
    unpaid=0,
    forfeited=0,
)
"""Of 1,680: 1,200 to the providers, 20 and 60 in fees, 400 back."""

DELIVERED = [(provider, word("update"), rounds) for provider, rounds in zip(PROVIDERS, (2, 1, 1), strict=True)]
UPDATES = StandardTree(UPDATES_LEAF, DELIVERED)
EARLIER = StandardTree(UPDATES_LEAF, [(provider, word("earlier"), 1) for provider in PROVIDERS[:2]])


def table(evaluator: str) -> bytes:
    return b"table of " + evaluator.encode()


def salt(evaluator: str) -> bytes:
    return word("salt of " + evaluator)
