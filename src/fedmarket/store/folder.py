"""A store in a folder, shared by any number of processes on one machine or one mounted disk.

    sha256/ab/cdef...       a blob, under the 2 and 62 hex digits of its hash
    slots/<prefix>/<hex>    an empty file: the blob of this hash is an entry of the slot

A blob gets its name only when it is whole and on the disk, so a writer killed anywhere leaves at most a
".<hex>.tmp" that no reader looks at. Everything else that is found here may have been put by anybody and is
believed only after a check.
"""

import os
import re
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from stat import S_ISREG

from fedmarket.domain.canonical import id_hash, sha256_id
from fedmarket.domain.errors import StoreError, SystemFault
from fedmarket.store.blobs import ENTRY_LIMIT, checked_prefix, checked_size, verified

_HEX = re.compile(r"[0-9a-f]{64}")
_ABSENT = (FileNotFoundError, NotADirectoryError)


class FolderStore:
    """A `Store` below a folder, which is made at the first write."""

    def __init__(self, path: str | Path, *, durable: bool = True) -> None:
        """Name the folder; with `durable=False` writes stay atomic, but a power cut may undo the latest."""
        self._root = Path(path)
        self._durable = durable

    @property
    def name(self) -> str:
        """The folder's path."""
        return str(self._root)

    def put(self, data: bytes) -> str:
        """Keep `data` and return its id; raises StoreError (store.unwritable), as on a full disk."""
        blob_id = sha256_id(data)
        self._ensure(self._blob_path(blob_id), data)
        return blob_id

    def get(self, blob_id: str, max_bytes: int | None = None) -> bytes:
        """Return the bytes with this id, checked against it; raises as `Store.get` says."""
        path = self._blob_path(blob_id)
        size = self._size(path)
        if size is None:
            raise StoreError("store.missing", blob_id=blob_id, store=self.name)
        checked_size(blob_id, size, max_bytes, self.name)
        try:
            return verified(blob_id, _read(path, size), self.name)
        except OSError as error:
            raise self._unreadable(error) from error

    def has(self, blob_id: str) -> bool:
        """Tell whether a file of this blob's name is there; raises as `Store.has` says."""
        return self._size(self._blob_path(blob_id)) is not None

    def put_entry(self, prefix: str, data: bytes) -> str:
        """Keep `data` as an entry of the slot and return its id; raises as `Store.put_entry` says."""
        slot = self._slot_path(prefix)
        blob_id = self.put(data)
        self._ensure(slot / id_hash(blob_id).hex(), b"")
        return blob_id

    def entries(self, prefix: str, limit: int = ENTRY_LIMIT) -> list[str]:
        """Return the ids of all entries of a slot, sorted; raises as `Store.entries` says."""
        found: list[str] = []
        try:
            with os.scandir(self._slot_path(prefix)) as items:
                for item in items:
                    if self._is_entry(item):
                        found.append("sha256:" + item.name)
                    if len(found) > limit:
                        raise StoreError("store.flooded", prefix=prefix, store=self.name, limit=limit)
        except _ABSENT:
            return []
        except OSError as error:
            raise self._unreadable(error) from error
        return sorted(found)

    def _blob_path(self, blob_id: str) -> Path:
        digits = id_hash(blob_id).hex()
        return self._root / "sha256" / digits[:2] / digits[2:]

    def _slot_path(self, prefix: str) -> Path:
        return self._root.joinpath("slots", *checked_prefix(prefix))

    def _is_entry(self, item: os.DirEntry[str]) -> bool:
        named = _HEX.fullmatch(item.name) is not None and item.is_file(follow_symlinks=False)
        return named and self.has("sha256:" + item.name)

    def _size(self, path: Path) -> int | None:
        """Bytes of the regular file at `path`; None where there is none, or a symlink or anything else."""
        try:
            status = os.lstat(path)
        except _ABSENT:
            return None
        except OSError as error:
            raise self._unreadable(error) from error
        return status.st_size if S_ISREG(status.st_mode) else None

    def _ensure(self, path: Path, data: bytes) -> None:
        """Have `data`, whole and on the disk, at `path`; a damaged file there is replaced."""
        try:
            if self._size(path) == len(data) and _read(path, len(data)) == data:
                self._sync(path.parent)  # whoever wrote it may not have come to this yet
            else:
                self._write(path, data)
        except OSError as error:
            detail = SystemFault.of(error)
            raise StoreError("store.unwritable", path=self.name, detail=detail) from error

    def _write(self, path: Path, data: bytes) -> None:
        self._make(path.parent)
        temporary = path.parent / f".{token_hex(8)}.tmp"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                if self._durable:
                    os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        self._sync(path.parent)

    def _make(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make(folder.parent)
        with suppress(FileExistsError):
            folder.mkdir()
        self._sync(folder.parent)

    def _sync(self, folder: Path) -> None:
        if not self._durable:
            return
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _unreadable(self, error: OSError) -> StoreError:
        return StoreError("store.unreadable", path=self.name, detail=SystemFault.of(error))


def _read(path: Path, size: int) -> bytes:
    # A pipe or link put there after the check must neither hang the reader nor lead it elsewhere.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        return file.read(size)
