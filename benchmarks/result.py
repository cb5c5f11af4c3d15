"""What a benchmark finds: tables, verdicts on bounds, and where and when that was; written as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from benchmarks.machine import Machine, machine, now, versions

SCHEMA = "fedmarket/benchmark/1"
RESULTS = Path(__file__).parent / "results"

Cell = str | int | float | bool | None


class Skipped(Exception):
    """What a benchmark needs is not on this machine; the message says what."""


class Size(StrEnum):
    """How much is run: the figures of the page, or as little as shows that the script works."""

    FULL = "full"
    QUICK = "quick"


class Sense(StrEnum):
    """On which side of a bound a figure must lie."""

    AT_MOST = "at_most"
    AT_LEAST = "at_least"


@dataclass(frozen=True)
class Table:
    """Rows of figures; names of tables and columns, and texts in cells, are ids of the words in `words/`."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"a row of table {self.name} does not fit its {len(self.columns)} columns")


@dataclass(frozen=True)
class Verdict:
    """A bound that was promised, and the figure that was found; `name` is an id of the words."""

    name: str
    bound: float
    measured: float
    sense: Sense = Sense.AT_MOST

    @property
    def kept(self) -> bool:
        """Whether the figure lies on the promised side of the bound."""
        return self.measured <= self.bound if self.sense is Sense.AT_MOST else self.measured >= self.bound


@dataclass(frozen=True)
class Found:
    """What a benchmark's `measure` returns; `facts` are what a reader must know to judge the figures."""

    tables: tuple[Table, ...]
    verdicts: tuple[Verdict, ...] = ()
    facts: Mapping[str, Cell] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """A finding with its seed, size, date, machine and versions."""

    name: str
    size: Size
    seed: int
    date: str
    seconds: float
    machine: Machine
    versions: Mapping[str, str]
    found: Found

    @classmethod
    def of(cls, name: str, size: Size, seed: int, seconds: float, found: Found) -> "Result":
        """Sign a finding with today, this machine and the versions in use."""
        return cls(name, size, seed, now(), round(seconds, 1), machine(), versions(), found)

    def write(self, folder: Path = RESULTS) -> Path:
        """Write the result as `<name>.json` below `folder`, and return the file."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        text = json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1, ensure_ascii=False, default=float)
        path.write_text(text + "\n", encoding="utf-8")
        return path


def read(path: Path) -> Result:
    """Read a result back; raises ValueError where the file is none."""
    document = json.loads(path.read_text(encoding="utf-8"))
    if document.pop("schema", None) != SCHEMA:
        raise ValueError(f"{path} is not a benchmark's result")
    found = document.pop("found")
    return Result(
        **{**document, "size": Size(document["size"]), "machine": Machine(**document["machine"])},
        found=Found(_tables(found["tables"]), _verdicts(found["verdicts"]), found["facts"]),
    )


def _tables(documents: Sequence[Mapping[str, Any]]) -> tuple[Table, ...]:
    return tuple(Table(each["name"], tuple(each["columns"]), tuple(map(tuple, each["rows"]))) for each in documents)


def _verdicts(documents: Sequence[Mapping[str, Any]]) -> tuple[Verdict, ...]:
    return tuple(Verdict(**{**each, "sense": Sense(each["sense"])}) for each in documents)
