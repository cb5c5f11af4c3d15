"""What the verbs cost at most, on receipts of an in-process chain: the bounds that the design holds."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from eth_account import Account
from web3 import Web3

from fedmarket.chain.abi import artifact
from fedmarket.chain.tester import TesterChain
from fedmarket.domain.accounts import address_of
from fedmarket.domain.chain_terms import ChainTerms
from fedmarket.domain.merkle import StandardTree
from fedmarket.domain.reference.opening import ADMISSION_LEAF
from fedmarket.domain.reference.payment import SETTLEMENT_LEAF
from fedmarket.domain.reference.scoring import commitment_of
from fedmarket.domain.reference.state import Vote
from tests.contracts.cast import AGE_KEY, TERMS, WINDOWS, secret_of, word

COMMIT_ROUND = 62_000
JOIN = 150_000
CLAIM = 80_000
EVALUATOR = 200_000
ROUNDS, PROVIDERS, LISTED = 4, 10, 1_000
WITHOUT_BUDGET, BY_LIST, BY_BOND = 1, 2, 3
"""The tasks played: one that only pays fees, one of an allow-list, one with open admission."""
COIN = 10**18
ODD = 123_456_789_123_456_789
"""An amount without a zero byte: the dearest call data."""
TABLE = bytes(range(1, 1 + 2 + 2 + 8 * 13 + 8 * 10))
"""The score table of ten providers over thirteen rounds, without a zero byte."""
AGGREGATORS = [f"aggregator {i}" for i in range(4)]
EVALUATORS = [f"evaluator {i}" for i in range(7)]
NAMES = [f"provider {i}" for i in range(PROVIDERS)]


def account(name: str) -> str:
    return address_of(secret_of(name))


FILLER = [(address_of(word(f"filler {i}")), 1) for i in range(LISTED - PROVIDERS)]
ALLOWED = StandardTree(ADMISSION_LEAF, [(account(name), 100, 0) for name in NAMES] + [(*entry, 0) for entry in FILLER])
LEAVES = [(account(name), 50 * COIN + ODD, i, 10**8) for i, name in enumerate(NAMES)]
PAYOUTS = StandardTree(SETTLEMENT_LEAF, LEAVES + [(*entry, 0, 0) for entry in FILLER])

LISTED_TERMS = replace(
    TERMS,
    admission_root=ALLOWED.root,
    performance=1_000 * COIN + ODD,
    participation=500 * COIN + ODD,
    aggregator_fee=ODD,
    evaluator_fee=2 * ODD,
    aggregator_bond=50 * COIN + ODD,
    evaluator_bond=30 * COIN + ODD,
    provider_bond=5 * COIN + ODD,
    trigger_reward=COIN,
    rounds=ROUNDS,
    max_providers=PROVIDERS,
    max_weight=2**40 - 1,
    windows=replace(WINDOWS, join=1_000, start=1_000, commit=1_000, reveal=1_000, confirm=1_000),
    aggregators=tuple(map(account, AGGREGATORS)),
    evaluators=tuple(map(account, EVALUATORS)),
)
FEES_ONLY = replace(LISTED_TERMS, terms_hash=word("fees only"), performance=0, participation=0)
OPEN_TERMS = replace(
    LISTED_TERMS, terms_hash=word("open"), admission_root=bytes(32), participation=0, provider_bond=200 * COIN + ODD
)


@dataclass
class Measured:
    """A chain on which tasks are played, and the gas of every call by verb and caller."""

    chain: TesterChain
    gas: dict[tuple[int, str, str], list[int]] = field(default_factory=dict)

    def call(self, name: str, verb: str, task: int, *args: Any, pays: int = 0) -> int:
        """Make a call; `task` is only its label where a task is opened."""
        given = args if verb == "open_task" else (task, *args)
        used = self.chain.call(secret_of(name), verb, *given, pays=pays).gas_used
        self.gas.setdefault((task, verb, name), []).append(used)
        return used

    def wait(self, seconds: int) -> None:
        self.chain.advance_to(self.chain.head().timestamp + seconds)

    def play(self, task: int, terms: ChainTerms) -> None:
        """Take a task from its opening to the revealed tables; whoever pays does so by a permit."""
        self.call("requester", "open_task", task, terms, pays=terms.escrow)
        for name in AGGREGATORS:
            self.call(name, "take_seat", task, AGE_KEY, pays=terms.aggregator_bond)
        for name in EVALUATORS:
            self.call(name, "take_seat", task, AGE_KEY, pays=terms.evaluator_bond)
        for i, name in enumerate(NAMES):
            self.join(name, task, terms, [] if terms.open_admission else ALLOWED.proof(i))
        self.call("stranger", "start", task)
        for number in range(1, ROUNDS + 1):
            self.wait(WINDOWS.submit + 1)
            round_facts = (number, word("root"), word("model"), word("manifest"), PROVIDERS, 100 * PROVIDERS)
            self.call(AGGREGATORS[0], "commit_round", task, *round_facts)
        for name in EVALUATORS:
            facts = (self.chain.chain_id, self.chain.market, task, account(name))
            self.call(name, "commit_scores", task, commitment_of(*facts, TABLE, word(name)))
            self.wait(1)
        for name in EVALUATORS:
            self.call(name, "reveal_scores", task, TABLE, word(name))
            self.wait(1)

    def join(self, name: str, task: int, terms: ChainTerms, proof: list[bytes]) -> int:
        listing = word("listing")
        return self.call(name, "join", task, listing, 100, 0, proof, AGE_KEY, pays=terms.bond_of(100))

    def settle(self, task: int, vote: Vote) -> None:
        """Three vote otherwise, then four agree: the last one looks at all others' votes and settles."""
        for i, name in enumerate(EVALUATORS[:3]):
            other = replace(vote, owed=vote.owed - 1 - i, refund=vote.refund + 1 + i)
            self.call(name, "confirm", task, other)
        for name in EVALUATORS[3:]:
            self.call(name, "confirm", task, vote)
            self.wait(1)

    def of(self, verb: str, task: int) -> list[int]:
        return [gas for (at, name, _), all_gas in self.gas.items() if (at, name) == (task, verb) for gas in all_gas]


