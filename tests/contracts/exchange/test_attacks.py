"""Attacks on the exchange by name: replays, tokens that misbehave, calls from within, stakes promised twice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from fedmarket.domain.accounts import sign
from fedmarket.domain.exchange.offer import Order, Signature
from fedmarket.domain.exchange.reference import DISPATCH
from fedmarket.domain.typed_data import SigningDomain, permit_digest
from tests.contracts.cast import secret_of, word
from tests.contracts.compiled import deploy
from tests.contracts.exchange import scenes
from tests.contracts.exchange.paired import PairedExchange
from tests.contracts.exchange.scenes import STAKE, Deal
from tests.contracts.exchange.wares import (
    BOND,
    BUYER,
    DISPUTE,
    KEY,
    NAMES,
    OTHER,
    PAYEE,
    PRICE,
    SELLER,
    SMALL,
    STRANGER,
    accepted,
    parcel,
    signed,
)

At = Callable[..., Deal]
REFUSED_WITH_NONE = 3
SPOILED = parcel(9_000, 1)


def test_an_offer_for_another_chain_or_another_exchange_is_refused(at: At) -> None:
    deal = at(scenes.staked)
    home, offer = deal.exchange.book.domain, deal.offer()
    for foreign in (
        replace(home, chain_id=home.chain_id + 1),
        replace(home, contract=deal.exchange.token.address),
        replace(home, name="another"),
        replace(home, version="2"),
    ):
        deal.exchange.refused("bad_offer_signature", BUYER, "order", offer, signed(offer, foreign))


def test_on_a_fork_with_an_id_of_its_own_only_what_was_signed_for_it_counts() -> None:
    exchange = PairedExchange()
    deal = scenes.staked(exchange)
    old = deal.ordering(deal.offer())
    exchange.env.evm.patch.chain_id = exchange.book.chain_id = exchange.book.chain_id + 6
    exchange.refused("bad_offer_signature", BUYER, "order", *old)
    exchange.call(BUYER, "order", *deal.ordering(deal.offer()))


def test_an_acceptance_from_another_chain_or_another_exchange_is_refused(at: At) -> None:
    deal = at(scenes.ordered)
    home, root = deal.exchange.book.domain, deal.ware.cipher_root
    for foreign in (replace(home, chain_id=home.chain_id + 1), replace(home, contract=STRANGER)):
        acceptance = accepted(deal.made, foreign, KEY, root)
        deal.exchange.refused("not_accepted", SELLER, "reveal", deal.made, KEY, root, acceptance)


def test_an_acceptance_does_not_count_for_a_second_order_of_the_same_offer(at: At) -> None:
    deal = at(scenes.ordered)
    first, offer = deal.acceptance(), deal.made.offer
    deal.reveal()
    deal.exchange.wait(1)
    deal.exchange.call(BUYER, "order", *deal.ordering(offer))
    again = Order(offer, BUYER, deal.exchange.now)
    deal.exchange.refused("not_accepted", SELLER, "reveal", again, KEY, deal.ware.cipher_root, first)


def test_a_buyer_cannot_accept_rubbish_of_its_own_and_take_the_bond(at: At) -> None:
    deal = at(scenes.ordered)
    rubbish = parcel(len(SMALL.data), 0)
    acceptance = deal.acceptance(word("buyer's key"), rubbish.cipher_root)
    for who in (BUYER, STRANGER):
        args = (deal.made, word("buyer's key"), rubbish.cipher_root, acceptance)
        deal.exchange.refused("not_the_seller", who, "reveal", *args)


def test_one_stake_does_not_stand_for_two_orders(at: At) -> None:
    deal = at(scenes.staked)
    deal.place(bond=STAKE)
    deal.exchange.wait(1)
    offer = deal.offer(bond=1)
    deal.exchange.refused("stake_too_small", OTHER, "order", *deal.ordering(offer))
    deal.exchange.refused("stake_too_small", SELLER, "unstake", 1)
    deal.exchange.call(SELLER, "refund", deal.made)
    deal.exchange.call(OTHER, "order", *deal.ordering(offer))


def test_orders_are_apart_what_one_loses_the_other_keeps(at: At) -> None:
    deal = at(scenes.revealed, SPOILED)
    first = deal.made
    second = deal.place(OTHER)
    deal.exchange.call(BUYER, "dispute", first, KEY, SPOILED.cipher_root, *SPOILED.proof(1))
    assert deal.exchange.book.sales[deal.exchange.id(second)].deadline > deal.exchange.now
    deal.exchange.call(SELLER, "reveal", *deal.revealing())
    deal.exchange.wait(DISPUTE + 1)
    deal.exchange.call(STRANGER, "claim", second)
    assert deal.exchange.view("stake_of", SELLER) == STAKE - BOND


def test_reveal_and_refund_in_one_block_the_first_counts(at: At) -> None:
    deal = at(scenes.ordered)
    with deal.exchange.anchored():
        deal.exchange.call(SELLER, "reveal", *deal.revealing())
        deal.exchange.refused("wrong_order_status", SELLER, "refund", deal.made)
        deal.exchange.call(BUYER, "claim", deal.made)
    deal.exchange.call(SELLER, "refund", deal.made)
    deal.exchange.refused("wrong_order_status", SELLER, "reveal", *deal.revealing())


def test_order_reveal_and_dispute_in_one_block(at: At) -> None:
    deal = at(scenes.ordered, SPOILED)
    deal.reveal()
    deal.exchange.call(BUYER, "dispute", *deal.disputing(1))
    deal.exchange.refused("wrong_order_status", BUYER, "claim", deal.made)


def test_bonds_pay_buyers_and_nobody_else_whoever_disputes(at: At) -> None:
    for who in (BUYER, STRANGER, SELLER, PAYEE):
        deal = at(scenes.revealed, SPOILED)
        before = {account: deal.exchange.balance(account) for account in NAMES}
        deal.exchange.call(who, "dispute", *deal.disputing(1))
        gained = {account: deal.exchange.balance(account) - before[account] for account in NAMES}
        assert gained == dict.fromkeys(NAMES, 0) | {BUYER: PRICE + BOND}


# --- tokens


def test_a_token_that_keeps_a_fee_is_refused() -> None:
    exchange = PairedExchange("fee_token")
    deal = Deal(exchange, SMALL)
    assert exchange.send(SELLER, "stake", 100)[0] == "payment_failed"
    assert exchange.send(BUYER, "order", *deal.ordering(deal.offer(bond=0)))[0] == "payment_failed"
    exchange.must_agree()


@pytest.mark.parametrize(("answer", "moves"), [(False, False), (False, True), (True, False)])
def test_a_token_that_answers_false_or_moves_nothing_is_refused(answer: bool, moves: bool) -> None:
    exchange = PairedExchange("false_token")
    exchange.token.set(True, True)
    deal = scenes.staked(exchange)
    exchange.token.set(answer, moves)
    assert exchange.send(SELLER, "stake", 100)[0] == "payment_failed"
    assert exchange.send(BUYER, "order", *deal.ordering(deal.offer()))[0] == "payment_failed"
    exchange.must_agree()


def test_a_payout_that_fails_can_be_called_again() -> None:
    exchange = PairedExchange("false_token")
    exchange.token.set(True, True)
    deal = scenes.revealed(exchange, SPOILED)
    disputed = deal.made
    waiting = deal.place(OTHER)
    exchange.token.set(False, False)
    assert exchange.send(BUYER, "dispute", disputed, KEY, SPOILED.cipher_root, *SPOILED.proof(1))[0] == "payout_failed"
    assert exchange.send(BUYER, "claim", disputed)[0] == "payout_failed"
    assert exchange.send(SELLER, "refund", waiting)[0] == "payout_failed"
    assert exchange.send(SELLER, "unstake", 1)[0] == "payout_failed"
    exchange.token.set(True, True)
    exchange.call(BUYER, "claim", disputed)
    exchange.call(SELLER, "refund", waiting)
    exchange.call(SELLER, "unstake", 1)


def test_tokens_that_nobody_paid_in_are_held_for_nobody(at: At) -> None:
    deal = at(scenes.revealed)
    deal.exchange.token.mint(deal.exchange.address, 777)
    deal.exchange.wait(DISPUTE + 1)
    assert deal.exchange.send(STRANGER, "claim", deal.made)[0] is None
    assert deal.exchange.send(SELLER, "unstake", STAKE)[0] is None
    assert deal.exchange.balance(deal.exchange.address) == 777


def test_the_shortfall_of_a_shrinking_token_hits_who_comes_last_and_a_donation_heals_it() -> None:
    exchange = PairedExchange("rebasing_token")
    deal = scenes.revealed(exchange)
    exchange.token.shrink(exchange.address, PRICE)
    exchange.wait(DISPUTE + 1)
    assert exchange.send(STRANGER, "claim", deal.made)[0] is None
    assert exchange.send(SELLER, "unstake", STAKE)[0] == "payout_failed"
    exchange.token.mint(exchange.address, PRICE)
    assert exchange.send(SELLER, "unstake", STAKE)[0] is None


def test_a_permit_that_somebody_else_handed_in_does_not_stop_the_order(at: At) -> None:
    exchange = PairedExchange("silent_token")
    deal = scenes.staked(exchange)
    # the allowance is there already: a permit that would revert is not even looked at
    exchange.call(BUYER, "order", *deal.ordering(deal.offer()), permit=(1, 27, bytes(32), bytes(32)))


# --- calls from within


def inner(deal: Deal) -> dict[str, tuple[Any, ...]]:
    """Every verb, with arguments that mean something."""
    return {
        "stake": (1,),
        "unstake": (1,),
        "revoke_offers": (),
        "order": deal.ordering(deal.offer(reference=word("inner"))),
        "refund": (deal.made,),
        "reveal": deal.revealing(),
        "dispute": deal.disputing(1),
        "claim": (deal.made,),
    }


def views(deal: Deal) -> dict[str, tuple[Any, ...]]:
    return {
        "standing": (deal.exchange.id(deal.made),),
        "stake_of": (SELLER,),
        "series_of": (SELLER,),
        "order_id": (deal.made,),
        "offer_digest": (deal.made.offer,),
    }


OUTER: dict[str, Callable[[Deal], tuple[Any, ...]]] = {
    "stake": lambda deal: (SELLER, "stake", 5),
    "unstake": lambda deal: (SELLER, "unstake", 5),
    "order": lambda deal: (OTHER, "order", *deal.ordering(deal.offer(reference=word("outer")))),
    "refund": lambda deal: (SELLER, "refund", deal.made),
    "dispute": lambda deal: (BUYER, "dispute", *deal.disputing(1)),
    "claim": lambda deal: (BUYER, "claim", deal.made),
}
"""Every verb that moves tokens, in a scene in which it goes through."""


@pytest.mark.parametrize("verb", OUTER)
def test_reentry_from_within_a_payment_finds_every_door_locked(verb: str) -> None:
    exchange = PairedExchange("reentrant_token")
    for account in NAMES:
        exchange.token.approve(exchange.address, 2**256 - 1, sender=account)
    play = scenes.revealed if verb in ("dispute", "claim") else scenes.ordered
    deal = play(exchange, SPOILED)
    assert inner(deal).keys() == DISPATCH.keys()
    assert inner(deal).keys() | views(deal).keys() | {"token"} == exchange.abi.functions.keys()
    inside = [exchange.data(name, *args) for name, args in (inner(deal) | views(deal)).items()]
    for data in inside:
        with exchange.env.anchor():
            computation = exchange.execute(exchange.token.address, data)
            assert not (computation.is_error and computation.output == b""), "the call itself is malformed"
    exchange.token.arm(exchange.address, inside)
    exchange.call(*OUTER[verb](deal))
    assert exchange.token.answered() == [REFUSED_WITH_NONE] * len(inside)


def test_a_first_order_by_a_permit_on_a_real_token() -> None:
    exchange = PairedExchange("silent_token")
    token = deploy(exchange.env, "Token", "Coin", "COIN")
    real = deploy(exchange.env, "Exchange", token.address)
    for account in (SELLER, BUYER):
        token.mint(account, 10_000)
    token.approve(real.address, STAKE, sender=SELLER)
    exchange.env.evm.patch.timestamp = exchange.now
    real.stake(STAKE, (0, 0, bytes(32), bytes(32)), sender=SELLER)
    chain_id = exchange.book.chain_id
    home = SigningDomain(chain_id, str(real.address))
    offer = Deal(exchange, SMALL).offer()
    digest = permit_digest(
        SigningDomain(chain_id, str(token.address), "Coin", "1"),
        owner=BUYER,
        spender=str(real.address),
        value=PRICE,
        nonce=0,
        deadline=exchange.now + 60,
    )
    allowed = Signature.read(sign(digest, secret_of("buyer")))
    permit = (exchange.now + 60, allowed.v, allowed.r, allowed.s)
    signature = signed(offer, home)
    plain = tuple(offer.__dict__.values())
    real.order(plain, (signature.v, signature.r, signature.s), permit, sender=BUYER)
    assert token.balanceOf(real.address) == STAKE + PRICE


def test_a_seller_cannot_stake_so_much_that_a_refund_fails(at: At) -> None:
    deal = at(scenes.ordered)
    deal.exchange.token.mint(SELLER, 2**130)
    deal.exchange.book.balances[SELLER] += 2**130
    for _ in range(3):
        deal.exchange.call(SELLER, "stake", 2**112 - 1)
    deal.exchange.call(SELLER, "revoke_offers")
    deal.exchange.call(SELLER, "refund", deal.made)
    assert deal.exchange.view("stake_of", SELLER) == STAKE + 3 * (2**112 - 1)
