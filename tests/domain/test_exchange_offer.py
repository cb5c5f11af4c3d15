"""Offers and acceptances are EIP-712 as any wallet signs it."""

from dataclasses import asdict

from eth_account import Account
from eth_account.messages import encode_typed_data

from fedmarket.domain.accounts import address_of, recover, sign
from fedmarket.domain.exchange.offer import ANYBODY, Acceptance, Offer, Order, Signature, least_dispute_window
from fedmarket.domain.typed_data import SigningDomain

SECRET = bytes(31) + b"\x07"
EXCHANGE = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
HOME = SigningDomain(31_337, EXCHANGE)
OFFER = Offer(
    seller=address_of(SECRET),
    buyer=ANYBODY,
    payee=EXCHANGE,
    reference=bytes([1]) * 32,
    file_root=bytes([2]) * 32,
    size=10_000,
    price=10**18,
    bond=5,
    expiry=1_900_000_000,
    delivery_window=600,
    dispute_window=3_600,
    series=3,
)
TYPES = {
    "Offer": [
        {"name": "seller", "type": "address"},
        {"name": "buyer", "type": "address"},
        {"name": "payee", "type": "address"},
        {"name": "reference", "type": "bytes32"},
        {"name": "file_root", "type": "bytes32"},
        {"name": "size", "type": "uint256"},
        {"name": "price", "type": "uint256"},
        {"name": "bond", "type": "uint256"},
        {"name": "expiry", "type": "uint256"},
        {"name": "delivery_window", "type": "uint256"},
        {"name": "dispute_window", "type": "uint256"},
        {"name": "series", "type": "uint256"},
    ],
}
ACCEPTANCE = {
    "Acceptance": [
        {"name": "order", "type": "bytes32"},
        {"name": "key_hash", "type": "bytes32"},
        {"name": "cipher_root", "type": "bytes32"},
    ]
}
DOMAIN = {"name": "fedmarket", "version": "1", "chainId": 31_337, "verifyingContract": EXCHANGE}


def test_a_wallet_signs_the_same_offer() -> None:
    signed = Account.sign_message(encode_typed_data(DOMAIN, TYPES, asdict(OFFER)), SECRET)
    assert signed.signature == sign(OFFER.digest(HOME), SECRET)


def test_a_wallet_signs_the_same_acceptance() -> None:
    order = Order(OFFER, EXCHANGE, 1_800_000_000).id(HOME)
    message = Acceptance(order, bytes([3]) * 32, bytes([4]) * 32)
    signed = Account.sign_message(encode_typed_data(DOMAIN, ACCEPTANCE, asdict(message)), SECRET)
    assert recover(message.digest(HOME), signed.signature) == address_of(SECRET)


def test_a_signature_is_read_and_written_alike() -> None:
    raw = sign(OFFER.digest(HOME), SECRET)
    assert Signature.read(raw).raw == raw


def test_a_buyer_has_an_hour_or_a_second_a_megabyte() -> None:
    assert [least_dispute_window(size) for size in (0, 3_600_000_000, 3_600_000_001, 2**40)] == [
        3_600,
        3_600,
        3_601,
        1_099_512,
    ]
