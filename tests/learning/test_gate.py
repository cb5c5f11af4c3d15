from hashlib import sha256
from typing import Any

import numpy as np
import pytest

from fedmarket.domain import codec
from fedmarket.domain.accounts import CURVE_ORDER, address_of
from fedmarket.domain.typed_data import SigningDomain
from fedmarket.learning.fixed_point import QUANTA
from fedmarket.learning.gate import admit
from fedmarket.learning.tensors import encode
from fedmarket.learning.update import SCHEMA, make_payload, parse, payload_limit

from .payloads import ANN, BASE, BOB, CONTRACT, DOMAIN, carrying, context, filled, header, payload
from .raw_tensors import SPEC, entry, framed, good, written
from .refusals import refused

FLOAT = {name: np.ones(shape, np.float32) for name, shape in SPEC.shapes.items()}
WRONG_TENSORS = {
    "nan": written(**{**FLOAT, "bias": np.array([1, np.nan], np.float32)}),
    "infinite": written(**{**FLOAT, "bias": np.array([1, np.inf], np.float32)}),
    "wrong_shape": written(bias=good()["bias"], weight=good()["weight"].reshape(2, 3)),
    "extra_tensor": written(**good(), more=np.ones(1, np.int32)),
    "missing_tensor": written(bias=good()["bias"]),
    "wrong_dtype": written(**FLOAT),
    "duplicate_key": framed('{"bias":{},"bias":{}}', b""),
    "truncated": encode(good())[:-1],
    "trailing_bytes": encode(good()) + b"\0",
    "header_length": (2**63).to_bytes(8, "little") + encode(good())[8:],
    "bad_offsets": framed(
        f'{{"bias":{entry("I32", [2], 0, 8)},"weight":{entry("I32", [3, 2], 4, 28)}}}'.replace("'", '"'), bytes(32)
    ),
    "not_canonical": written(weight=good()["weight"], bias=good()["bias"]),
    "unreadable": b"PK\x03\x04 a zip bomb, or a pickle",
}


@pytest.mark.parametrize("fault", WRONG_TENSORS)
def test_wrong_tensors_are_refused_by_name_through_a_valid_signature(fault: str) -> None:
    data = WRONG_TENSORS[fault]
    if fault == "unreadable":
        data = framed(data, b"")
    with refused(f"update.{fault}"):
        admit(carrying(data), context())


def test_an_oversize_payload_is_refused_before_it_is_read() -> None:
    with refused("update.oversize", str(payload_limit(SPEC))):
        admit(bytes(payload_limit(SPEC) + 1), context())


def test_an_update_above_the_norm_is_refused_and_one_on_it_is_not() -> None:
    on_bound = {**filled(0), "bias": np.array([QUANTA, 0], np.int32)}
    assert admit(payload(on_bound), context()).square_norm == QUANTA**2
    above = {**filled(0), "bias": np.array([QUANTA, 1], np.int32)}
    with refused("update.over_norm", "1.00000006"):
        admit(payload(above), context())


