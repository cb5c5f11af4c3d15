"""Every secret and random choice of an agent, derived from its own secret (HKDF-SHA256, RFC 5869).

A step taken again after a crash therefore gives the same salts, batches and keys.
"""

import hmac
from hashlib import sha256

Part = bytes | int | str


def hkdf(secret: bytes, label: str, *ids: Part, length: int = 32) -> bytes:
    """Return `length` bytes (at most 8160) bound to `label` and `ids`; another label or id gives unrelated bytes."""
    info = b"".join(_framed(part) for part in ("fedmarket", label, *ids))
    key = hmac.new(b"\0" * 32, secret, sha256).digest()
    out, block = b"", b""
    while len(out) < length:
        counter = bytes([len(out) // 32 + 1])
        block = hmac.new(key, block + info + counter, sha256).digest()
        out += block
    return out[:length]


def seed(secret: bytes, label: str, *ids: Part) -> int:
    """Return a 64-bit unsigned integer to seed a generator with."""
    return int.from_bytes(hkdf(secret, label, *ids, length=8), "big")


def _framed(part: Part) -> bytes:
    if isinstance(part, str):
        raw = b"s" + part.encode()
    elif isinstance(part, int):
        raw = b"i" + part.to_bytes(32, "big")
    else:
        raw = b"b" + part
    return len(raw).to_bytes(4, "big") + raw