def worst_vote(terms: ChainTerms, debits: int) -> Vote:
    """A vote under which everything is written: a bad round, a forfeited seat, forfeited bonds, debits."""
    owed = sum(leaf[1] for leaf in LEAVES)
    fees = (ROUNDS - 1) * terms.aggregator_fee + 6 * terms.evaluator_fee
    return Vote(
        payout_root=PAYOUTS.root,
        owed=owed,
        refund=terms.escrow + debits - owed - fees,
        debits=debits,
        forfeits=terms.provider_bond - debits,
        rounds_verified=ROUNDS - 1,
        best_round=ROUNDS - 1,
        unpaid=0,
        forfeited=1,
    )


@pytest.fixture(scope="module")
def played() -> Measured:
    """All calls of two tasks until they are settled, and one provider in a task without a budget."""
    names = ["requester", "stranger", *AGGREGATORS, *EVALUATORS, *NAMES]
    measured = Measured(TesterChain.start([account(name) for name in names]))
    for name in names:
        measured.chain.mint(account(name), 10**6 * COIN)
    measured.call("requester", "open_task", WITHOUT_BUDGET, FEES_ONLY, pays=FEES_ONLY.escrow)
    measured.join(NAMES[0], WITHOUT_BUDGET, FEES_ONLY, ALLOWED.proof(0))
    measured.play(BY_LIST, LISTED_TERMS)
    measured.settle(BY_LIST, worst_vote(LISTED_TERMS, debits=0))
    measured.play(BY_BOND, OPEN_TERMS)
    measured.settle(BY_BOND, worst_vote(OPEN_TERMS, debits=ODD))
    return measured


def test_a_round_costs_the_same_first_middle_and_last_whatever_the_number_of_providers(played: Measured) -> None:
    for task in (BY_LIST, BY_BOND):
        rounds = played.of("commit_round", task)
        assert len(rounds) == ROUNDS
        assert max(rounds) <= COMMIT_ROUND
        assert max(rounds) - min(rounds) < 100


def test_joining_with_a_first_permit_and_a_long_allow_list(played: Measured) -> None:
    (filling_an_empty_purse,) = played.of("join", WITHOUT_BUDGET)
    joins = played.of("join", BY_LIST) + played.of("join", BY_BOND)
    assert len(joins) == 2 * PROVIDERS
    assert max(joins) < filling_an_empty_purse <= JOIN


def test_one_evaluators_commit_reveal_and_settling_vote(played: Measured) -> None:
    for task in (BY_LIST, BY_BOND):
        for name in EVALUATORS:
            verbs = ("commit_scores", "reveal_scores", "confirm")
            assert sum(sum(played.gas[task, verb, name]) for verb in verbs) <= EVALUATOR
        settling = played.gas[task, "confirm", EVALUATORS[-1]][0]
        assert settling == max(played.of("confirm", task)), "the last vote is not the one that settled"


def test_claiming_among_a_thousand_payees_without_holding_the_token(played: Measured) -> None:
    chain, payee = played.chain, account(NAMES[0])
    empty_purse(chain, NAMES[0])
    assert chain.balance(payee) == 0
    used = played.call("stranger", "claim", BY_LIST, *LEAVES[0], PAYOUTS.proof(0))
    assert chain.balance(payee) == LEAVES[0][1] + LISTED_TERMS.provider_bond - LEAVES[0][2]
    assert used <= CLAIM


def empty_purse(chain: TesterChain, name: str) -> None:
    """Let an account send away all its tokens, as any wallet would."""
    payer = account(name)
    transaction = {
        "to": chain.token,
        "data": artifact("Token").functions["transfer"].encode(account("stranger"), chain.balance(payer)),
        "gas": 100_000,
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 0,
        "nonce": chain.web3.eth.get_transaction_count(Web3.to_checksum_address(payer)),
        "chainId": chain.chain_id,
        "value": 0,
    }
    signed = Account.sign_transaction(transaction, secret_of(name))
    receipt = chain.web3.eth.wait_for_transaction_receipt(chain.web3.eth.send_raw_transaction(signed.raw_transaction))
    assert receipt["status"] in (1, "0x1")
