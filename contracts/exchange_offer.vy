#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Offer
@license Apache-2.0
@notice What a seller signs, the limits that it must keep, and the typed data (EIP-712) of offers and acceptances. An
        offer is never stored: whoever calls gives it again, and an order's id is the hash that it must lead to.
"""

import chunk
import exchange_refusal
import refusal

OFFER_TYPE: constant(bytes32) = keccak256(
    "Offer(address seller,address buyer,address payee,bytes32 reference,bytes32 file_root,uint256 size,uint256 price,"
    "uint256 bond,uint256 expiry,uint256 delivery_window,uint256 dispute_window,uint256 series)"
)
ACCEPTANCE_TYPE: constant(bytes32) = keccak256("Acceptance(bytes32 order,bytes32 key_hash,bytes32 cipher_root)")
DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
NAME: constant(bytes32) = keccak256(x"6665646d61726b6574")  # fedmarket, in ASCII
VERSION: constant(bytes32) = keccak256("1")
HALF_ORDER: constant(uint256) = 57896044618658097711785492504343953926418782139537452191302581570759080747168

AMOUNT_LIMIT: constant(uint256) = 2**112
WINDOW_LIMIT: constant(uint256) = 2**24
LEAST_DISPUTE_WINDOW: constant(uint256) = 3600
LEAST_SPEED: constant(uint256) = 10**6  # bytes a second that a buyer is given time for


struct Offer:
    seller: address
    buyer: address  # zero: anybody
    payee: address
    reference: bytes32  # the payee's own, such as a model's id
    file_root: bytes32
    size: uint256  # of the file, bytes
    price: uint256  # base units
    bond: uint256  # base units of the seller's stake; the buyer's where a dispute is won
    expiry: uint256  # the last second in which it can be ordered
    delivery_window: uint256  # seconds from the order to the key
    dispute_window: uint256  # seconds from the key to the payment
    series: uint256  # the seller's, so that it can revoke what it signed


struct Order:
    offer: Offer
    buyer: address
    opened_at: uint256  # block seconds


struct Signature:
    v: uint8
    r: bytes32
    s: bytes32


@internal
@view
def must_keep_limits(offer: Offer):
    """
    @notice Refuse an offer that nobody could be held to.
    """
    refusal.require(offer.payee != empty(address) and offer.payee != self, exchange_refusal.BAD_PAYEE)
    refusal.require(offer.price < AMOUNT_LIMIT and offer.bond < AMOUNT_LIMIT, refusal.AMOUNT_TOO_LARGE)
    refusal.require(offer.size <= chunk.SIZE_LIMIT, exchange_refusal.FILE_TOO_LARGE)
    delivery: uint256 = offer.delivery_window
    refusal.require(delivery > 0 and delivery < WINDOW_LIMIT, exchange_refusal.BAD_DELIVERY_WINDOW)
    least: uint256 = max(LEAST_DISPUTE_WINDOW, (offer.size + LEAST_SPEED - 1) // LEAST_SPEED)
    dispute: uint256 = offer.dispute_window
    refusal.require(dispute >= least and dispute < WINDOW_LIMIT, exchange_refusal.BAD_DISPUTE_WINDOW)


@internal
@view
def digest(offer: Offer) -> bytes32:
    """
    @notice What the seller signs.
    """
    return self._digest(keccak256(abi_encode(OFFER_TYPE, offer)))


@internal
@view
def acceptance_digest(order_id: bytes32, key_hash: bytes32, cipher_root: bytes32) -> bytes32:
    """
    @notice What the buyer signs once it has checked the ciphertext.
    """
    return self._digest(keccak256(abi_encode(ACCEPTANCE_TYPE, order_id, key_hash, cipher_root)))


@internal
@pure
def order_id(digest: bytes32, buyer: address, opened_at: uint256) -> bytes32:
    """
    @notice An order's id: what was offered, on this chain and here, who ordered it, and when.
    """
    return keccak256(abi_encode(digest, buyer, opened_at))


@internal
@pure
def signed_by(digest: bytes32, signature: Signature, signer: address) -> bool:
    """
    @notice Whether `signer` signed, in the one spelling that counts (EIP-2).
    """
    if signer == empty(address) or convert(signature.s, uint256) > HALF_ORDER:
        return False
    return ecrecover(digest, signature.v, signature.r, signature.s) == signer


@internal
@view
def _digest(message: bytes32) -> bytes32:
    separator: bytes32 = keccak256(abi_encode(DOMAIN_TYPE, NAME, VERSION, chain.id, self))
    return keccak256(concat(b"\x19\x01", separator, message))
