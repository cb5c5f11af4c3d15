"""What an evaluator commits to and reveals, as few bytes as it takes, and how tables come to an agreement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from struct import Struct

from fedmarket.domain.errors import DocumentError

HEAD = Struct(">HHH")
PPB = Struct(">q")


@dataclass(frozen=True)
class ScoreTable:
    """`rounds_verified` R leading rounds verify; `skills` of models 0..R, `scores` over 1..b by join order (ppb)."""

    rounds_verified: int
    skills: tuple[int, ...]
    scores: tuple[int, ...]

    @property
    def best_round(self) -> int:
        """The earliest of rounds 1..R with the best skill, 0 where R is 0."""
        later = self.skills[1:]
        return later.index(max(later)) + 1 if later else 0

    @property
    def final_ppb(self) -> int:
        """The skill of the model that the task delivers."""
        return self.skills[self.best_round]

    def pack(self) -> bytes:
        """Return R, b and n as two bytes each, then R+1 skills and n scores as eight bytes each, big-endian."""
        head = HEAD.pack(self.rounds_verified, self.best_round, len(self.scores))
        return head + b"".join(PPB.pack(value) for value in (*self.skills, *self.scores))

    @classmethod
    def unpack(cls, data: bytes) -> "ScoreTable":
        """Read a table back; raises DocumentError where lengths disagree or b is not the best round."""
        if len(data) < HEAD.size:
            raise DocumentError("document.bad_table", detail="it is too short")
        verified, best, count = HEAD.unpack_from(data)
        if len(data) != HEAD.size + PPB.size * (verified + 1 + count):
            raise DocumentError("document.bad_table", detail="its length does not fit its counts")
        values = [PPB.unpack_from(data, offset)[0] for offset in range(HEAD.size, len(data), PPB.size)]
        table = cls(verified, tuple(values[: verified + 1]), tuple(values[verified + 1 :]))
        if table.best_round != best:
            raise DocumentError("document.bad_table", detail="its best round is not the best")
        return table


@dataclass(frozen=True)
class Agreement:
    """The agreed table, and the seats (numbers) that named another R or b, or lie outside the tolerance."""

    table: ScoreTable
    different: tuple[int, ...]
    deviating: tuple[int, ...]


def lower_median(values: Sequence[int]) -> int:
    """Return the median, of an even number the lower of the two in the middle."""
    return sorted(values)[(len(values) - 1) // 2]


def agree(tables: Mapping[int, ScoreTable], seats: int, tolerance_ppb: int) -> Agreement | None:
    """Return what more than half of all `seats` agree on within the tolerance, or None.

    The lower median of R decides first, then that of b; only tables with that R and b enter the coordinate-wise lower
    median of skills and scores.
    """
    if not tables:
        return None
    verified = lower_median([table.rounds_verified for table in tables.values()])
    same = {seat: table for seat, table in tables.items() if table.rounds_verified == verified}
    best = lower_median([table.best_round for table in same.values()])
    same = {seat: table for seat, table in same.items() if table.best_round == best}
    median = _median(verified, list(same.values()))
    near = [seat for seat, table in same.items() if _near(table, median, tolerance_ppb)]
    if 2 * len(near) <= seats or median.best_round != best:
        return None
    different = tuple(sorted(tables.keys() - same.keys()))
    return Agreement(median, different, tuple(sorted(same.keys() - set(near))))


def _median(verified: int, tables: list[ScoreTable]) -> ScoreTable:
    skills = tuple(lower_median(column) for column in zip(*(table.skills for table in tables), strict=True))
    scores = tuple(lower_median(column) for column in zip(*(table.scores for table in tables), strict=True))
    return ScoreTable(verified, skills, scores)


def _near(table: ScoreTable, median: ScoreTable, tolerance_ppb: int) -> bool:
    pairs = zip((*table.skills, *table.scores), (*median.skills, *median.scores), strict=True)
    return all(abs(mine - middle) <= tolerance_ppb for mine, middle in pairs)
