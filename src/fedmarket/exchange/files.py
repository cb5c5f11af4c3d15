"""A file's way through a sale: prepared and sealed by the seller, checked, opened or disputed by the buyer."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from fedmarket.domain.errors import DataError, RefusedError, SystemFault
from fedmarket.domain.exchange import tree
from fedmarket.domain.exchange.chunks import CHUNK, PAYLOAD, SIZE_LIMIT, chunk_count, chunk_length, sealed_size
from fedmarket.domain.exchange.reference import Step, words_of
from fedmarket.exchange.crew import Crew, Journal
from fedmarket.exchange.jobs import SPAN, HashFile, HashSealed, Job, OpenFile, SealFile

ALONE = Crew()


@dataclass(frozen=True)
class Hashes:
    """The 32-byte hashes of all chunks of a file or of its ciphertext, one after another: what a listing publishes."""

    leaves: bytes

    @property
    def count(self) -> int:
        """The number of chunks."""
        return len(self.leaves) // 32

    @cached_property
    def root(self) -> bytes:
        """The 32-byte root over them."""
        return self._tree[-1][0]

    def leaf(self, index: int) -> bytes:
        """Return the hash of a chunk."""
        return self.leaves[32 * index : 32 * index + 32]

    def path(self, index: int) -> list[bytes]:
        """Return the siblings from a chunk up to the root."""
        return tree.path(self._tree, index)

    @property
    def _tree(self) -> list[list[bytes]]:
        # not kept: the tree of a large file is larger than all that is kept of it
        return tree.levels([self.leaf(i) for i in range(self.count)])

    def by_span(self) -> tuple[bytes, ...]:
        """Return sha256 of the hashes of each span of chunks."""
        width = 32 * SPAN
        return tuple(sha256(self.leaves[at : at + width]).digest() for at in range(0, len(self.leaves), width))

    def first_difference(self, other: "Hashes") -> int | None:
        """Return the first chunk whose hash is another one in `other`; None where all are the same."""
        if self.leaves == other.leaves:
            return None
        return next(i for i in range(max(self.count, other.count)) if self.leaf(i) != other.leaf(i))


@dataclass(frozen=True)
class Dispute:
    """A proof that a chunk is wrong: what the contract's `dispute` takes after the ciphertext's root."""

    index: int
    plain_leaf: bytes
    words: list[int]
    path: list[Step]


def size_of(path: Path) -> int:
    """Return a file's bytes; raises DataError where it cannot be read or is too large to be sold."""
    with naming_faults(path):
        size = path.stat().st_size
    if size > SIZE_LIMIT:
        raise DataError("exchange.too_large", path=str(path), size=size, most=SIZE_LIMIT)
    return size


def prepare(path: Path, seed: bytes, crew: Crew = ALONE) -> Hashes:
    """Return the hashes of a file's salted chunks, whose root an offer names.

    `seed` is 32 secret bytes of this file, such as HKDF of the seller's key. Raises DataError, and RefusedError where
    the file changes meanwhile.
    """
    with naming_faults(path):
        return Hashes(crew.work(HashFile(path, size_of(path), seed)))


def seal(path: Path, seed: bytes, key: bytes, plain: Hashes, target: Path, crew: Crew = ALONE) -> Hashes:
    """Encrypt a file, whose hashes `plain` were offered, into `target` under the key of one order.

    Returns the ciphertext's hashes. Until it is whole, it grows under the name `target`.part; interrupted, it goes on
    when called again with the same arguments. Raises DataError, and RefusedError (exchange.not_as_offered) where the
    file is another one by now.
    """
    size = size_of(path)
    if plain.count != chunk_count(size):
        raise RefusedError("exchange.not_as_offered", path=str(path))
    part = _part(target)
    job = SealFile(path, size, seed, key, part, plain.by_span())
    job_id = _job_id("seal", size, seed, key, plain.root)
    with naming_faults(path):
        return _finish(job, target, sealed_size(size), Journal(part, job_id, size, SPAN * CHUNK), crew)


def check(sealed: Path, size: int, crew: Crew = ALONE) -> Hashes:
    """Return the hashes of a ciphertext, whose root a buyer accepts.

    Raises RefusedError (exchange.wrong_length) where it cannot be that of a file of `size` bytes.
    """
    with naming_faults(sealed):
        found = sealed.stat().st_size
        if found != sealed_size(size):
            raise RefusedError("exchange.wrong_length", path=str(sealed), found=found, expected=sealed_size(size))
        return Hashes(crew.work(HashSealed(sealed, size)))


def unseal(sealed: Path, size: int, key: bytes, plain: Hashes, target: Path, crew: Crew = ALONE) -> int | None:
    """Decrypt a ciphertext into `target` and compare it with the hashes that were offered.

    Returns None where the file is what was offered, else the number of the first wrong chunk: then there is no
    `target`. Interrupted, it goes on when called again with the same arguments.
    """
    part = _part(target)
    job_id = _job_id("open", size, key, plain.root)
    journal = Journal(part, job_id, size, SPAN * PAYLOAD)
    with naming_faults(sealed):
        _make(part, size)
        opened = Hashes(crew.work(OpenFile(sealed, size, key, part), journal))
        wrong = opened.first_difference(plain)
        journal.forget()
        if wrong is None:
            os.replace(part, target)
        else:
            part.unlink()
        return wrong


def dispute(sealed: Path, size: int, index: int, plain: Hashes, cipher: Hashes) -> Dispute:
    """Return the proof that chunk `index` of a ciphertext is not the one that was offered.

    `plain` are the hashes that were offered, `cipher` those that were accepted.
    """
    with naming_faults(sealed), sealed.open("rb") as file:
        file.seek(CHUNK * index)
        words = words_of(file.read(chunk_length(size, index)))
    path = list(zip(cipher.path(index), plain.path(index), strict=True))
    return Dispute(index, plain.leaf(index), words, path)


def offered(leaves: bytes, size: int, root: bytes) -> Hashes:
    """Read the hash list of an offer; raises RefusedError unless it is of a file of `size` bytes under `root`."""
    hashes = Hashes(leaves)
    if len(leaves) != 32 * chunk_count(size) or hashes.root != root:
        raise RefusedError("exchange.wrong_hashes")
    return hashes


def _finish(job: Job, target: Path, length: int, journal: Journal, crew: Crew) -> Hashes:
    part = _part(target)
    _make(part, length)
    hashes = Hashes(crew.work(job, journal))
    os.replace(part, target)
    journal.forget()
    return hashes


def _make(part: Path, length: int) -> None:
    with part.open("ab") as file:
        file.truncate(length)


def _part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _job_id(label: str, size: int, *parts: bytes | str) -> bytes:
    """Return 32 bytes that stand for a job, and give nothing away of its secrets."""
    raw = [part.encode() if isinstance(part, str) else part for part in (label, str(size), *parts)]
    return sha256(b"".join(len(part).to_bytes(8, "big") + part for part in raw)).digest()


@contextmanager
def naming_faults(path: Path) -> Iterator[None]:
    """Raise DataError (exchange.no_file) for what the operating system refuses meanwhile, of `path` or of another."""
    try:
        yield
    except OSError as error:
        name = str(error.filename or path)
        raise DataError("exchange.no_file", path=name, reason=SystemFault.of(error)) from error
