"""What every verb of a task costs at 1 to 1,000 providers, in gas on receipts of an in-process EVM, and in money."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from eth_hash.auto import keccak

from benchmarks.command import run
from benchmarks.result import Cell, Found, Size, Table, Verdict
from fedmarket.chain.tester import TesterChain
from fedmarket.domain.accounts import address_of
from fedmarket.domain.chain_terms import ChainTerms, Windows
from fedmarket.domain.merkle import StandardTree
from fedmarket.domain.reference.opening import ADMISSION_LEAF
from fedmarket.domain.reference.payment import SETTLEMENT_LEAF
from fedmarket.domain.reference.scoring import commitment_of
from fedmarket.domain.reference.state import Vote

COIN = 10**18
ODD = 123_456_789_123_456_789
"""An amount without a zero byte: the dearest call data."""
JOINING = 100
"""Of more providers only so many join: proofs and tables are those of all, and a join costs what the last one did."""
ROUNDS = 3
TASK_ROUNDS = 12
AGE_KEY = bytes(range(1, 33))
WINDOWS = Windows(join=3000, start=3000, submit=20, round=3000, commit=3000, reveal=3000, confirm=3000, claim=30_000)
PRICES = Path(__file__).parent / "prices.json"
OTHERS = (("2cp_round_20", 271_000), ("autodfl", 229_000), ("felt", 134_000), ("settlefl_commit", 6_300))
"""Gas for one participant and round at ten participants, of other systems: run on anvil in November 2026."""

VERBS = ("open_task", "take_seat", "join", "start", "commit_round", "commit_scores", "reveal_scores", "confirm")


def word(text: str) -> bytes:
    """Return 32 bytes that stand for `text`: a hash, or a secret worth nothing elsewhere."""
    return keccak(text.encode())


@dataclass
class Play:
    """One task with `listed` providers from its opening to the first claims; `gas` of each call by verb."""

    listed: int
    gas: dict[str, list[int]] = field(default_factory=dict)

    @cached_property
    def names(self) -> list[str]:
        """The providers that join."""
        return [f"provider {i}" for i in range(min(self.listed, JOINING))]

    @cached_property
    def admitted(self) -> StandardTree:
        """The allow-list of all providers."""
        return StandardTree(ADMISSION_LEAF, [(account, 100, 0) for account in self.accounts])

    @cached_property
    def accounts(self) -> list[str]:
        """All listed accounts, those that join first."""
        return [address_of(word(f"provider {i}")) for i in range(self.listed)]

    @cached_property
    def leaves(self) -> list[tuple[str, int, int, int]]:
        """What every provider is owed: (account, owed, debit, share)."""
        share = 1000 * COIN // self.listed
        return [(account, share + i, 0, 10**9 // self.listed) for i, account in enumerate(self.accounts)]

    @cached_property
    def table(self) -> bytes:
        """A score table of all providers, without a zero byte: three rounds, four skills and the scores."""
        length = 2 + 2 + 8 * (ROUNDS + 1) + 8 * self.listed
        return bytes(1 + i % 255 for i in range(length))

    @cached_property
    def terms(self) -> ChainTerms:
        """The terms that the contract enforces: an allow-list, one aggregator, three evaluators."""
        return ChainTerms(
            terms_hash=word("terms"),
            initial_model=word("model"),
            admission_root=self.admitted.root,
            performance=1_000 * COIN + ODD,
            participation=500 * COIN + ODD,
            aggregator_fee=ODD,
            evaluator_fee=2 * ODD,
            aggregator_bond=50 * COIN + ODD,
            evaluator_bond=30 * COIN + ODD,
            provider_bond=5 * COIN + ODD,
            trigger_reward=COIN,
            rounds=ROUNDS,
            patience=ROUNDS,
            min_providers=1,
            max_providers=self.listed,
            min_weight=1,
            max_weight=2**40 - 1,
            priced=False,
            royalty_bps=1000,
            windows=WINDOWS,
            aggregators=(address_of(word("aggregator")),),
            evaluators=tuple(address_of(word(f"evaluator {i}")) for i in range(3)),
        )

    def run(self) -> None:
        """Play the task and keep the gas of every call."""
        chain = self._funded()
        evaluators = [f"evaluator {i}" for i in range(3)]
        self._call(chain, "requester", "open_task", self.terms, pays=self.terms.escrow)
        self._call(chain, "aggregator", "take_seat", 1, AGE_KEY, pays=self.terms.aggregator_bond)
        for name in evaluators:
            self._call(chain, name, "take_seat", 1, AGE_KEY, pays=self.terms.evaluator_bond)
        for i, name in enumerate(self.names):
            join = (1, word("listing"), 100, 0, self.admitted.proof(i), AGE_KEY)
            self._call(chain, name, "join", *join, pays=self.terms.provider_bond)
        self._start(chain)
        for number in range(1, ROUNDS + 1):
            chain.advance_to(chain.head().timestamp + WINDOWS.submit + 1)
            facts = (number, word("root"), word("model"), word("manifest"), len(self.names), 100 * len(self.names))
            self._call(chain, "aggregator", "commit_round", 1, *facts)
        self._score(chain, evaluators)
        for leaf in self.leaves[: min(10, len(self.names))]:
            self._call(chain, "requester", "claim", 1, *leaf, self.proof_of(leaf))

    @cached_property
    def payouts(self) -> StandardTree:
        """The tree that claims are proved by."""
        return StandardTree(SETTLEMENT_LEAF, self.leaves)

    def proof_of(self, leaf: tuple[str, int, int, int]) -> list[bytes]:
        """Return the proof of a leaf of the payouts."""
        return self.payouts.proof(leaf)

    def _funded(self) -> TesterChain:
        names = ["requester", "aggregator", *(f"evaluator {i}" for i in range(3)), *self.names]
        chain = TesterChain.start([address_of(word(name)) for name in names])
        for name in names:
            # A provider holds its bond and nothing else, so that a claim fills an empty purse: the dearest kind.
            rich = self.terms.provider_bond if name in self.names else 10**4 * COIN
            chain.mint(address_of(word(name)), rich)
        return chain

    def _start(self, chain: TesterChain) -> None:
        if len(self.names) < self.listed:
            chain.advance_to(chain.head().timestamp + WINDOWS.join + 1)
        self._call(chain, "requester", "start", 1)

    def _score(self, chain: TesterChain, evaluators: list[str]) -> None:
        for name in evaluators:
            facts = (chain.chain_id, chain.market, 1, address_of(word(name)))
            self._call(chain, name, "commit_scores", 1, commitment_of(*facts, self.table, word(name)))
        for name in evaluators:
            self._call(chain, name, "reveal_scores", 1, self.table, word(name))
        for name in evaluators[:2]:
            self._call(chain, name, "confirm", 1, self._vote())

    def _vote(self) -> Vote:
        owed = sum(leaf[1] for leaf in self.leaves)
        fees = ROUNDS * self.terms.aggregator_fee + 3 * self.terms.evaluator_fee
        return Vote(
            payout_root=self.payouts.root,
            owed=owed,
            refund=self.terms.escrow - owed - fees,
            debits=0,
            forfeits=0,
            rounds_verified=ROUNDS,
            best_round=ROUNDS,
            unpaid=0,
            forfeited=0,
        )

    def _call(self, chain: TesterChain, name: str, verb: str, *args: Any, pays: int = 0) -> None:
        used = chain.call(word(name), verb, *args, pays=pays).gas_used
        self.gas.setdefault(verb, []).append(used)


def measure(size: Size, seed: int) -> Found:
    """Play a task at each number of providers, and price it; nothing is drawn, so `seed` changes nothing."""
    counts = (1, 10, 100, 1000) if size is Size.FULL else (10,)
    plays = {count: Play(count) for count in counts}
    for play in plays.values():
        play.run()
    most, ten = plays[counts[-1]], plays[10]
    claim = max(most.gas["claim"])
    evaluator = sum(max(ten.gas[verb]) for verb in ("commit_scores", "reveal_scores", "confirm"))
    return Found(
        tables=(
            Table("verbs", ("verb", *map(str, counts)), _verbs(plays)),
            Table("others", ("system", "gas"), (*OTHERS, *_per_participant(ten))),
            Table(
                "money", ("price", "gwei", "coin_usd", "round_usd", "join_usd", "claim_usd", "task_usd"), _money(ten)
            ),
        ),
        verdicts=(
            Verdict("commit_round", 62_000, max(max(play.gas["commit_round"]) for play in plays.values())),
            Verdict("join", 150_000, max(max(play.gas["join"]) for play in plays.values())),
            Verdict("claim", 80_000, claim),
            Verdict("evaluator", 200_000, evaluator),
        ),
        facts={"rounds": ROUNDS, "evaluators": 3, "joining": JOINING},
    )


def _verbs(plays: dict[int, Play]) -> tuple[tuple[Cell, ...], ...]:
    return tuple((verb, *(max(play.gas[verb]) for play in plays.values())) for verb in (*VERBS, "claim"))


def _per_participant(play: Play) -> tuple[tuple[str, int], ...]:
    """Return the gas of a round for each of ten providers: its commit alone, and its part of the whole task."""
    commit, whole = max(play.gas["commit_round"]) / play.listed, _whole_task(play) / (play.listed * TASK_ROUNDS)
    return ("fedmarket", round(commit)), ("fedmarket_whole", round(whole))


def _whole_task(play: Play) -> int:
    """Return the gas of a task of twelve rounds from `open_task` to the last claim."""
    once = ("open_task", "start", "commit_scores", "reveal_scores", "confirm", "take_seat")
    task = sum(sum(play.gas[verb]) for verb in once) + play.listed * (max(play.gas["join"]) + max(play.gas["claim"]))
    return task + TASK_ROUNDS * max(play.gas["commit_round"])


def _money(play: Play) -> tuple[tuple[Cell, ...], ...]:
    """Price a round, a join, a claim and a whole task of twelve rounds with ten providers."""
    points = json.loads(PRICES.read_text(encoding="utf-8"))["points"]
    task, rows = _whole_task(play), []
    for point in points:
        dollars = point["gwei"] * 1e-9 * point["coin_usd"]
        used = (max(play.gas["commit_round"]), max(play.gas["join"]), max(play.gas["claim"]), task)
        rows.append((point["name"], point["gwei"], point["coin_usd"], *(gas * dollars for gas in used)))
    return tuple(rows)


if __name__ == "__main__":
    run("gas", measure)
