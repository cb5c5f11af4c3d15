"""One story told to any chain: four tasks that use every verb of the life-cycle table, with refusals in between."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from eth_hash.auto import keccak

from fedmarket.chain.port import Chain, Receipt
from fedmarket.domain.accounts import address_of
from fedmarket.domain.chain_terms import ChainTerms, Windows
from fedmarket.domain.errors import ContractRefusal
from fedmarket.domain.merkle import StandardTree
from fedmarket.domain.reference.opening import ADMISSION_LEAF
from fedmarket.domain.reference.payment import SETTLEMENT_LEAF, UPDATES_LEAF
from fedmarket.domain.reference.scoring import commitment_of
from fedmarket.domain.reference.state import NO_AGREEMENT, Vote

COIN = 10**18
NAMES = (
    "requester",
    "aggregator",
    "standby",
    "evaluator one",
    "evaluator two",
    "evaluator three",
    "provider one",
    "provider two",
    "provider three",
    "stranger",
    "pauper",
)


def secret_of(name: str) -> bytes:
    return keccak(b"story " + name.encode())


SECRETS = {name: secret_of(name) for name in NAMES}
ACCOUNTS = {name: address_of(secret) for name, secret in SECRETS.items()}
EVALUATORS = NAMES[3:6]
PROVIDERS = NAMES[6:9]
WEIGHTS = (40, 30, 25)
LISTED = [(ACCOUNTS[name], weight, 0) for name, weight in zip(PROVIDERS, WEIGHTS, strict=True)]
WINDOWS = Windows(join=100, start=100, submit=20, round=100, commit=100, reveal=100, confirm=100, claim=1_000)
AGE_KEY = bytes(range(32))


class LocalChain(Chain, Protocol):
    """A chain whose clock and money are ours."""

    def mint(self, account: str, amount: int) -> None: ...

    def advance_to(self, timestamp: int) -> None: ...


def word(text: str) -> bytes:
    return keccak(text.encode())


def terms(name: str) -> ChainTerms:
    """Terms of a task for the listed providers: two rounds, a standby, three evaluators."""
    return ChainTerms(
        terms_hash=word(name),
        initial_model=word("initial model"),
        admission_root=StandardTree(ADMISSION_LEAF, LISTED).root,
        performance=1_000 * COIN,
        participation=200 * COIN,
        aggregator_fee=10 * COIN,
        evaluator_fee=20 * COIN,
        aggregator_bond=50 * COIN,
        evaluator_bond=30 * COIN,
        provider_bond=5 * COIN,
        trigger_reward=COIN,
        rounds=2,
        patience=1,
        min_providers=1,
        max_providers=3,
        min_weight=1,
        max_weight=100,
        priced=False,
        royalty_bps=500,
        windows=WINDOWS,
        aggregators=(ACCOUNTS["aggregator"], ACCOUNTS["standby"]),
        evaluators=tuple(ACCOUNTS[name] for name in EVALUATORS),
    )


def open_terms(name: str) -> ChainTerms:
    """Terms of a task that anybody may join; one evaluator, twenty coins of bond for a unit of weight."""
    return replace(
        terms(name),
        admission_root=bytes(32),
        participation=0,
        provider_bond=20 * COIN,
        min_weight=100,
        max_weight=1_000,
        evaluators=(ACCOUNTS["evaluator one"],),
    )


@dataclass
class Story:
    """What was called on a chain, with what each call cost and which were refused."""

    chain: LocalChain
    receipts: list[Receipt] = field(default_factory=list)
    refusals: list[tuple[str, str]] = field(default_factory=list)

    def call(self, who: str, verb: str, *args: Any, pays: int = 0) -> None:
        self.receipts.append(self.chain.call(secret_of(who), verb, *args, pays=pays))

    def refused(self, who: str, verb: str, *args: Any, pays: int = 0) -> None:
        try:
            self.chain.call(secret_of(who), verb, *args, pays=pays)
        except ContractRefusal as refusal:
            self.refusals.append((verb, refusal.reason))
        else:
            raise AssertionError(f"{verb} was not refused")

    def wait(self, seconds: int) -> None:
        self.chain.advance_to(self.chain.head().timestamp + seconds)

    def tell(self) -> "Story":
        """Tell it all: the four tasks have the numbers 1 to 4."""
        for name, account in ACCOUNTS.items():
            self.chain.mint(account, COIN if name == "pauper" else 100_000 * COIN)
        for chapter in (self._settled, self._cancelled, self._fallen_back, self._stopped):
            chapter()
        self.call("stranger", "flush_forfeits")
        self.refused("stranger", "flush_forfeits")
        return self

    def _opened(self, task: int, conditions: ChainTerms) -> None:
        self.call("requester", "open_task", conditions, pays=conditions.escrow)
        for name, account in ACCOUNTS.items():
            if account in conditions.aggregators:
                self.call(name, "take_seat", task, AGE_KEY, pays=conditions.aggregator_bond)
            elif account in conditions.evaluators:
                self.call(name, "take_seat", task, AGE_KEY, pays=conditions.evaluator_bond)

    def _join_listed(self, task: int) -> None:
        tree = StandardTree(ADMISSION_LEAF, LISTED)
        for name, leaf in zip(PROVIDERS, LISTED, strict=True):
            self.call(name, "join", task, word("listing"), leaf[1], leaf[2], tree.proof(leaf), AGE_KEY, pays=5 * COIN)

    def _round(self, who: str, task: int, number: int, root: bytes, delivered: int) -> None:
        self.wait(21)
        model, manifest = word(f"model {number}"), word(f"manifest {number}")
        self.call(who, "commit_round", task, number, root, model, manifest, len(PROVIDERS), delivered)

    def _scores(self, task: int, names: tuple[str, ...], table: Callable[[str], bytes]) -> None:
        for name in names:
            facts = (self.chain.chain_id, self.chain.market, task, ACCOUNTS[name])
            self.call(name, "commit_scores", task, commitment_of(*facts, table(name), word(name)))
        if names != EVALUATORS:
            self.wait(101)
        for name in names:
            self.call(name, "reveal_scores", task, table(name), word(name))

    def _settled(self) -> None:
        conditions = terms("settled")
        self.refused("stranger", "start", 1)
        self.refused("requester", "open_task", replace(conditions, rounds=0), pays=conditions.escrow)
        self.refused("pauper", "open_task", conditions, pays=conditions.escrow)
        self._opened(1, conditions)
        self.refused("requester", "open_task", conditions, pays=conditions.escrow)
        self.refused("stranger", "take_seat", 1, AGE_KEY, pays=30 * COIN)
        self.refused("stranger", "join", 1, word("listing"), 1, 0, [], AGE_KEY, pays=5 * COIN)
        self._join_listed(1)
        self.refused("stranger", "sweep", 1)
        self.call("stranger", "start", 1)
        self.refused("aggregator", "commit_round", 1, 1, word("root"), word("m"), word("n"), 3, 95)
        self._round("aggregator", 1, 1, word("root"), 95)
        self._round("aggregator", 1, 2, word("root"), 95)
        self._scores(1, EVALUATORS, lambda name: name.encode() * 8)
        self._pay_out(conditions)

    def _pay_out(self, conditions: ChainTerms) -> None:
        leaves = [(ACCOUNTS[name], 300 * COIN + i, 0, 333_333_333) for i, name in enumerate(PROVIDERS)]
        tree = StandardTree(SETTLEMENT_LEAF, leaves)
        owed = sum(leaf[1] for leaf in leaves)
        fees = 2 * conditions.aggregator_fee + 3 * conditions.evaluator_fee
        vote = Vote(tree.root, owed, conditions.escrow - owed - fees, 0, 0, 2, 2, 0, 0)
        self.refused("evaluator one", "confirm", 1, replace(vote, owed=owed + 1))
        self.call("evaluator one", "confirm", 1, vote)
        self.refused("evaluator one", "confirm", 1, vote)
        self.call("evaluator two", "confirm", 1, vote)
        self.refused("evaluator three", "confirm", 1, vote)
        for leaf in leaves[:2]:
            self.call("stranger", "claim", 1, *leaf, tree.proof(leaf))
        self.refused("stranger", "claim", 1, *leaves[0], tree.proof(leaves[0]))
        self.refused("stranger", "claim", 1, *leaves[2], tree.proof(leaves[0]))
        for name in ("aggregator", "standby", *EVALUATORS):
            self.call("stranger", "claim_seat", 1, ACCOUNTS[name])
        self.call("stranger", "refund", 1, ACCOUNTS["requester"])
        self.wait(1_001)
        self.call("stranger", "sweep", 1)

    def _cancelled(self) -> None:
        conditions = open_terms("cancelled")
        self._opened(2, conditions)
        self.call("provider one", "join", 2, word("listing"), 7, 0, [], AGE_KEY, pays=140 * COIN)
        self.refused("stranger", "start", 2)
        self.refused("stranger", "cancel", 2)
        self.call("requester", "cancel", 2)
        for name in ("requester", "aggregator", "standby", "evaluator one", "provider one"):
            self.call("stranger", "refund", 2, ACCOUNTS[name])
        self.refused("stranger", "refund", 2, ACCOUNTS["provider one"])

    def _fallen_back(self) -> None:
        self._opened(3, terms("fallen back"))
        self._join_listed(3)
        self.call("stranger", "start", 3)
        self.call("provider one", "announce", 3, 1, word("update"), word("blob"))
        leaves = [(account, word("update"), 1) for account, _, _ in LISTED]
        tree = StandardTree(UPDATES_LEAF, leaves)
        self._round("aggregator", 3, 1, tree.root, 95)
        self.refused("stranger", "close", 3)
        self.refused("standby", "take_over", 3)
        self.wait(101)
        self.call("standby", "take_over", 3)
        self.wait(101)
        self.call("stranger", "close", 3)
        self._scores(3, EVALUATORS[:2], lambda name: b"table" * 2)
        self.call("evaluator one", "confirm", 3, NO_AGREEMENT)
        self.wait(101)
        self.call("stranger", "close", 3)
        facts = (tree.root, word("model 1"), word("manifest 1"))
        for name, leaf in zip(PROVIDERS[:2], leaves, strict=False):
            self.call(name, "claim_fallback", 3, leaf[0], 1, *leaf[1:], *facts, tree.proof(leaf))
        name, last = PROVIDERS[2], leaves[2]
        self.refused("stranger", "claim_fallback", 3, last[0], 1, *last[1:], *facts, tree.proof(last))
        self.refused(name, "claim_fallback", 3, last[0], 1, *last[1:], *facts, [])
        self.refused(name, "claim_fallback", 3, last[0], 0, bytes(32), 0, *[bytes(32)] * 3, [])
        self.call("stranger", "claim_seat", 3, ACCOUNTS["evaluator one"])
        self.call("stranger", "refund", 3, ACCOUNTS["requester"])
        self.wait(1_001)
        self.call("stranger", "sweep", 3)

    def _stopped(self) -> None:
        self._opened(4, terms("stopped"))
        self._join_listed(4)
        self.call("stranger", "start", 4)
        self.refused("requester", "stop", 4)
        self._round("aggregator", 4, 1, word("root"), 95)
        self.call("requester", "stop", 4)
        self.wait(301)
        self.call("stranger", "close", 4)
