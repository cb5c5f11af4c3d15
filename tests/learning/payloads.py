"""A provider's payloads, honest and forged, against one gate."""

from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np

from fedmarket.domain import codec
from fedmarket.domain.accounts import address_of, checksum, sign
from fedmarket.domain.typed_data import SigningDomain
from fedmarket.learning.fixed_point import QUANTA
from fedmarket.learning.gate import Admitted, GateContext, admit
from fedmarket.learning.tensors import Tensors
from fedmarket.learning.update import SCHEMA, Header, make_payload, payload_limit

from .raw_tensors import SPEC, good

ANN, BOB, EVE = (bytes([number]) * 32 for number in (1, 2, 3))
CONTRACT = checksum("0x" + "5b" * 20)
TERMS, BASE = sha256(b"terms").digest(), sha256(b"base").digest()
DOMAIN = SigningDomain(31337, CONTRACT)


def context(secret: bytes = ANN, **changes: Any) -> GateContext:
    found = GateContext(
        domain=DOMAIN,
        task=7,
        round=3,
        attempt=1,
        terms=TERMS,
        base_model=BASE,
        spec=SPEC.of("F32"),
        clip_quanta=QUANTA,
        max_bytes=payload_limit(SPEC),
        provider=address_of(secret),
    )
    return replace(found, **changes)


def header(secret: bytes = ANN, **changes: Any) -> Header:
    gate = context(secret)
    found = Header(
        chain_id=DOMAIN.chain_id,
        contract=CONTRACT,
        task=gate.task,
        round=gate.round,
        attempt=gate.attempt,
        provider=gate.provider,
        terms=TERMS,
        base_model=BASE,
    )
    return replace(found, **changes)


def payload(update: Tensors | None = None, secret: bytes = ANN, signer: bytes | None = None, **changes: Any) -> bytes:
    """An update of `secret`'s account with some header fields changed, signed by `signer`."""
    return make_payload(header(secret, **changes), update or good(), signer or secret)[0]


def carrying(tensor_bytes: bytes, header_bytes: bytes | None = None) -> bytes:
    """A validly signed payload around any tensor bytes, or around any header."""
    document = codec.encode(header(), SCHEMA) if header_bytes is None else header_bytes
    frame = len(document).to_bytes(4, "big") + document + len(tensor_bytes).to_bytes(8, "big") + tensor_bytes
    return frame + sign(header().digest(sha256(frame).digest()), ANN)


def admitted(update: Tensors, secret: bytes) -> Admitted:
    return admit(payload(update, secret), context(secret))


def filled(value: int) -> Tensors:
    return {name: np.full(shape, value, np.int32) for name, shape in SPEC.shapes.items()}
