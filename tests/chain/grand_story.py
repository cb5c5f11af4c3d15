"""The dearest call of every verb whose cost depends on how many take part: the gas limits must hold for these."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eth_hash.auto import keccak

from fedmarket.domain.accounts import address_of
from fedmarket.domain.chain_terms import MAX_AGGREGATORS, MAX_EVALUATORS, ChainTerms
from fedmarket.domain.merkle import StandardTree
from fedmarket.domain.reference.payment import SETTLEMENT_LEAF, UPDATES_LEAF
from fedmarket.domain.reference.scoring import commitment_of
from fedmarket.domain.reference.state import Vote

from .chain_story import AGE_KEY, COIN, Story, open_terms, secret_of, word

AGGREGATORS = tuple(f"grand aggregator {number}" for number in range(MAX_AGGREGATORS))
EVALUATORS = tuple(f"grand evaluator {number}" for number in range(MAX_EVALUATORS))
PROVIDERS = tuple(f"grand provider {number}" for number in range(3))
TRIGGER = "grand trigger"
EVERYBODY = ("grand requester", *AGGREGATORS, *EVALUATORS, *PROVIDERS, TRIGGER)
WEIGHT = 100
BOND = 20 * COIN * WEIGHT
CROWD = 1_000
"""Leaves in a tree."""
TABLE = b"\xff" * 16_384


def account_of(name: str) -> str:
    return address_of(secret_of(name))


def grand_terms(name: str) -> ChainTerms:
    """Terms with every seat that the contract allows."""
    aggregators, evaluators = (tuple(map(account_of, names)) for names in (AGGREGATORS, EVALUATORS))
    return replace(open_terms(name), aggregators=aggregators, evaluators=evaluators)


def crowd(leaves: Sequence[tuple[Any, ...]], kinds: tuple[str, ...]) -> StandardTree:
    """The tree of these leaves among a thousand."""
    others = [(address_of(keccak(b"crowd %d" % i)), *leaves[0][1:]) for i in range(CROWD - len(leaves))]
    return StandardTree(kinds, [*leaves, *others])


@dataclass
class GrandStory(Story):
    """Two tasks with all seats taken. Whoever pays has exactly that much, so that every payment fills an empty slot."""

    def tell(self) -> "GrandStory":
        self._begin(1)
        self._take_over(1)
        self._settle(1)
        self._begin(2)
        self._fall_back(2)
        self.call(TRIGGER, "flush_forfeits")
        return self

    def _pay(self, who: str, verb: str, *args: Any, pays: int) -> None:
        self.chain.mint(account_of(who), pays)
        self.call(who, verb, *args, pays=pays)

    def _begin(self, task: int) -> None:
        conditions = grand_terms(f"grand {task}")
        self._pay("grand requester", "open_task", conditions, pays=conditions.escrow)
        for name in AGGREGATORS:
            self._pay(name, "take_seat", task, AGE_KEY, pays=conditions.aggregator_bond)
        for name in EVALUATORS:
            self._pay(name, "take_seat", task, AGE_KEY, pays=conditions.evaluator_bond)
        for name in PROVIDERS:
            self._pay(name, "join", task, word("listing"), WEIGHT, 0, [], AGE_KEY, pays=BOND)
        self.call(TRIGGER, "start", task)

    def _take_over(self, task: int) -> None:
        self.call(PROVIDERS[0], "announce", task, 1, word("update"), word("blob"))
        self._round(AGGREGATORS[0], task, 1, word("root"), 3 * WEIGHT)
        self.wait(101)
        self.call(AGGREGATORS[1], "take_over", task)
        self._round(AGGREGATORS[1], task, 2, word("root"), 3 * WEIGHT)

    def _settle(self, task: int) -> None:
        self._commit_and_reveal(task, EVALUATORS[:6], EVALUATORS[:5])
        conditions = grand_terms(f"grand {task}")
        leaves = [(account_of(name), 100 * COIN, COIN, 333_333_333) for name in PROVIDERS]
        tree = crowd(leaves, SETTLEMENT_LEAF)
        owed, debits = 300 * COIN, 2 * COIN
        fees = conditions.aggregator_fee + 4 * conditions.evaluator_fee
        refund = conditions.escrow + debits - owed - fees
        vote = Vote(tree.root, owed, refund, debits, BOND, 1, 1, 0b10000, 0b1100000)
        for name in EVALUATORS[:4]:
            self.call(name, "confirm", task, vote)
        for leaf in leaves[:2]:
            self.call(TRIGGER, "claim", task, *leaf, tree.proof(leaf))
        for name in (*AGGREGATORS, *EVALUATORS):
            self.call(TRIGGER, "claim_seat", task, account_of(name))
        self._end(task)

    def _commit_and_reveal(self, task: int, committing: Sequence[str], revealing: Sequence[str]) -> None:
        for name, table in self._tables(committing):
            facts = (self.chain.chain_id, self.chain.market, task, account_of(name))
            self.call(name, "commit_scores", task, commitment_of(*facts, table, word(name)))
        self.wait(101)
        for name, table in self._tables(revealing):
            self.call(name, "reveal_scores", task, table, word(name))
        self.wait(101)

    def _tables(self, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        return ((name, TABLE if name == names[0] else TABLE[:80]) for name in names)

    def _fall_back(self, task: int) -> None:
        leaves = [(account_of(name), word("update"), 1) for name in PROVIDERS]
        tree = crowd(leaves, UPDATES_LEAF)
        self._round(AGGREGATORS[0], task, 1, tree.root, 3 * WEIGHT)
        self.wait(401)
        self.call(TRIGGER, "close", task)
        self._commit_and_reveal(task, EVALUATORS[:3], EVALUATORS[:1])
        self.wait(101)
        self.call(TRIGGER, "close", task)
        for name, leaf in zip(PROVIDERS[:2], leaves, strict=False):
            facts = (tree.root, word("model 1"), word("manifest 1"))
            self.call(name, "claim_fallback", task, leaf[0], 1, *leaf[1:], *facts, tree.proof(leaf))
        self._end(task)

    def _end(self, task: int) -> None:
        self.call(TRIGGER, "refund", task, account_of("grand requester"))
        self.wait(1_001)
        self.call(TRIGGER, "sweep", task)
