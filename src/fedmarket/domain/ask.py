"""What a party writes when it may read a blob and cannot open it: a request that somebody seals it again."""

from dataclasses import dataclass

from fedmarket.domain import codec
from fedmarket.domain.errors import DocumentError

SCHEMA = "fedmarket/ask/1"
KINDS = ("bundle", "aggregate", "model", "constants", "summaries")
ASK_BYTES = 512


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

    @classmethod
    def read(cls, data: bytes) -> "Ask":
        """Read an ask back from its canonical bytes; raises DocumentError, also for a kind that there is none of."""
        ask = codec.decode(data, cls, SCHEMA)
        if ask.kind not in KINDS:
            raise DocumentError("document.bad_field", path="kind", expected=", ".join(KINDS))
        return ask
