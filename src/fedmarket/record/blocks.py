"""The hashes of the blocks that an export's events are in: what ties it to one history of a chain."""

from dataclasses import dataclass
from pathlib import Path

from fedmarket.domain import codec
from fedmarket.domain.errors import DocumentError, SystemFault, UsageError

SCHEMA = "fedmarket/blocks/1"
FILE = "blocks.json"


@dataclass(frozen=True)
class BlockHash:
    """A block's number and its 32-byte hash."""

    number: int
    hash: bytes


@dataclass(frozen=True)
class Blocks:
    """Blocks of one chain with events of one market."""

    chain_id: int
    contract: str
    blocks: tuple[BlockHash, ...]


def write_blocks(folder: Path, blocks: Blocks) -> Path:
    """Write the hashes beside an export and return their path. Raises UsageError where that cannot be written."""
    path = folder / FILE
    try:
        path.write_bytes(codec.encode(blocks, SCHEMA))
    except OSError as error:
        raise UsageError("record.unwritable", path=path, detail=SystemFault.of(error)) from error
    return path


def read_blocks(folder: Path) -> Blocks | None:
    """Return the hashes beside an export, or None where it has none; raises UsageError where they are unreadable."""
    path = folder / FILE
    if not path.exists():
        return None
    try:
        return codec.decode(path.read_bytes(), Blocks, SCHEMA)
    except OSError as error:
        raise UsageError("record.bad_export", path=path, detail=SystemFault.of(error)) from error
    except DocumentError as error:
        raise UsageError("record.bad_export", path=path, detail=error.sentence()) from error
