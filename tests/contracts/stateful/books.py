"""A second account of the money, kept from what balances and events show and from nothing else."""

from collections import Counter
from dataclasses import dataclass, field

from fedmarket.domain.lifecycle import Status
from fedmarket.domain.reference.state import Event


@dataclass
class Book:
    """What one task took in and gave out, in base units, and who did what was asked of it."""

    paid_in: Counter[str] = field(default_factory=Counter)
    paid_out: Counter[str] = field(default_factory=Counter)
    rewarded: Counter[str] = field(default_factory=Counter)
    forfeited: int = 0
    bonds: dict[str, int] = field(default_factory=dict)
    weights: dict[str, int] = field(default_factory=dict)
    prices: dict[str, int] = field(default_factory=dict)
    paid: set[str] = field(default_factory=set)
    slots: list[bytes] = field(default_factory=list)
    committers: list[int] = field(default_factory=list)
    stalled: set[int] = field(default_factory=set)
    active: int = 0
    started: bool = False
    announcers: set[str] = field(default_factory=set)
    revealers: set[str] = field(default_factory=set)
    voters: set[str] = field(default_factory=set)
    swept: bool = False

    @property
    def held(self) -> int:
        """What must still be there for the task: paid in - paid out - forfeited."""
        return self.paid_in.total() - self.paid_out.total() - self.forfeited

    def rounds_of(self, seat: int, upto: int) -> int:
        """Count the rounds among the first `upto` that an aggregator's seat committed."""
        return self.committers[:upto].count(seat)

    def enter(self, event: Event) -> None:
        """Keep from an event what later payments are judged by."""
        fields = event.fields
        match event.name:
            case "Joined":
                account = fields["account"]
                self.bonds[account] = fields["bond"]
                self.weights[account], self.prices[account] = fields["weight"], fields["price"]
            case "TaskStarted":
                self.started = True
            case "UpdateAnnounced":
                self.announcers.add(fields["provider"])
            case "RoundCommitted":
                self.committers.append(fields["attempt"])
            case "TakenOver":
                self.stalled.add(self.active)
                self.active = fields["attempt"]
            case "TaskClosed":
                if self.started and fields["status"] != Status.FALLBACK:
                    self.stalled.add(self.active)
            case "ScoresRevealed":
                self.revealers.add(fields["evaluator"])
            case "Confirmed":
                self.voters.add(fields["evaluator"])
            case "Swept":
                self.swept = True
