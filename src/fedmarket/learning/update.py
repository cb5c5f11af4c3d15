"""A provider's payload for one round: header, tensors and signature in one frame.

    4 bytes length, header (canonical JSON), 8 bytes length, tensors (safetensors), 65 bytes signature

Lengths are big-endian. The update's id is the sha256 of everything before the signature; the signature is
over the typed message that names the id. The provider stands inside, so a copied ciphertext is worthless to
anybody else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from fedmarket.domain import codec
from fedmarket.domain.accounts import sign
from fedmarket.domain.errors import DocumentError, UpdateError
from fedmarket.domain.typed_data import SigningDomain, UpdateMessage
from fedmarket.learning.tensors import Buffer, Tensors, TensorSpec, pieces

SCHEMA = "fedmarket/update/1"
SIGNATURE_BYTES = 65
HEADER_LIMIT = 4096


@dataclass(frozen=True)
class Header:
    """Who sends the update, and what for; `terms`, `base_model` and `constants` are 32-byte hashes.

    `constants` are those that the data were standardised by, zero where they are the terms' own.
    """

    chain_id: int
    contract: str
    task: int
    round: int
    attempt: int
    provider: str
    terms: bytes
    base_model: bytes
    constants: bytes = bytes(32)

    def digest(self, update_id: bytes) -> bytes:
        """Return the 32 bytes that the provider signs for the update of this id."""
        message = UpdateMessage(
            task=self.task,
            round=self.round,
            attempt=self.attempt,
            terms=self.terms,
            base_model=self.base_model,
            update=update_id,
        )
        return message.digest(SigningDomain(self.chain_id, self.contract))


@dataclass(frozen=True)
class Payload:
    """A payload taken apart; nothing in it has been checked yet."""

    header: Header
    update_id: bytes
    signature: bytes
    tensor_bytes: memoryview


def make_payload(header: Header, update: Tensors, secret: bytes) -> tuple[bytes, bytes]:
    """Return the payload of an int32 `update`, signed with a 32-byte `secret`, and the update's id."""
    document, tensors = codec.encode(header, SCHEMA), pieces(update)
    length = sum(memoryview(piece).nbytes for piece in tensors)
    framed = (len(document).to_bytes(4, "big"), document, length.to_bytes(8, "big"), *tensors)
    update_id = _sha256(framed)
    return b"".join((*framed, sign(header.digest(update_id), secret))), update_id


def payload_limit(spec: TensorSpec) -> int:
    """Return the greatest size in bytes that a payload with an update of `spec` can have."""
    return 4 + HEADER_LIMIT + 8 + spec.of("I32").encoded_bytes + SIGNATURE_BYTES


def parse(payload: bytes) -> Payload:
    """Take a payload apart without judging it.

    Raises UpdateError: truncated, trailing_bytes, header_length, duplicate_key, unreadable (the header).
    """
    view = memoryview(payload)
    header_end = 4 + int.from_bytes(_slice(view, 0, 4), "big")
    if header_end > 4 + HEADER_LIMIT:
        raise UpdateError("update.header_length", length=header_end - 4)
    document = bytes(_slice(view, 4, header_end))
    begin = header_end + 8
    end = begin + int.from_bytes(_slice(view, header_end, begin), "big")
    signature = bytes(_slice(view, end, end + SIGNATURE_BYTES))
    if len(view) > end + SIGNATURE_BYTES:
        raise UpdateError("update.trailing_bytes", extra=len(view) - end - SIGNATURE_BYTES)
    return Payload(_header(document), sha256(view[:end]).digest(), signature, view[begin:end])


def _sha256(pieces: Iterable[Buffer]) -> bytes:
    hasher = sha256()
    for piece in pieces:
        hasher.update(piece)
    return hasher.digest()


def _slice(view: memoryview, begin: int, end: int) -> memoryview:
    if end > len(view):
        raise UpdateError("update.truncated", size=len(view), needed=end)
    return view[begin:end]


def _header(document: bytes) -> Header:
    try:
        return codec.decode(document, Header, SCHEMA)
    except DocumentError as error:
        if error.error_id == "document.duplicate_key":
            raise UpdateError("update.duplicate_key", **error.params) from error
        raise UpdateError("update.unreadable", detail=f"header: {error}") from error
