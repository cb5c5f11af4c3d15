"""What is done to a file, span by span: each span is read, changed and written by itself, in any process."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from fedmarket.domain.errors import RefusedError
from fedmarket.domain.exchange.chunks import CHUNK, PAYLOAD, SALT, chunk_count, crypt, leaf, salt_of, sealed_size

SPAN = 1024
"""Chunks in a span: 4 MiB in memory at once, for each process."""


@dataclass(frozen=True)
class Done:
    """What came of a span: the 32-byte hashes of its chunks, one after another, and sha256 of what was written."""

    leaves: bytes
    written: bytes


class Job(Protocol):
    """Something to do to a file of `size` bytes (of plaintext)."""

    @property
    def size(self) -> int:
        """The bytes of the file that is sold."""

    def run(self, span: int) -> Done:
        """Do it to one span. Raises OSError, and RefusedError where a file is not as long as it was."""


def span_count(size: int) -> int:
    """Return the number of spans of a file of `size` bytes."""
    return -(-chunk_count(size) // SPAN)


@dataclass(frozen=True)
class HashFile:
    """Salt and hash a file that is offered; `seed` is the 32 secret bytes that its salts come from."""

    path: Path
    size: int
    seed: bytes

    def run(self, span: int) -> Done:
        """Return the hashes of the salted chunks; nothing is written."""
        return Done(b"".join(map(leaf, _salted(self.path, self.size, self.seed, span))), b"")


@dataclass(frozen=True)
class SealFile:
    """Salt and encrypt a file under an order's key into `target`, which exists in its full length.

    `offered` holds for each span sha256 of the hashes that were offered: another file would be disputed.
    """

    path: Path
    size: int
    seed: bytes
    key: bytes
    target: Path
    offered: tuple[bytes, ...]

    def run(self, span: int) -> Done:
        """Write the ciphertext of a span; returns its chunks' hashes. Refuses a file that is not the offered one."""
        chunks = _salted(self.path, self.size, self.seed, span)
        if sha256(b"".join(map(leaf, chunks))).digest() != self.offered[span]:
            raise RefusedError("exchange.not_as_offered", path=str(self.path))
        sealed = [crypt(self.key, SPAN * span + i, chunk) for i, chunk in enumerate(chunks)]
        return Done(b"".join(map(leaf, sealed)), _write(self.target, SPAN * CHUNK * span, b"".join(sealed)))


@dataclass(frozen=True)
class HashSealed:
    """Hash the chunks of a ciphertext of a file of `size` bytes."""

    path: Path
    size: int

    def run(self, span: int) -> Done:
        """Return the hashes of the encrypted chunks; nothing is written."""
        return Done(b"".join(map(leaf, _sealed(self.path, self.size, span))), b"")


@dataclass(frozen=True)
class OpenFile:
    """Decrypt a ciphertext into `target`, which exists in its full length."""

    path: Path
    size: int
    key: bytes
    target: Path

    def run(self, span: int) -> Done:
        """Write the file's bytes of a span; returns the hashes of the decrypted chunks, salts included."""
        sealed = _sealed(self.path, self.size, span)
        chunks = [crypt(self.key, SPAN * span + i, chunk) for i, chunk in enumerate(sealed)]
        payload = b"".join(chunk[SALT:] for chunk in chunks)
        return Done(b"".join(map(leaf, chunks)), _write(self.target, SPAN * PAYLOAD * span, payload))


def written_at(path: Path, start: int, length: int) -> bytes:
    """Return sha256 of `length` bytes of a file from `start` on, or of as many as there are."""
    with path.open("rb") as file:
        file.seek(start)
        return sha256(file.read(length)).digest()


def _salted(path: Path, size: int, seed: bytes, span: int) -> list[bytes]:
    first = SPAN * span
    count = min(SPAN, chunk_count(size) - first)
    data = _read(path, PAYLOAD * first, min(PAYLOAD * count, size - PAYLOAD * first))
    return [salt_of(seed, first + i) + data[PAYLOAD * i : PAYLOAD * (i + 1)] for i in range(count)]


def _sealed(path: Path, size: int, span: int) -> list[bytes]:
    start = SPAN * CHUNK * span
    data = _read(path, start, min(SPAN * CHUNK, sealed_size(size) - start))
    return [data[place : place + CHUNK] for place in range(0, len(data), CHUNK)]


def _read(path: Path, start: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(length)
    if len(data) != length:
        raise RefusedError("exchange.file_changed", path=str(path))
    return data


def _write(path: Path, start: int, data: bytes) -> bytes:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(data)
    return sha256(data).digest()
