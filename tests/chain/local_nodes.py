"""A node of `fedmarket chain up`, for tests."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fedmarket.chain.anvil_binary import native
from fedmarket.chain.anvil_node import LocalNode, running
from fedmarket.chain.anvil_state import StateFolder

from .anvil_node import ANVIL


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def local_node(folder: Path, port: int | None = None) -> Iterator[LocalNode]:
    with running(native(Path(str(ANVIL))), StateFolder(folder), port or free_port()) as node:
        yield node
