"""What a party writes when it may read a blob and cannot open it: a request that somebody seals it again.

Nobody reads one: whoever answers writes down what may be asked for and looks whether it was.
"""

from dataclasses import dataclass

from fedmarket.domain import codec

SCHEMA = "fedmarket/ask/1"
KINDS = ("bundle", "aggregate", "model", "constants", "summaries")


@dataclass(frozen=True)
class Ask:
    """Wanted: the plaintext of one kind of blob that a round's manifest names, for the holder of an age key."""

    round: int
    kind: str
    key: bytes

    @property
    def encoded(self) -> bytes:
        """The canonical bytes: whoever asks again writes the same."""
        return codec.encode(self, SCHEMA)
