"""Examples in documents: what a block says is run, and what it shows is compared."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
MASKS = (
    (re.compile(r"0x[0-9a-fA-F]{8,}"), "0x"),
    (re.compile(r"0x[0-9a-f]{2}\b"), "BYTE"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256"),
    (re.compile(r"\S*fedmarket-demo-\w+"), "FOLDER"),
    (re.compile(r"\b\d{2,3},\d{3}\b(?!\.)"), "GAS"),
    (re.compile(r"\b\d+\.\d\d\b(?=  )"), "SECONDS"),
    (re.compile(r"\d+\.\d (seconds|秒)"), "SECONDS"),
)
ELLIPSIS = "..."


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and where it stands."""

    language: str
    text: str
    line: int

    @property
    def command(self) -> str:
        """The command of a console block."""
        return self.text.splitlines()[0].removeprefix("$ ")

    @property
    def shown(self) -> list[str]:
        """What a console block shows below its command."""
        return self.text.splitlines()[1:]


def blocks(document: Path) -> list[Block]:
    """Return the fenced blocks of a Markdown document."""
    text = document.read_text(encoding="utf-8")
    return [Block(m.group(1), m.group(2), text.count("\n", 0, m.start()) + 1) for m in FENCE.finditer(text)]


def masked(line: str) -> str:
    """Return a line without ids, gas, seconds and surplus spaces."""
    for pattern, word in MASKS:
        line = pattern.sub(word, line)
    return " ".join(line.split())


def alike(shown: str, printed: str) -> bool:
    """Return whether two lines say the same: equal words, and numbers within a thousandth (another CPU rounds)."""
    left, right = masked(shown), masked(printed)
    if NUMBER.sub("#", left) != NUMBER.sub("#", right):
        return False
    pairs = zip(NUMBER.findall(left), NUMBER.findall(right), strict=True)
    return all(_near(float(a.replace(",", "")), float(b.replace(",", ""))) for a, b in pairs)


def _near(left: float, right: float) -> bool:
    return abs(left - right) <= 1.5e-3 * max(1.0, abs(left))


def first_difference(shown: list[str], printed: list[str]) -> str | None:
    """Return what differs first, or None; a shown line "..." stands for any number of lines, blank ones included."""
    place, free = 0, False
    for line in shown:
        if line.strip() == ELLIPSIS:
            free = True
            continue
        if free and not line.strip():
            continue
        while free and place < len(printed) and not alike(line, printed[place]):
            place += 1
        if place >= len(printed):
            return f"shown but not printed: {line!r}"
        if not alike(line, printed[place]):
            return f"shown:   {line!r}\nprinted: {printed[place]!r}"
        place, free = place + 1, False
    return None if free or place == len(printed) else f"printed but not shown: {printed[place]!r}"
