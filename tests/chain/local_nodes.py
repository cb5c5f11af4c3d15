"""A node of `fedmarket chain up`, for tests."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_bytes

from fedmarket.chain.anvil_binary import native
from fedmarket.chain.anvil_node import LocalNode, running
from fedmarket.chain.anvil_state import StateFolder
from fedmarket.chain.endpoint import Endpoint
from fedmarket.chain.remote import RemoteChain
from fedmarket.chain.rpc import connect
from fedmarket.chain.sender import Pace
from fedmarket.chain.treasury import Treasury

from .anvil_node import ANVIL, QUICK


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def local_node(folder: Path, port: int | None = None) -> Iterator[LocalNode]:
    with running(native(Path(str(ANVIL))), StateFolder(folder), port or free_port()) as node:
        yield node


def own_market(node: LocalNode, *, pace: Pace = QUICK) -> RemoteChain:
    """A market of its own on a local node, whose every account is paid by the node."""
    web3 = connect(node.url)
    return RemoteChain.start(web3, Treasury.from_node(Endpoint(web3), token_bytes(32), pace=pace), pace=pace)
