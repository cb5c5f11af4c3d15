"""The state of the reference market: what TaskMarket.vy stores, as plain Python values."""

from dataclasses import dataclass, field
from typing import Any, NoReturn

from eth_abi.abi import encode
from eth_hash.auto import keccak

from fedmarket.domain.chain_terms import ChainTerms
from fedmarket.domain.errors import ContractRefusal
from fedmarket.domain.lifecycle import Role, Status

ZERO = bytes(32)


@dataclass(frozen=True)
class Event:
    """One event as the contract logs it, with the block that holds it."""

    name: str
    fields: dict[str, Any]
    block: int
    timestamp: int


@dataclass
class Part:
    """An account's part in one task; removed when what it was owed has been paid."""

    role: Role
    seat: int = 0
    seated: bool = False
    forfeited: bool = False
    announced: bool = False
    weight: int = 0
    price: int = 0


@dataclass(frozen=True)
class Vote:
    """What an evaluator confirms. A zero `payout_root` says: the tables do not agree."""

    payout_root: bytes
    owed: int
    refund: int
    debits: int
    forfeits: int
    rounds_verified: int
    best_round: int
    unpaid: int
    forfeited: int

    @property
    def hash(self) -> bytes:
        """Keccak of the ABI encoding, as the contract counts votes."""
        types = ["bytes32"] + ["uint256"] * 8
        return keccak(encode(types, list(self.__dict__.values())))


NO_AGREEMENT = Vote(ZERO, 0, 0, 0, 0, 0, 0, 0, 0)


@dataclass
class Task:
    """One task's storage. Times are block seconds, amounts base units, bitmaps count evaluator seats from bit 0."""

    terms: ChainTerms
    requester: str
    status: Status
    opened_at: int
    parts: dict[str, Part]
    purse_budget: int
    purse_bonds: int = 0
    providers: int = 0
    total_weight: int = 0
    seats_taken: int = 0
    attempt: int = 0
    round: int = 0
    first_rounds: dict[int, int] = field(default_factory=lambda: {0: 1})
    rounds: dict[int, bytes] = field(default_factory=dict)
    commitments: dict[str, bytes] = field(default_factory=dict)
    committed: int = 0
    revealed: int = 0
    commits_done_at: int = 0
    reveals_done_at: int = 0
    ballots: dict[str, Vote] = field(default_factory=dict)
    payout_root: bytes = ZERO
    refund: int = 0
    rounds_paid: int = 0
    best_round: int = 0
    paid_seats: int = 0
    forfeited_seats: int = 0
    bad_seat: int | None = None

    @property
    def join_deadline(self) -> int:
        """The last second in which `join` is allowed."""
        return self.opened_at + self.terms.windows.join

    @property
    def start_deadline(self) -> int:
        """The last second in which `start` is allowed."""
        return self.join_deadline + self.terms.windows.start

    @property
    def submit_deadline(self) -> int:
        """The last second in which `announce` is allowed; `commit_round` comes after it."""
        return self.opened_at + self.terms.windows.submit

    @property
    def round_deadline(self) -> int:
        """The last second in which the active aggregator may commit."""
        return self.opened_at + self.terms.windows.round

    @property
    def training_deadline(self) -> int:
        """The last second in which any standby may still take over."""
        return self.opened_at + self.terms.windows.round * (len(self.terms.aggregators) - self.attempt)

    @property
    def commit_deadline(self) -> int:
        """The last second in which scores may be committed."""
        return self.opened_at + self.terms.windows.commit

    @property
    def commits_end(self) -> int:
        """When the commit phase ended: all done, or its deadline."""
        return self.commits_done_at or self.commit_deadline

    @property
    def reveal_deadline(self) -> int:
        """The last second in which committed scores may be revealed."""
        return self.commits_end + self.terms.windows.reveal

    @property
    def confirm_deadline(self) -> int:
        """The last second in which evaluators may vote."""
        return (self.reveals_done_at or self.reveal_deadline) + self.terms.windows.confirm

    @property
    def claim_deadline(self) -> int:
        """After this second `sweep` is allowed."""
        return self.opened_at + self.terms.windows.claim

    def rounds_of_seat(self, seat: int, upto: int) -> int:
        """Return how many of rounds 1..upto were committed by aggregator seat `seat`."""
        first = self.first_rounds.get(seat)
        if first is None:
            return 0
        later = [start for other, start in self.first_rounds.items() if other > seat]
        last = min(later) - 1 if later else self.round
        return max(0, min(last, upto) - first + 1)

    def committer_of(self, round_number: int) -> int:
        """Return the aggregator seat that committed a round (1-based)."""
        return max(seat for seat, first in self.first_rounds.items() if first <= round_number)


def refuse(reason: str) -> NoReturn:
    """Raise the refusal that the contract would revert with."""
    raise ContractRefusal(f"contract.{reason}")


def require(condition: object, reason: str) -> None:
    """Refuse with `reason` unless `condition` holds."""
    if not condition:
        refuse(reason)
