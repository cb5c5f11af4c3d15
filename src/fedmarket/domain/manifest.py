"""A round's manifest: which updates went in, signed by whom, which were refused and why, and where the blobs are."""

from collections.abc import Mapping
from dataclasses import dataclass

from fedmarket.domain import canonical, codec
from fedmarket.domain.merkle import StandardTree

SCHEMA = "fedmarket/manifest/1"
UPDATES_LEAF = ("address", "bytes32", "uint256")
NO_UPDATE = bytes(32)
NOTHING = bytes(32)
Leaf = tuple[str, bytes, int]


@dataclass(frozen=True)
class Entry:
    """An accepted update: its id (sha256 of header and tensors) and the provider's EIP-712 signature."""

    provider: str
    update: bytes
    signature: bytes
    weight: int


@dataclass(frozen=True)
class Exclusion:
    """A refused update and the gate's reason for it."""

    provider: str
    reason: str


@dataclass(frozen=True)
class Delivered:
    """How many rounds of 1..this one a provider has delivered in."""

    provider: str
    rounds: int


@dataclass(frozen=True)
class Manifest:
    """One committed round. `*_blob` are the ids of ciphertexts, the other ids those of the plaintexts.

    `constants` and the `summaries` that they follow from are zero where the terms' own constants hold.
    """

    chain_id: int
    contract: str
    task: int
    round: int
    attempt: int
    terms: bytes
    base_model: bytes
    model: bytes
    model_blob: str
    aggregate: bytes
    aggregate_blob: str
    bundle: bytes
    bundle_blob: str
    updates: tuple[Entry, ...]
    exclusions: tuple[Exclusion, ...]
    delivered: tuple[Delivered, ...]
    constants: bytes = NOTHING
    constants_blob: str = ""
    summaries: bytes = NOTHING
    summaries_blob: str = ""

    @property
    def encoded(self) -> bytes:
        """The canonical bytes of the document."""
        return codec.encode(self, SCHEMA)

    @property
    def hash(self) -> bytes:
        """The 32 bytes committed on chain."""
        return canonical.digest(self.encoded)

    @classmethod
    def read(cls, data: bytes) -> "Manifest":
        """Read a manifest back from its canonical bytes; raises DocumentError."""
        return codec.decode(data, cls, SCHEMA)

    @property
    def delivered_weight(self) -> int:
        """The sum of the weights of this round's accepted updates."""
        return sum(entry.weight for entry in self.updates)

    @property
    def counts(self) -> dict[str, int]:
        """Delivered rounds by provider."""
        return {line.provider: line.rounds for line in self.delivered}

    def leaves(self) -> list[Leaf]:
        """Return (provider, update or zero, delivered so far) for everyone who ever delivered, in manifest order."""
        updates = {entry.provider: entry.update for entry in self.updates}
        return [(line.provider, updates.get(line.provider, NO_UPDATE), line.rounds) for line in self.delivered]

    def tree(self) -> StandardTree:
        """Return the tree of `leaves`; refuses when nobody ever delivered."""
        return StandardTree(UPDATES_LEAF, self.leaves())

    @property
    def updates_root(self) -> bytes:
        """The tree's root, or zero when nobody ever delivered."""
        return self.tree().root if self.delivered else NO_UPDATE


def count_delivered(before: Mapping[str, int], entries: tuple[Entry, ...]) -> tuple[Delivered, ...]:
    """Return the running counts after a round, sorted by account; `before` are the counts of the round before."""
    counts = dict(before)
    for entry in entries:
        counts[entry.provider] = counts.get(entry.provider, 0) + 1
    return tuple(Delivered(account, counts[account]) for account in sorted(counts))