def test_a_boosted_update_is_refused() -> None:
    with refused("update.over_norm", "1.00000000"):
        admit(payload(filled(3 * QUANTA // 8)), context(clip_quanta=QUANTA))


def test_an_unchanged_model_is_refused() -> None:
    with refused("update.unchanged"):
        admit(payload(filled(0)), context())


def test_an_update_signed_by_another_is_refused() -> None:
    with refused("update.wrong_signer", address_of(BOB)):
        admit(payload(signer=BOB), context())


OTHERS: dict[str, tuple[str, Any]] = {
    "chain": ("chain_id", 1),
    "contract": ("contract", address_of(BOB)),
    "task": ("task", 8),
    "round": ("round", 2),
    "attempt": ("attempt", 2),
    "terms": ("terms", bytes(32)),
    "base": ("base_model", sha256(b"another").digest()),
    "provider": ("provider", address_of(BOB)),
    "constants": ("constants", sha256(b"others").digest()),
}


@pytest.mark.parametrize("name", OTHERS)
def test_an_update_for_another_is_refused_by_name(name: str) -> None:
    field, value = OTHERS[name]
    found = value.hex() if isinstance(value, bytes) else str(value)
    with refused(f"update.wrong_{name}", found):
        admit(payload(**{field: value}), context())


def test_a_round_written_as_text_is_refused() -> None:
    with refused("update.unreadable"):
        admit(carrying(encode(good()), codec.encode(header(), SCHEMA).replace(b'"round":3', b'"round":"3"')), context())


def test_another_providers_payload_in_ones_own_slot_is_refused() -> None:
    with refused("update.wrong_provider", address_of(ANN)):
        admit(payload(secret=ANN), context(BOB))


def test_a_header_rewritten_to_the_copiers_name_no_longer_carries_a_signature() -> None:
    stolen = payload(secret=ANN)
    rewritten = stolen.replace(address_of(ANN).encode(), address_of(BOB).encode())
    with refused("update.wrong_signer", address_of(BOB)):
        admit(rewritten, context(BOB))


def test_a_signature_for_another_contract_cannot_be_replayed() -> None:
    elsewhere = SigningDomain(DOMAIN.chain_id, address_of(BOB))
    with refused("update.wrong_contract", CONTRACT):
        admit(payload(), context(domain=elsewhere))


def high_s(signature: bytes) -> bytes:
    s = CURVE_ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


FORGED = {
    "high s": high_s,
    "v of 0": lambda signature: signature[:64] + b"\0",
    "zeros": lambda signature: bytes(64) + b"\x1b",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_malformed_signature_is_refused(forge: Any) -> None:
    sound = payload()
    with refused("update.bad_signature"):
        admit(sound[:-65] + forge(sound[-65:]), context())


def test_a_changed_tensor_byte_breaks_the_signature() -> None:
    damaged = bytearray(payload())
    damaged[-70] ^= 1
    with refused("update.wrong_signer"):
        admit(bytes(damaged), context())


@pytest.mark.parametrize("size", [0, 3, 50, 400, -66, -1])
def test_a_payload_cut_short_is_refused(size: int) -> None:
    with refused("update.truncated"):
        parse(payload()[:size])


def test_bytes_behind_the_signature_are_refused() -> None:
    with refused("update.trailing_bytes", "2"):
        parse(payload() + b"ab")


def test_a_header_length_beyond_any_header_is_refused() -> None:
    with refused("update.header_length", "5000"):
        parse((5000).to_bytes(4, "big") + bytes(6000))


DOCUMENT = codec.encode(header(), SCHEMA)
WRONG_HEADERS = {
    "a duplicate key": (DOCUMENT.replace(b'{"attempt":1', b'{"attempt":1,"attempt":1'), "duplicate_key"),
    "not JSON": (b"\x80\x04pickle", "unreadable"),
    "another schema": (DOCUMENT.replace(b"update/1", b"update/2"), "unreadable"),
    "a missing field": (DOCUMENT.replace(b'"attempt":1,', b""), "unreadable"),
    "an unknown field": (DOCUMENT.replace(b'{"attempt"', b'{"a":1,"attempt"'), "unreadable"),
    "spaces": (DOCUMENT.replace(b":", b": "), "unreadable"),
    "a fraction": (DOCUMENT.replace(b'"round":3', b'"round":3.0'), "unreadable"),
    "NaN": (DOCUMENT.replace(b'"round":3', b'"round":NaN'), "unreadable"),
    "deep nesting": (b"[" * 4000, "unreadable"),
}


@pytest.mark.parametrize(("document", "fault"), WRONG_HEADERS.values(), ids=WRONG_HEADERS)
def test_a_header_that_is_no_header_document_is_refused(document: bytes, fault: str) -> None:
    with refused(f"update.{fault}"):
        admit(carrying(encode(good()), document), context())


def test_an_honest_update_passes_as_it_was_sent() -> None:
    sent, update_id = make_payload(header(), good(), ANN)
    found = admit(sent, context())
    assert encode(found.tensors) == encode(good())
    assert (found.provider, found.update_id, found.signature) == (address_of(ANN), update_id, sent[-65:])
    assert found.square_norm == sum(int(value) ** 2 for value in (1, -2, 0, 1, 2, 3, 4, 5))


def test_the_id_is_the_hash_of_all_before_the_signature() -> None:
    sent, update_id = make_payload(header(), good(), ANN)
    assert update_id == sha256(sent[:-65]).digest() == parse(sent).update_id


def test_a_payload_made_again_has_the_same_bytes() -> None:
    assert payload() == payload() != payload(base_model=bytes(32)) and bytes(32) != BASE


def test_every_payload_of_a_model_fits_the_limit() -> None:
    longest = payload(chain_id=2**53 - 1, task=2**53 - 1, round=2**32 - 1, attempt=2**32 - 1)
    assert len(longest) <= payload_limit(SPEC)
