"""Encryption of whole files to named keys, in constant memory: the same age format as `store.age`, as strictly."""

import os
from collections.abc import Sequence
from pathlib import Path

import pyrage  # type: ignore[import-untyped]

from fedmarket.store.age import HEADER_LIMIT, AgeError, AgeIdentity, plain_size_of, recipients_of


def encrypt_file(source: Path, target: Path, recipients: Sequence[bytes]) -> None:
    """Encrypt a file to each of `recipients` (32-byte public keys); `target` gets its name when it is whole.

    Raises AgeError as `store.age.encrypt` does, OSError where a file cannot be read or written.
    """
    keys = recipients_of(recipients)
    part = target.with_name(target.name + ".part")
    with source.open("rb") as plain, part.open("wb") as out:
        pyrage.encrypt_io(plain, out, keys)
    os.replace(part, target)


def decrypt_file(source: Path, target: Path, identity: AgeIdentity, max_bytes: int) -> None:
    """Decrypt a file of at most `max_bytes` of plaintext; `target` gets its name when it is whole.

    Raises AgeError as `store.age.decrypt` does, OSError where a file cannot be read or written.
    """
    part = target.with_name(target.name + ".part")
    with source.open("rb") as sealed:
        size = plain_size_of(sealed.read(HEADER_LIMIT), source.stat().st_size)
        if size > max_bytes:
            raise AgeError("age.too_large", size=size, max_bytes=max_bytes)
        sealed.seek(0)
        with part.open("wb") as out:
            identity.decrypt_io(sealed, out)
            # what a reader goes on to sign for must outlast a power cut
            out.flush()
            os.fsync(out.fileno())
    os.replace(part, target)
