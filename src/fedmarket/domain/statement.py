"""A provider's statement: what it was paid in a settled task and why, with the numbers to check it by."""

from collections.abc import Mapping
from dataclasses import dataclass

from fedmarket.domain import canonical, codec
from fedmarket.domain.codec import Amount, Signed
from fedmarket.domain.score_table import lower_median

SCHEMA = "fedmarket/statement/1"
ACCEPTED, MISSED = "accepted", "missed"
INTERVAL_PERCENT = 196
"""Standard errors, in hundredths, on either side of a normal figure that hold 95 % of its probability."""


@dataclass(frozen=True)
class RoundPart:
    """What became of the provider's update in a round: "accepted", "missed", or the gate's reason to refuse it."""

    round: int
    outcome: str


@dataclass(frozen=True)
class Money:
    """What the provider is owed, and its bond; in base units.

    `owed` = `pay` + `participation`; `released` of the task's `performance` money is what all providers share.
    """

    pay: Amount
    participation: Amount
    owed: Amount
    bond: Amount
    debit: Amount
    forfeited: Amount
    released: Amount
    performance: Amount

    @property
    def returned(self) -> int:
        """What comes back of the bond."""
        return max(0, self.bond - self.debit - self.forfeited)

    @property
    def received(self) -> int:
        """What one claim pays: what is owed and what comes back of the bond."""
        return self.owed + self.returned

    @property
    def balance(self) -> int:
        """What the task brought in all: what a claim pays less the bond that was locked; may be negative."""
        return self.received - self.bond


@dataclass(frozen=True)
class Measured:
    """What only a seat can measure, in ppb of skill.

    `stderr_ppb` belongs to the contribution; `without_ppb` is the skill that the same rounds give without the
    provider's updates, at `without_round`, the best of them (0: the initial model).
    """

    stderr_ppb: Signed
    without_ppb: Signed
    without_round: int


def middle(measured: Mapping[str, Measured], tolerance_ppb: int) -> tuple[Measured, tuple[str, ...]]:
    """Return the lower median of each figure of `measured` by its writer, and the writers within the tolerance of both.

    The round is the lower median of theirs, or of everybody's where nobody is within it, so that no single writer
    decides what is shown as long as most are honest. There is at least one writer.
    """
    stderr = lower_median([each.stderr_ppb for each in measured.values()])
    without = lower_median([each.without_ppb for each in measured.values()])
    near = tuple(
        writer
        for writer, each in measured.items()
        if max(abs(each.stderr_ppb - stderr), abs(each.without_ppb - without)) <= tolerance_ppb
    )
    rounds = [measured[writer].without_round for writer in near or measured]
    return Measured(Signed(stderr), Signed(without), lower_median(rounds)), near


@dataclass(frozen=True)
class Proof:
    """What leads from the provider's leaf (account, owed, debit + forfeited, share) to the root in the contract."""

    share_ppb: int
    leaf: bytes
    path: tuple[bytes, ...]
    payout_root: bytes


@dataclass(frozen=True)
class Statement:
    """One provider's part in one settled task. Skills and scores in ppb of skill; `credited` rounds count as delivered
    because the requester stopped the task without ground.
    """

    chain_id: int
    contract: str
    task: int
    terms: bytes
    requester: str
    provider: str
    weight: int
    validation_rows: int
    rounds: tuple[RoundPart, ...]
    rounds_verified: int
    best_round: int
    credited: int
    initial_ppb: Signed
    final_ppb: Signed
    target_ppb: int | None
    score_ppb: Signed
    measured: Measured
    money: Money
    proof: Proof

    @property
    def encoded(self) -> bytes:
        """The canonical bytes of the document."""
        return codec.encode(self, SCHEMA)

    @property
    def hash(self) -> bytes:
        """The 32 bytes that an evaluator signs for it."""
        return canonical.digest(self.encoded)

    @classmethod
    def read(cls, data: bytes) -> "Statement":
        """Read a statement back from its canonical bytes; raises DocumentError."""
        return codec.decode(data, cls, SCHEMA)

    @property
    def interval_ppb(self) -> tuple[int, int]:
        """The ends of the contribution's 95 % interval: the score -/+ 1.96 standard errors, rounded outwards."""
        reach = -(-INTERVAL_PERCENT * self.measured.stderr_ppb // 100)
        return self.score_ppb - reach, self.score_ppb + reach

    @property
    def delivered(self) -> tuple[int, ...]:
        """The verified rounds that an update of the provider went into."""
        return tuple(line.round for line in self._verified if line.outcome == ACCEPTED)

    @property
    def missed(self) -> tuple[int, ...]:
        """The verified rounds without any update of the provider."""
        return tuple(line.round for line in self._verified if line.outcome == MISSED)

    @property
    def refused(self) -> dict[str, tuple[int, ...]]:
        """The verified rounds in which its update was refused, by the gate's reason."""
        found: dict[str, tuple[int, ...]] = {}
        for line in self._verified:
            if line.outcome not in (ACCEPTED, MISSED):
                found[line.outcome] = (*found.get(line.outcome, ()), line.round)
        return found

    @property
    def _verified(self) -> tuple[RoundPart, ...]:
        return self.rounds[: self.rounds_verified]
