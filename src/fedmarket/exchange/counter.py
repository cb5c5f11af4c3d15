"""The counter over which parcels and papers go: a folder that a seller and its buyers share.

Nothing that lies there is believed: papers are signed or checked, a parcel is encrypted to its buyer and hashed, and
each side keeps for itself what it must be able to prove. Who may write there can still be in the way: give strangers a
folder of their own.
"""

import os
from pathlib import Path
from shutil import copyfileobj
from typing import Protocol

from fedmarket.domain.errors import StoreError, SystemFault

PAPER_LIMIT = 1 << 16
"""Bytes of the longest paper."""
HASHES_LIMIT = 1 << 34
"""Bytes of the longest hash list: that of the greatest file."""


class Counter(Protocol):
    """Papers and parcels under a place ("0x…" of an order or a file) and a name. All raise StoreError."""

    def put(self, place: str, name: str, data: bytes) -> None:
        """Lay a paper down; it replaces an older one whole."""

    def get(self, place: str, name: str, max_bytes: int = PAPER_LIMIT) -> bytes | None:
        """Return a paper of at most `max_bytes`, None where there is none."""

    def put_file(self, place: str, name: str, source: Path) -> None:
        """Lay a parcel down: it appears when it is whole."""

    def get_file(self, place: str, name: str, target: Path, max_bytes: int) -> bool:
        """Fetch a parcel of at most `max_bytes`; interrupted, it goes on from where `target`.part ends.

        Returns False where there is none.
        """


class FolderCounter:
    """A `Counter` in a folder, `<place>/<name>`, which is made at the first write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, place: str, name: str, data: bytes) -> None:
        """Lay a paper down; it replaces an older one whole."""
        path, part = self._new(place, name)
        try:
            part.write_bytes(data)
            os.replace(part, path)
        except OSError as error:
            raise self._unwritable(error) from error

    def get(self, place: str, name: str, max_bytes: int = PAPER_LIMIT) -> bytes | None:
        """Return a paper of at most `max_bytes`, None where there is none."""
        path = self._folder / place / name
        try:
            self._must_fit(path, max_bytes)
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError("store.unreadable", path=str(self._folder), detail=SystemFault.of(error)) from error

    def put_file(self, place: str, name: str, source: Path) -> None:
        """Lay a parcel down: it appears when it is whole."""
        path, part = self._new(place, name)
        try:
            with source.open("rb") as plain, part.open("wb") as out:
                copyfileobj(plain, out, 1 << 20)
            os.replace(part, path)
        except OSError as error:
            raise self._unwritable(error) from error

    def get_file(self, place: str, name: str, target: Path, max_bytes: int) -> bool:
        """Fetch a parcel of at most `max_bytes`; interrupted, it goes on from where `target`.part ends."""
        path, part = self._folder / place / name, target.with_name(target.name + ".part")
        try:
            self._must_fit(path, max_bytes)
            with path.open("rb") as source, part.open("ab") as out:
                source.seek(out.tell())
                copyfileobj(source, out, 1 << 20)
            os.replace(part, target)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StoreError("store.unreadable", path=str(self._folder), detail=SystemFault.of(error)) from error
        return True

    def _must_fit(self, path: Path, max_bytes: int) -> None:
        size = path.stat().st_size
        if size > max_bytes:
            raise StoreError("exchange.parcel_too_large", path=str(path), size=size, most=max_bytes)

    def _new(self, place: str, name: str) -> tuple[Path, Path]:
        path = self._folder / place / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error
        return path, path.with_name(name + ".part")

    def _unwritable(self, error: OSError) -> StoreError:
        return StoreError("store.unwritable", path=str(self._folder), detail=SystemFault.of(error))
