"""Every reason for which a verb of the exchange is refused, on contract and reference alike."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from fedmarket.domain.exchange.chunks import SIZE_LIMIT
from fedmarket.domain.exchange.offer import ANYBODY, Signature
from tests.contracts.cast import word
from tests.contracts.exchange import scenes
from tests.contracts.exchange.scenes import STAKE, Deal
from tests.contracts.exchange.wares import (
    BOND,
    BUYER,
    DELIVERY,
    DISPUTE,
    KEY,
    OTHER,
    OTHER_KEY,
    PAUPER,
    PRICE,
    RIVAL,
    SELLER,
    SMALL,
    STRANGER,
    parcel,
)

At = Callable[..., Deal]
CURVE_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


def test_a_stake_is_something_and_fits(at: At) -> None:
    deal = at(scenes.staked)
    deal.exchange.refused("no_amount", SELLER, "stake", 0)
    deal.exchange.refused("amount_too_large", SELLER, "stake", 2**112)
    deal.exchange.refused("payment_failed", PAUPER, "stake", 6)
    deal.exchange.call(PAUPER, "stake", 5)


def test_only_ones_own_free_stake_is_taken_back(at: At) -> None:
    deal = at(scenes.ordered)
    deal.exchange.refused("no_amount", SELLER, "unstake", 0)
    deal.exchange.refused("stake_too_small", SELLER, "unstake", STAKE - BOND + 1)
    deal.exchange.refused("stake_too_small", RIVAL, "unstake", 1)
    deal.exchange.call(SELLER, "unstake", STAKE - BOND)
    deal.exchange.refused("stake_too_small", SELLER, "unstake", 1)


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("bad_payee", {"payee": ANYBODY}),
        ("amount_too_large", {"price": 2**112}),
        ("amount_too_large", {"bond": 2**112}),
        ("amount_too_large", {"price": 2**256 - 1, "bond": 2**256 - 1}),
        ("file_too_large", {"size": SIZE_LIMIT + 1}),
        ("file_too_large", {"size": 2**256 - 1}),
        ("bad_delivery_window", {"delivery_window": 0}),
        ("bad_delivery_window", {"delivery_window": 2**24}),
        ("bad_delivery_window", {"delivery_window": 2**256 - 1}),
        ("bad_dispute_window", {"dispute_window": DISPUTE - 1}),
        ("bad_dispute_window", {"dispute_window": 2**24}),
        ("bad_dispute_window", {"size": 3_600_000_001, "dispute_window": 3_600}),
        ("offered_to_another", {"buyer": OTHER}),
        ("offer_revoked", {"series": 1}),
        ("stake_too_small", {"bond": STAKE + 1}),
    ],
    ids=str,
)
def test_an_offer_out_of_bounds_is_refused(at: At, reason: str, changes: dict[str, Any]) -> None:
    deal = at(scenes.staked)
    deal.exchange.refused(reason, BUYER, "order", *deal.ordering(deal.offer(**changes)))


def test_an_offer_at_its_bounds_is_taken(at: At) -> None:
    deal = at(scenes.staked)
    for i, changes in enumerate(
        (
            {"size": 3_600_000_001, "dispute_window": 3_601},
            {"size": SIZE_LIMIT, "dispute_window": 2**24 - 1, "delivery_window": 2**24 - 1},
            {"delivery_window": 1, "price": 0},
            {"bond": 0},
            {"buyer": BUYER},
        )
    ):
        deal.exchange.wait(1)
        deal.place(reference=word(f"offer {i}"), **changes)  # type: ignore[arg-type]


def test_the_exchange_itself_is_no_payee(at: At) -> None:
    deal = at(scenes.staked)
    offer = deal.offer(payee=deal.exchange.address)
    deal.exchange.refused("bad_payee", BUYER, "order", *deal.ordering(offer))


def test_an_offer_counts_until_its_last_second(at: At) -> None:
    deal = at(scenes.staked)
    offer = deal.offer(expiry=deal.exchange.now + 5)
    deal.exchange.wait(5)
    with deal.exchange.anchored():
        deal.exchange.call(BUYER, "order", *deal.ordering(offer))
    deal.exchange.wait(1)
    deal.exchange.refused("offer_expired", BUYER, "order", *deal.ordering(offer))


def test_an_offer_is_signed_by_its_seller_in_one_spelling(at: At) -> None:
    deal = at(scenes.staked)
    offer = deal.offer()
    sound = deal.ordering(offer)[1]
    flipped = Signature(55 - sound.v, sound.r, (CURVE_ORDER - int.from_bytes(sound.s, "big")).to_bytes(32, "big"))
    for signature in (
        deal.ordering(offer, by=RIVAL)[1],
        deal.ordering(replace(offer, price=1))[1],
        flipped,
        replace(sound, v=sound.v - 27),
        replace(sound, v=55 - sound.v),
        Signature(27, bytes(32), bytes(32)),
    ):
        deal.exchange.refused("bad_offer_signature", BUYER, "order", offer, signature)
    nobodys = replace(offer, seller=ANYBODY, bond=0)
    deal.exchange.refused("bad_offer_signature", BUYER, "order", nobodys, Signature(0, bytes(32), bytes(32)))


def test_a_revoked_offer_is_gone_and_an_open_order_stays(at: At) -> None:
    deal = at(scenes.ordered)
    offer = deal.made.offer
    deal.exchange.call(SELLER, "revoke_offers")
    deal.exchange.wait(1)
    deal.exchange.refused("offer_revoked", BUYER, "order", *deal.ordering(offer))
    deal.exchange.call(SELLER, "reveal", *deal.revealing())
    dearer = replace(offer, price=2 * PRICE, series=1)
    deal.exchange.call(OTHER, "order", *deal.ordering(dearer))


def test_nobody_orders_without_the_money_or_twice_in_a_second(at: At) -> None:
    deal = at(scenes.ordered)
    offer = deal.made.offer
    deal.exchange.refused("payment_failed", PAUPER, "order", *deal.ordering(offer))
    deal.exchange.refused("order_exists", BUYER, "order", *deal.ordering(offer))
    deal.exchange.call(OTHER, "order", *deal.ordering(offer))
    deal.exchange.wait(1)
    deal.exchange.call(BUYER, "order", *deal.ordering(offer))


def test_never_ordered_twice_an_order_declined_in_its_own_second_does_not_come_back(at: At) -> None:
    deal = at(scenes.ordered)
    deal.exchange.call(SELLER, "refund", deal.made)
    deal.exchange.refused("order_exists", BUYER, "order", *deal.ordering(deal.made.offer))


def test_an_unknown_order_has_no_verbs(at: At) -> None:
    deal = at(scenes.ordered)
    order = deal.made
    for other in (
        replace(order, buyer=OTHER),
        replace(order, opened_at=order.opened_at + 1),
        replace(order, offer=replace(order.offer, price=1)),
        replace(order, offer=replace(order.offer, payee=RIVAL)),
    ):
        deal.exchange.refused("unknown_order", SELLER, "refund", other)
        deal.exchange.refused("unknown_order", SELLER, "claim", other)
        deal.exchange.refused("unknown_order", SELLER, "reveal", other, *deal.revealing()[1:])
        deal.exchange.refused("unknown_order", BUYER, "dispute", other, *deal.disputing(0)[1:])


def test_ends_once_whatever_is_tried_after_an_end(at: At) -> None:
    for end in ("refund", "claim", "dispute"):
        deal = at(scenes.ordered if end == "refund" else scenes.revealed, parcel(5_000, 1))
        arguments = deal.disputing(1) if end == "dispute" else (deal.made,)
        deal.exchange.call(SELLER if end == "refund" else BUYER, end, *arguments)
        deal.exchange.wait(10 * DISPUTE)
        for verb, args in (
            ("refund", (deal.made,)),
            ("claim", (deal.made,)),
            ("reveal", deal.revealing()),
            ("dispute", deal.disputing(1)),
        ):
            deal.exchange.refused("wrong_order_status", SELLER, verb, *args)


def test_no_claim_or_dispute_without_a_key_and_no_refund_after_it(at: At) -> None:
    deal = at(scenes.ordered)
    deal.exchange.refused("wrong_order_status", BUYER, "claim", deal.made)
    deal.exchange.refused("wrong_order_status", BUYER, "dispute", *deal.disputing(0))
    deal.exchange.call(SELLER, "reveal", *deal.revealing())
    deal.exchange.refused("wrong_order_status", SELLER, "refund", deal.made)
    deal.exchange.refused("wrong_order_status", SELLER, "reveal", *deal.revealing())


def test_the_key_is_due_until_its_last_second_and_a_refund_after_it(at: At) -> None:
    deal = at(scenes.ordered)
    deal.exchange.wait(DELIVERY)
    for who in (BUYER, STRANGER):
        deal.exchange.refused("delivery_open", who, "refund", deal.made)
    with deal.exchange.anchored():
        deal.exchange.call(SELLER, "reveal", *deal.revealing())
    deal.exchange.wait(1)
    deal.exchange.refused("delivery_deadline_passed", SELLER, "reveal", *deal.revealing())
    deal.exchange.call(STRANGER, "refund", deal.made)


def test_signed_by_both_only_the_seller_reveals_and_only_what_the_buyer_accepted(at: At) -> None:
    deal = at(scenes.ordered)
    exchange, order, root = deal.exchange, deal.made, deal.ware.cipher_root
    for who in (BUYER, STRANGER, RIVAL):
        exchange.refused("not_the_seller", who, "reveal", *deal.revealing())
    exchange.refused("not_accepted", SELLER, "reveal", order, OTHER_KEY, root, deal.acceptance())
    exchange.refused("not_accepted", SELLER, "reveal", order, KEY, word("other root"), deal.acceptance())
    exchange.refused("not_accepted", SELLER, "reveal", order, KEY, root, deal.acceptance(by=SELLER))
    exchange.refused("not_accepted", SELLER, "reveal", order, KEY, root, deal.acceptance(by=OTHER))
    exchange.refused("not_accepted", SELLER, "reveal", order, KEY, root, deal.ordering(order.offer)[1])
    elsewhere = Deal(exchange, deal.ware, replace(order, opened_at=order.opened_at - 1))
    exchange.refused("not_accepted", SELLER, "reveal", order, KEY, root, elsewhere.acceptance())


def test_the_buyer_has_its_time_until_the_last_second_and_the_payee_is_paid_after_it(at: At) -> None:
    deal = at(scenes.revealed, parcel(9_000, 2))
    deal.exchange.wait(DISPUTE)
    for who in (SELLER, STRANGER, deal.made.offer.payee):
        deal.exchange.refused("dispute_open", who, "claim", deal.made)
    with deal.exchange.anchored():
        deal.exchange.call(BUYER, "dispute", *deal.disputing(2))
    deal.exchange.wait(1)
    deal.exchange.refused("dispute_deadline_passed", BUYER, "dispute", *deal.disputing(2))
    deal.exchange.call(STRANGER, "claim", deal.made)


def test_a_dispute_is_over_the_delivered_key_and_ciphertext(at: At) -> None:
    deal = at(scenes.revealed, parcel(9_000, 0))
    order, key, root, *proof = deal.disputing(0)
    deal.exchange.refused("not_the_delivery", BUYER, "dispute", order, OTHER_KEY, root, *proof)
    deal.exchange.refused("not_the_delivery", BUYER, "dispute", order, key, word("root"), *proof)
    other = parcel(9_000, 1, key=OTHER_KEY)
    args = (order, OTHER_KEY, other.cipher_root, *other.proof(1))
    deal.exchange.refused("not_the_delivery", BUYER, "dispute", *args)


def test_an_honest_chunk_is_never_disputed(at: At) -> None:
    for size in (0, 1, 4_079, 4_080, 4_081, len(SMALL.data), 5 * 4_080):
        deal = at(scenes.revealed, parcel(size))
        for index in range(deal.ware.count):
            deal.exchange.refused("chunk_is_right", BUYER, "dispute", *deal.disputing(index))


def test_the_honest_chunks_of_a_spoiled_file_are_right_too(at: At) -> None:
    deal = at(scenes.revealed, parcel(5 * 4_080, 3))
    for index in (0, 1, 2, 4):
        deal.exchange.refused("chunk_is_right", BUYER, "dispute", *deal.disputing(index))
    deal.exchange.call(BUYER, "dispute", *deal.disputing(3))
