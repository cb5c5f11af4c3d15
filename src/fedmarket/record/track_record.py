"""What a dataset did in tasks before: what it was paid, what it contributed, and which rounds it missed.

A provider names its listing when it joins, and only the dataset's owner counts: nobody earns a record for another.
"""

from dataclasses import dataclass
from fractions import Fraction

from fedmarket.domain.canonical import blob_id
from fedmarket.domain.errors import MarketError
from fedmarket.domain.lifecycle import Status
from fedmarket.domain.outcome import Outcome
from fedmarket.record.datasets import DatasetView
from fedmarket.record.facts import delivered_counts, outcome
from fedmarket.record.live import Record
from fedmarket.record.task import ProviderView, TaskView


@dataclass(frozen=True)
class TaskLine:
    """One task that a dataset took part in; `blob` names the version that it joined with.

    `rounds` are the rounds that count and `delivered` those of them that it delivered, None where no manifest can be
    read. `owed` is in base units. `against_equal` is its part of all positive scores, times the number of providers: 1
    is an equal share; None where there is no agreed score.
    """

    task: int
    status: Status
    blob: str
    providers: int
    rounds: int
    delivered: int | None
    owed: int
    against_equal: Fraction | None

    @property
    def missed(self) -> int | None:
        """How many of the rounds it missed."""
        return None if self.delivered is None else self.rounds - self.delivered


@dataclass(frozen=True)
class TrackRecord:
    """The tasks of a dataset, in their order; running and cancelled ones say nothing of it and are not summed up."""

    tasks: tuple[TaskLine, ...] = ()

    @property
    def ended(self) -> tuple[TaskLine, ...]:
        """The tasks that ended in pay, whether by score or by rounds."""
        return tuple(line for line in self.tasks if line.status in (Status.SETTLED, Status.FALLBACK))

    @property
    def paid(self) -> int:
        """How many tasks it was paid for."""
        return sum(1 for line in self.ended if line.owed)

    @property
    def owed(self) -> int:
        """All that it was owed, in base units."""
        return sum(line.owed for line in self.ended)

    @property
    def missed(self) -> tuple[int, int]:
        """(rounds missed, rounds in all), of the tasks in which that can be told."""
        told = [line for line in self.ended if line.delivered is not None]
        return sum(line.missed or 0 for line in told), sum(line.rounds for line in told)

    @property
    def against_equal(self) -> Fraction | None:
        """Its contribution against an equal share, the mean over the tasks that were scored; None without one."""
        scored = [line.against_equal for line in self.ended if line.against_equal is not None]
        return sum(scored, Fraction(0)) / len(scored) if scored else None


def track_record(record: Record, view: DatasetView) -> TrackRecord:
    """Return the track record of a dataset in one market's record."""
    lines = []
    for task in record.tasks.values():
        found = task.provider(view.owner)
        if found is not None and found.listing in view.hashes:
            lines.append(_line(record, task, found))
    return TrackRecord(tuple(lines))


def _line(record: Record, task: TaskView, provider: ProviderView) -> TaskLine:
    agreed = _agreed(record, task)
    rounds = len(task.rounds) if agreed is None else agreed.agreement.table.rounds_verified
    paid = sum(payment.owed for payment in task.payments if payment.account == provider.account)
    against = None
    if agreed is not None:
        paid = agreed.settlement.owed[provider.account]
        scores = dict(zip((each.account for each in task.providers), agreed.agreement.table.scores, strict=True))
        positive = sum(max(0, score) for score in scores.values())
        mine = max(0, scores[provider.account])
        against = Fraction(mine * len(scores), positive) if positive else None
    return TaskLine(
        task=task.number,
        status=task.status,
        blob=blob_id(provider.listing),
        providers=len(task.providers),
        rounds=rounds,
        delivered=_delivered(record, task, provider.account, rounds),
        owed=paid,
        against_equal=against,
    )


def _agreed(record: Record, task: TaskView) -> Outcome | None:
    if task.status is not Status.SETTLED:
        return None
    try:
        return outcome(record, task.number)
    except MarketError:
        return None


def _delivered(record: Record, task: TaskView, account: str, rounds: int) -> int | None:
    try:
        return delivered_counts(record, task.number, rounds).get(account, 0)
    except MarketError:
        return None
