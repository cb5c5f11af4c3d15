"""A node's state on disk: one node at a time writes it, and a copy is kept that no power cut can cut short.

anvil writes its state in place, every second; a process that is killed in the middle leaves half a file, which it then
refuses to read. The copy beside it is replaced only by a file that was read whole.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import IO

from fedmarket.domain.errors import SystemFault, UsageError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class StateFolder:
    """The folder of one local chain: anvil's state, the copy of it, its lock, its messages, and the funded key."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, for its owner alone, where it is missing; raises UsageError where that cannot be."""
        self.folder = folder
        self.state = folder / "state.json"
        self.copy = folder / "state.whole.json"
        self.messages = folder / "node.log"
        self.key = folder / "account.key"
        self._copied = b""
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError("node.state_unwritable", path=folder, detail=SystemFault.of(error)) from error

    @contextmanager
    def held(self) -> Iterator[IO[bytes]]:
        """Hold the folder against every other node; a child that inherits the file holds it too, after our death.

        Raises UsageError where another node has it.
        """
        try:
            file = (self.folder / "lock").open("ab")
        except OSError as error:
            raise UsageError("node.state_unwritable", path=self.folder, detail=SystemFault.of(error)) from error
        with file:
            try:
                _lock(file)
            except OSError as error:
                raise UsageError("node.state_in_use", path=self.folder) from error
            yield file

    def restore(self) -> bool:
        """Put the copy in the place of a state that was cut short; returns whether that was needed.

        Raises UsageError where neither can be read.
        """
        if not self.state.exists() and not self.copy.exists():
            return False
        if _whole(self.state) is not None:
            return False
        kept = _whole(self.copy)
        if kept is None:
            raise UsageError("node.bad_state", path=self.state)
        _replace(self.state, kept)
        return True

    def keep(self) -> None:
        """Copy the state where it has changed and is whole; one that is just being written is left for next time."""
        with suppress(OSError):
            found = sha256(self.state.read_bytes()).digest()
            content = _whole(self.state) if found != self._copied else None
            if content is not None:
                _replace(self.copy, content)
                self._copied = sha256(content).digest()


def _lock(file: IO[bytes]) -> None:
    if sys.platform == "win32":
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _whole(path: Path) -> bytes | None:
    """Return a state's bytes, or None where the file is missing or is not the whole of one."""
    try:
        content = path.read_bytes()
        return content if isinstance(json.loads(content), dict) else None
    except (OSError, ValueError):
        return None


def _replace(path: Path, content: bytes) -> None:
    new = path.with_suffix(".new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
