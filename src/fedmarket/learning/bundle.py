"""The bundle of a round's accepted payloads, as the aggregator stores it for evaluators and standbys."""

from collections.abc import Sequence
from struct import Struct

from fedmarket.domain.errors import UpdateError

COUNT = Struct(">I")
LENGTH = Struct(">Q")


def pack_bundle(payloads: Sequence[bytes]) -> bytes:
    """Return the payloads behind one another: a count, then each with its length."""
    return b"".join((COUNT.pack(len(payloads)), *(piece for p in payloads for piece in (LENGTH.pack(len(p)), p))))


def unpack_bundle(data: bytes) -> list[bytes]:
    """Return the payloads of a bundle; raises UpdateError("update.truncated") where lengths and bytes disagree."""
    if len(data) < COUNT.size:
        raise UpdateError("update.truncated")
    (count,), offset, payloads = COUNT.unpack_from(data), COUNT.size, []
    for _ in range(count):
        if offset + LENGTH.size > len(data):
            raise UpdateError("update.truncated")
        (length,) = LENGTH.unpack_from(data, offset)
        offset += LENGTH.size
        payloads.append(data[offset : offset + length])
        offset += length
    if offset != len(data):
        raise UpdateError("update.truncated")
    return payloads
