"""EIP-712 digests, against eth_account's own encoder."""

import random
from dataclasses import replace
from typing import Any

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data

from fedmarket.domain.accounts import AccountError, address_of, recover, sign
from fedmarket.domain.typed_data import SigningDomain, UpdateMessage, permit_digest
from tests.domain.refusals import refused

MARKET = SigningDomain(31337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
TOKEN = SigningDomain(1, "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", name="USD Coin", version="2")
OWNER, SPENDER = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
MESSAGE = UpdateMessage(task=7, round=3, attempt=1, terms=b"\x01" * 32, base_model=b"\x02" * 32, update=b"\x03" * 32)
FIELDS = {
    "Update": "uint256 task,uint32 round,uint32 attempt,bytes32 terms,bytes32 base_model,bytes32 update",
    "Permit": "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline",
}


def oracle(domain: SigningDomain, kind: str, message: dict[str, Any]) -> bytes:
    fields = [field.split(" ") for field in FIELDS[kind].split(",")]
    signable = encode_typed_data(
        domain_data={
            "name": domain.name,
            "version": domain.version,
            "chainId": domain.chain_id,
            "verifyingContract": domain.contract,
        },
        message_types={kind: [{"type": type_, "name": name} for type_, name in fields]},
        message_data=message,
    )
    return bytes(_hash_eip191_message(signable))


@pytest.mark.parametrize(
    ("field", "value", "error_id"),
    [
        ("task", -1, "account.field_range"),
        ("task", 2**256, "account.field_range"),
        ("round", 2**32, "account.field_range"),
        ("attempt", True, "account.field_range"),
        ("terms", b"\x01" * 31, "account.hash_length"),
        ("update", b"\x01" * 33, "account.hash_length"),
        ("base_model", b"", "account.hash_length"),
    ],
)
def test_a_field_that_does_not_fit_its_type_is_refused(field: str, value: Any, error_id: str) -> None:
    with refused(AccountError, error_id):
        replace(MESSAGE, **{field: value}).digest(MARKET)


def test_a_domain_without_a_real_contract_is_refused() -> None:
    with pytest.raises(AccountError):
        MESSAGE.digest(replace(MARKET, contract="0x" + "0" * 40))
    with pytest.raises(AccountError):
        permit_digest(TOKEN, owner=OWNER.replace("E", "e", 1), spender=SPENDER, value=1, nonce=0, deadline=1)


def test_an_update_hashes_as_eth_account_hashes_it() -> None:
    rng = random.Random(712)
    for _ in range(20):
        message = UpdateMessage(
            rng.getrandbits(256),
            rng.getrandbits(32),
            rng.getrandbits(32),
            *(rng.randbytes(32) for _ in range(3)),
        )
        domain = SigningDomain(rng.getrandbits(64), address_of(rng.randbytes(32)))
        assert message.digest(domain) == oracle(domain, "Update", vars(message))


def test_a_permit_hashes_as_eth_account_hashes_it() -> None:
    permit = {"owner": OWNER, "spender": SPENDER, "value": 900 * 10**18, "nonce": 4, "deadline": 2**256 - 1}
    found = permit_digest(TOKEN, owner=OWNER, spender=SPENDER, value=900 * 10**18, nonce=4, deadline=2**256 - 1)
    assert found == oracle(TOKEN, "Permit", permit)


def test_a_signature_counts_for_one_chain_contract_and_message_only() -> None:
    secret = b"\x07" * 32
    signature = sign(MESSAGE.digest(MARKET), secret)
    assert recover(MESSAGE.digest(MARKET), signature) == address_of(secret)
    changes: list[dict[str, Any]] = [{"task": 8}, {"round": 4}, {"attempt": 2}]
    changes += [{"terms": bytes(32)}, {"base_model": bytes(32)}, {"update": bytes(32)}]
    elsewhere = [
        MESSAGE.digest(replace(MARKET, chain_id=1)),
        MESSAGE.digest(replace(MARKET, contract=TOKEN.contract)),
        MESSAGE.digest(replace(MARKET, version="2")),
        *(replace(MESSAGE, **field).digest(MARKET) for field in changes),
    ]
    assert address_of(secret) not in {recover(digest, signature) for digest in elsewhere}
    assert len(set(elsewhere)) == len(elsewhere)


def test_a_domain_separator_equals_the_one_a_token_reports() -> None:
    # DOMAIN_SEPARATOR() of USD Coin on Ethereum mainnet
    assert TOKEN.separator.hex() == "06c37168a7db5138defc7866392bb87a741f9b3d104deb5094588ce041cae335"
