"""A task's terms: everything the parties agree on, as one canonical document whose hash is on chain."""

from dataclasses import dataclass
from functools import cached_property

from fedmarket.domain import canonical, codec
from fedmarket.domain.chain_terms import ChainTerms, Windows
from fedmarket.domain.codec import Amount
from fedmarket.domain.merkle import StandardTree
from fedmarket.domain.rates import exact
from fedmarket.domain.recipe_choice import RecipeChoice
from fedmarket.domain.settlement import PayRule

SCHEMA = "fedmarket/terms/1"
ADMISSION_LEAF = ("address", "uint256", "uint256")
QUANTA_PER_UNIT = 2**24


@dataclass(frozen=True)
class Seat:
    """A party named in the terms: its account and the X25519 key (32 bytes) that blobs are encrypted to."""

    account: str
    age_key: bytes


@dataclass(frozen=True)
class Admitted:
    """One line of an allow-list: who may join, with which weight, at which price (base units; 0 = unpriced)."""

    account: str
    weight: int
    price: Amount


@dataclass(frozen=True)
class Training:
    """Local training: steps of `batch` rows; rates are exact decimal strings."""

    steps: int
    batch: int
    learning_rate: str
    momentum: str


@dataclass(frozen=True)
class Strategy:
    """A server optimiser by Flower's name; parameters are exact decimal strings."""

    name: str
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Aggregation:
    """The rule that makes one update of a round's many; parameters are exact decimal strings."""

    name: str
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class DataSchema:
    """Columns of the data: features with the constants that standardise them, and what the target holds.

    Classes by name; or none, where the target is a number, standardised by `target_mean` and `target_scale` ("0" and
    "1" where there are classes). With `bounds` (low, high) for each feature, the features' constants are computed from
    what providers say of their columns before round 1 (`domain.constants`); those here serve until then.
    """

    features: tuple[str, ...]
    means: tuple[str, ...]
    scales: tuple[str, ...]
    target: str
    classes: tuple[str, ...]
    target_mean: str = "0"
    target_scale: str = "1"
    bounds: tuple[tuple[str, str], ...] = ()

    @property
    def regression(self) -> bool:
        """Whether the target is a number."""
        return not self.classes


@dataclass(frozen=True)
class Validation:
    """The requester's validation set: salted commitment, size, class counts, and its ciphertext for evaluators.

    Where the target is a number there are no classes to count.
    """

    commitment: bytes
    rows: int
    class_counts: tuple[int, ...]
    blob: str


@dataclass(frozen=True)
class Money:
    """Budget, fees and bonds in base units; rates in basis points.

    `provider_bond` is per unit of weight under open admission.
    """

    performance: Amount
    participation: Amount
    aggregator_fee: Amount
    evaluator_fee: Amount
    aggregator_bond: Amount
    evaluator_bond: Amount
    provider_bond: Amount
    trigger_reward: Amount
    floor_bps: int
    toll_bps: int
    royalty_bps: int


@dataclass(frozen=True)
class Goal:
    """Skills in ppb: at the start (with its standard error) and aimed at; patience ends a task that stops gaining."""

    start_ppb: int
    start_error_ppb: int
    target_ppb: int | None
    tolerance_ppb: int
    patience_rounds: int
    patience_gain_ppb: int


@dataclass(frozen=True)
class Admission:
    """Who may join: an allow-list, or anybody with a bond where `listed` is empty."""

    listed: tuple[Admitted, ...]
    min_providers: int
    max_providers: int
    min_weight: int
    max_weight: int

    @property
    def open(self) -> bool:
        """Whether anybody may join."""
        return not self.listed

    @property
    def priced(self) -> bool:
        """Whether providers are paid listed prices for taking part."""
        return any(line.price for line in self.listed)

    @cached_property
    def tree(self) -> StandardTree:
        """The allow-list's Merkle tree."""
        return StandardTree(ADMISSION_LEAF, [(line.account, line.weight, line.price) for line in self.listed])


@dataclass(frozen=True)
class Terms:
    """A task's terms; `encoded` writes them, `Terms.read` reads them back."""

    recipe: RecipeChoice
    seed: int
    rounds: int
    training: Training
    strategy: Strategy
    aggregation: Aggregation
    clip: str
    admission: Admission
    data: DataSchema
    validation: Validation
    goal: Goal
    money: Money
    windows: Windows
    requester: Seat
    aggregators: tuple[Seat, ...]
    evaluators: tuple[Seat, ...]
    initial_model: bytes
    contributors_licence: bool
    privacy: str
    retention: int
    nonce: str

    @cached_property
    def encoded(self) -> bytes:
        """The canonical bytes of the document."""
        return codec.encode(self, SCHEMA)

    @classmethod
    def read(cls, data: bytes) -> "Terms":
        """Read terms back from their canonical bytes; raises DocumentError. `terms_rules.check` judges them."""
        return codec.decode(data, cls, SCHEMA)

    @property
    def hash(self) -> bytes:
        """The 32 bytes that stand for the terms on chain: sha256 of the canonical document."""
        return canonical.digest(self.encoded)

    @property
    def clip_quanta(self) -> int:
        """The clip norm in quanta of 2^-24, rounded down."""
        return int(exact("clip", self.clip) * QUANTA_PER_UNIT)

    def chain_terms(self) -> ChainTerms:
        """Return the part that the contract holds and enforces."""
        money, admission = self.money, self.admission
        return ChainTerms(
            terms_hash=self.hash,
            initial_model=self.initial_model,
            admission_root=bytes(32) if admission.open else admission.tree.root,
            performance=money.performance,
            participation=money.participation,
            aggregator_fee=money.aggregator_fee,
            evaluator_fee=money.evaluator_fee,
            aggregator_bond=money.aggregator_bond,
            evaluator_bond=money.evaluator_bond,
            provider_bond=money.provider_bond,
            trigger_reward=money.trigger_reward,
            rounds=self.rounds,
            patience=self.goal.patience_rounds,
            min_providers=admission.min_providers,
            max_providers=admission.max_providers,
            min_weight=admission.min_weight,
            max_weight=admission.max_weight,
            priced=admission.priced,
            royalty_bps=money.royalty_bps,
            windows=self.windows,
            aggregators=tuple(seat.account for seat in self.aggregators),
            evaluators=tuple(seat.account for seat in self.evaluators),
        )

    def pay_rule(self) -> PayRule:
        """Return the money rules of settlement."""
        money = self.money
        return PayRule(
            performance=money.performance,
            participation=money.participation,
            aggregator_fee=money.aggregator_fee,
            evaluator_fee=money.evaluator_fee,
            rounds=self.rounds,
            seats=len(self.evaluators),
            open_admission=self.admission.open,
            priced=self.admission.priced,
            target_ppb=self.goal.target_ppb,
            floor_bps=money.floor_bps,
            toll_bps=money.toll_bps,
        )
