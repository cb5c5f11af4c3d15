"""The part of a task's terms that the contract itself holds and enforces."""

from dataclasses import dataclass

AMOUNT_LIMIT = 2**112
BOND_LIMIT = 2**120
WEIGHT_LIMIT = 2**40
MAX_ROUNDS = 1000
MAX_PROVIDERS = 1024
MAX_AGGREGATORS = 4
MAX_EVALUATORS = 7
WINDOW_LIMIT = 2**24


@dataclass(frozen=True)
class Windows:
    """Lengths of a task's windows in seconds; each is counted from the block that opened it."""

    join: int
    start: int
    submit: int
    round: int
    commit: int
    reveal: int
    confirm: int
    claim: int


@dataclass(frozen=True)
class ChainTerms:
    """What `open_task` takes: hashes, money in base units, counts, windows and the accounts of the seats.

    `provider_bond` is a provider's whole bond under an allow-list and the bond of one unit of weight under open
    admission (`admission_root` zero). `aggregators` are the aggregator and its standbys in order.
    """

    terms_hash: bytes
    initial_model: bytes
    admission_root: bytes
    performance: int
    participation: int
    aggregator_fee: int
    evaluator_fee: int
    aggregator_bond: int
    evaluator_bond: int
    provider_bond: int
    trigger_reward: int
    rounds: int
    patience: int
    min_providers: int
    max_providers: int
    min_weight: int
    max_weight: int
    priced: bool
    royalty_bps: int
    windows: Windows
    aggregators: tuple[str, ...]
    evaluators: tuple[str, ...]

    @property
    def open_admission(self) -> bool:
        """Whether anybody may join by locking a bond."""
        return self.admission_root == bytes(32)

    @property
    def escrow(self) -> int:
        """The requester's whole payment: performance + participation + every round's and every evaluator's fee."""
        fees = self.rounds * self.aggregator_fee + len(self.evaluators) * self.evaluator_fee
        return self.performance + self.participation + fees

    @property
    def quorum(self) -> int:
        """More than half of the evaluators' seats."""
        return len(self.evaluators) // 2 + 1

    def bond_of(self, weight: int) -> int:
        """Return the bond, in base units, of a provider that joins with `weight`."""
        return self.provider_bond * weight if self.open_admission else self.provider_bond
