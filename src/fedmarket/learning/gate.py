"""The gate: what an update must satisfy before it is added up. Aggregator and evaluators run the same one."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

import numpy as np

from fedmarket.domain.accounts import AccountError, SignatureError, checksum, recover
from fedmarket.domain.errors import UpdateError
from fedmarket.domain.typed_data import SigningDomain
from fedmarket.learning.fixed_point import QUANTUM, square_norm
from fedmarket.learning.tensors import Tensors, TensorSpec, decode
from fedmarket.learning.update import Header, Payload, parse

Place = tuple[int, int]


@dataclass(frozen=True)
class GateContext:
    """What the record says about the slot that a payload was found in.

    `terms` and `base_model` are 32-byte hashes, `spec` the model's tensors, `clip_quanta` the norm bound in
    quanta of 2^-24, `max_bytes` the greatest payload, `provider` the account whose slot it is, `constants` the hash of
    those that data are standardised by (zero: the terms' own).
    """

    domain: SigningDomain
    task: int
    round: int
    attempt: int
    terms: bytes
    base_model: bytes
    spec: TensorSpec
    clip_quanta: int
    max_bytes: int
    provider: str
    constants: bytes = bytes(32)


@dataclass(frozen=True, eq=False)
class Admitted:
    """An update that passed the gate: int32 `tensors`, and the exact square of their norm, in quanta^2."""

    provider: str
    update_id: bytes
    signature: bytes
    tensors: Tensors
    square_norm: int


@dataclass(frozen=True, eq=False)
class Standing:
    """An admitted update and when its provider announced it (if ever) and joined: (block, log index)."""

    update: Admitted
    joined: Place
    announced: Place | None = None

    @property
    def precedence(self) -> tuple[int, Place]:
        """Sorts first the one that stands among copies: earliest announcement, else earliest join."""
        return (1, self.joined) if self.announced is None else (0, self.announced)


def admit(payload: bytes, context: GateContext) -> Admitted:
    """Return the update in `payload` if it satisfies every rule that concerns it alone.

    Raises UpdateError named after the first rule broken: oversize; those of `parse`; wrong_chain,
    wrong_contract, wrong_task, wrong_round, wrong_attempt, wrong_terms, wrong_base, wrong_provider, wrong_constants;
    bad_signature, wrong_signer; those of `decode`; unchanged; over_norm. Copies are found over a whole round,
    by `first_of_copies`.
    """
    if len(payload) > context.max_bytes:
        raise UpdateError("update.oversize", size=len(payload), limit=context.max_bytes)
    parsed = parse(payload)
    _check_header(parsed.header, context)
    _check_signer(parsed, context.provider)
    tensors = decode(parsed.tensor_bytes, context.spec.of("I32"), context.max_bytes)
    square = square_norm(tensors)
    if square == 0:
        raise UpdateError("update.unchanged")
    if square > context.clip_quanta**2:
        raise UpdateError("update.over_norm", norm=_units(isqrt(square - 1) + 1), clip=_units(context.clip_quanta))
    return Admitted(context.provider, parsed.update_id, parsed.signature, tensors, square)


def first_of_copies(round_updates: Sequence[Standing]) -> dict[str, UpdateError]:
    """Return the refusal (copied) of every provider whose tensors are those of an update before its own.

    Of identical tensors the earliest announcement, else the earliest join, stands.
    """
    refusals: dict[str, UpdateError] = {}
    first: dict[int, list[Admitted]] = {}
    for standing in sorted(round_updates, key=lambda each: each.precedence):
        update = standing.update
        # Identical tensors have the same norm, so only few are ever compared element by element.
        alike = first.setdefault(update.square_norm, [])
        original = next((other for other in alike if _identical(other.tensors, update.tensors)), None)
        if original is None:
            alike.append(update)
        else:
            refusals[update.provider] = UpdateError("update.copied", original=original.provider)
    return refusals


def _check_header(header: Header, context: GateContext) -> None:
    expected = {
        "chain": (header.chain_id, context.domain.chain_id),
        "contract": (header.contract, checksum(context.domain.contract)),
        "task": (header.task, context.task),
        "round": (header.round, context.round),
        "attempt": (header.attempt, context.attempt),
        "terms": (header.terms.hex(), context.terms.hex()),
        "base": (header.base_model.hex(), context.base_model.hex()),
        "provider": (header.provider, context.provider),
        "constants": (header.constants.hex(), context.constants.hex()),
    }
    for name, (found, wanted) in expected.items():
        if found != wanted:
            raise UpdateError(f"update.wrong_{name}", found=str(found)[:80], expected=wanted)


def _check_signer(parsed: Payload, provider: str) -> None:
    try:
        signer = recover(parsed.header.digest(parsed.update_id), parsed.signature)
    except (AccountError, SignatureError) as error:
        raise UpdateError("update.bad_signature", detail=str(error)) from error
    if signer != provider:
        raise UpdateError("update.wrong_signer", signer=signer, provider=provider)


def _identical(left: Tensors, right: Tensors) -> bool:
    return all(np.array_equal(left[name], right[name]) for name in left)


def _units(quanta: int) -> str:
    return f"{quanta * QUANTUM:.8f}"
