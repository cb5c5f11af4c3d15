"""Random sellers, buyers and strangers on contract and reference at once: both must answer alike, whatever they do.

Quick by default, for long where FEDMARKET_STATEFUL=deep.
"""

import os
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from fedmarket.domain.errors import ContractRefusal
from fedmarket.domain.exchange.chunks import PAYLOAD
from fedmarket.domain.exchange.offer import Order
from fedmarket.domain.exchange.state import OrderStatus
from tests.contracts.cast import word
from tests.contracts.exchange.paired import PairedExchange
from tests.contracts.exchange.wares import (
    BUYER,
    DELIVERY,
    DISPUTE,
    KEY,
    NAMES,
    OTHER,
    OTHER_KEY,
    PAUPER,
    PAYEE,
    RIVAL,
    SELLER,
    STRANGER,
    Parcel,
    accepted,
    offer_of,
    parcel,
    signed,
)

SIZES = (0, 1, PAYLOAD - 1, PAYLOAD, PAYLOAD + 1, 3 * PAYLOAD - 9, 5 * PAYLOAD)
WARES = [parcel(size) for size in SIZES]
SPOILED = [parcel(size, (size // PAYLOAD) // 2) for size in SIZES] + [parcel(size, key=OTHER_KEY) for size in SIZES]
SEEDS = st.integers(0, 2**32 - 1)
BUYERS = (BUYER, OTHER, PAUPER)
SELLERS = (SELLER, RIVAL)
OPEN = (OrderStatus.ORDERED, OrderStatus.REVEALED)
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
QUICK = settings(PATIENT, phases=(Phase.generate,), max_examples=8, stateful_step_count=40, derandomize=True)
DEEP = settings(PATIENT, max_examples=400, stateful_step_count=60, print_blob=True)

MILESTONES = {"staked", "ordered", "revealed", "paid", "refunded", "disputed", "declined", "revoked", "false dispute"}
RULES: list[tuple[str, tuple[str, ...]]] = [
    ("a_seller_moves_its_stake", ()),
    ("a_seller_revokes", ()),
    ("somebody_orders", ()),
    ("a_seller_reveals", ("orders",)),
    ("somebody_disputes", ("sent",)),
    ("somebody_ends_an_order", ("orders",)),
    ("a_sale_goes_on", ("orders",)),
    ("time_passes", ()),
]
"""The machine's rules, each with what must not be empty for it."""
RUNS, STEPS = 8, 60
SEEN: Counter[str] = Counter()


class ExchangeMachine(RuleBasedStateMachine):
    """Plays one exchange; every call is made on both sides, and compared with all balances after it."""

    exchange: PairedExchange

    def __init__(self) -> None:
        super().__init__()
        self.undo = ExitStack()
        self.undo.enter_context(self.exchange.anchored())
        self.orders: dict[bytes, tuple[Order, Parcel]] = {}
        self.sent: dict[bytes, tuple[bytes, Parcel]] = {}
        for seller in SELLERS:
            self.exchange.call(seller, "stake", 1_000)

    def tried(self, milestone: str, sender: str, verb: str, *args: Any) -> bool:
        """Call a verb that may be refused; tell whether it went through."""
        try:
            self.exchange.call(sender, verb, *args)
        except ContractRefusal:
            return False
        SEEN[milestone] += 1
        return True

    def any_order(self, dice: Random) -> tuple[bytes, Order, Parcel]:
        order_id = dice.choice(list(self.orders))
        order, ware = self.orders[order_id]
        if dice.random() < 0.1:
            order = replace(order, opened_at=order.opened_at + 1)
        return order_id, order, ware

    @rule(seed=SEEDS)
    def a_seller_moves_its_stake(self, seed: int) -> None:
        dice = Random(seed)
        amount = dice.choice((0, 1, 30, 170, 200, 10**25, 2**112))
        self.tried("staked", dice.choice((*SELLERS, PAUPER)), dice.choice(("stake", "unstake")), amount)

    @rule(seed=SEEDS)
    def a_seller_revokes(self, seed: int) -> None:
        dice = Random(seed)
        if dice.random() < 0.3:
            self.tried("revoked", dice.choice(SELLERS), "revoke_offers")

    @rule(seed=SEEDS)
    def somebody_orders(self, seed: int) -> None:
        dice, exchange = Random(seed), self.exchange
        seller, buyer, ware = dice.choice(SELLERS), dice.choice(BUYERS), dice.choice(WARES)
        offer = offer_of(
            ware,
            exchange.now + dice.choice((0,) * 9 + (-86_401,)),
            seller=seller,
            buyer=dice.choice(("0x" + "0" * 40, "0x" + "0" * 40, BUYER)),
            payee=dice.choice((PAYEE, PAYEE, seller)),
            price=dice.choice((0, 1, 5, 1_000, 1_000)),
            bond=dice.choice((0, 30, 30, 150)),
            series=max(0, exchange.book.series.get(seller, 0) - (dice.random() < 0.1)),
            reference=word(str(dice.randrange(3))),
        )
        domain, signer = exchange.book.domain, dice.choice((seller,) * 9 + (STRANGER,))
        home = domain if dice.random() < 0.9 else replace(domain, chain_id=domain.chain_id + 1)
        if self.tried("ordered", buyer, "order", offer, signed(offer, home, signer)):
            order = Order(offer, buyer, exchange.now)
            self.orders[exchange.id(order)] = order, ware

    @precondition(lambda machine: bool(machine.orders))
    @rule(seed=SEEDS)
    def a_seller_reveals(self, seed: int) -> None:
        dice = Random(seed)
        order_id, order, ware = self.any_order(dice)
        if dice.random() < 0.5:
            ware = dice.choice([other for other in SPOILED if len(other.data) == len(ware.data)])
        key = dice.choice((KEY, KEY, KEY, OTHER_KEY))
        signer = dice.choice((order.buyer, order.buyer, order.buyer, order.buyer, order.offer.seller))
        agreed = dice.choice((key, key, key, KEY))
        acceptance = accepted(order, self.exchange.book.domain, agreed, ware.cipher_root, signer)
        sender = dice.choice((order.offer.seller, order.offer.seller, order.offer.seller, order.buyer))
        if self.tried("revealed", sender, "reveal", order, key, ware.cipher_root, acceptance):
            self.sent[order_id] = key, ware

    @precondition(lambda machine: bool(machine.sent))
    @rule(seed=SEEDS)
    def somebody_disputes(self, seed: int) -> None:
        dice = Random(seed)
        order_id = dice.choice(list(self.sent))
        (order, _), (key, ware) = self.orders[order_id], self.sent[order_id]
        index = dice.randrange(ware.count)
        args = list((order, key, ware.cipher_root, *ware.proof(index)))
        if dice.random() < 0.3:
            place = dice.randrange(1, 7)
            args[place] = spoil(args[place], dice)
        proved = self.tried("disputed", dice.choice(sorted(NAMES)), "dispute", *args)
        wrong = index in ware.spoiled or key != ware.key
        assert not proved or wrong, "a right chunk was proved wrong"
        if not proved and not wrong:
            SEEN["false dispute"] += 1

    @precondition(lambda machine: bool(machine.orders))
    @rule(seed=SEEDS)
    def somebody_ends_an_order(self, seed: int) -> None:
        dice = Random(seed)
        _, order, _ = self.any_order(dice)
        verb = dice.choice(("refund", "claim"))
        sender = dice.choice((order.buyer, STRANGER, STRANGER, order.offer.seller))
        early = verb == "refund" and sender == order.offer.seller
        self.tried("declined" if early else {"refund": "refunded", "claim": "paid"}[verb], sender, verb, order)

    @precondition(lambda machine: bool(machine.orders))
    @rule(seed=SEEDS)
    def a_sale_goes_on(self, seed: int) -> None:
        """Whoever is next does what is sensible: reveal, honestly or not; prove what is wrong; or wait and be paid."""
        dice = Random(seed)
        order_id = dice.choice(list(self.orders))
        (order, ware), sale = self.orders[order_id], self.exchange.book.sales[order_id]
        if sale.status is OrderStatus.ORDERED and self.exchange.now <= sale.deadline:
            sent = dice.choice([ware, *(other for other in SPOILED if len(other.data) == len(ware.data))])
            acceptance = accepted(order, self.exchange.book.domain, KEY, sent.cipher_root)
            self.tried("revealed", order.offer.seller, "reveal", order, KEY, sent.cipher_root, acceptance)
            self.sent[order_id] = KEY, sent
        elif sale.status is OrderStatus.REVEALED:
            key, sent = self.sent[order_id]
            wrong = [i for i in range(sent.count) if i in sent.spoiled or key != sent.key]
            if wrong and self.exchange.now <= sale.deadline:
                proof = sent.proof(dice.choice(wrong))
                self.exchange.call(order.buyer, "dispute", order, key, sent.cipher_root, *proof)
                SEEN["disputed"] += 1
            else:
                self.exchange.wait_until(max(self.exchange.now, sale.deadline + 1))
                self.exchange.call(STRANGER, "claim", order)
                SEEN["paid"] += 1

    @rule(seed=SEEDS)
    def time_passes(self, seed: int) -> None:
        dice = Random(seed)
        deadlines = [
            sale.deadline + late
            for sale in self.exchange.book.sales.values()
            for late in (0, 1)
            if sale.status in OPEN and sale.deadline + late >= self.exchange.now
        ]
        if deadlines and dice.random() < 0.4:
            self.exchange.wait_until(dice.choice(deadlines))
        else:
            self.exchange.wait(dice.choice((0, 1, 10, DELIVERY // 2, DISPUTE // 2)))

    @invariant()
    def covered(self) -> None:
        self.exchange.must_agree()

    def teardown(self) -> None:
        """After every deadline a stranger ends each open order, and the sellers empty the exchange."""
        with self.undo:
            self.exchange.wait(2 * DISPUTE)
            for order_id, (order, _) in self.orders.items():
                status = self.exchange.book.sales[order_id].status
                if status in OPEN:
                    verb = "refund" if status is OrderStatus.ORDERED else "claim"
                    self.exchange.call(STRANGER, verb, order)
            self.paid_for_a_key()
            for account in NAMES:
                if stake := self.exchange.book.stakes.get(account):
                    self.exchange.call(account, "unstake", stake)
            assert self.exchange.balance(self.exchange.address) == 0

    def paid_for_a_key(self) -> None:
        """Nobody is paid, and no bond is lost, for an order whose key never came."""
        for order_id, sale in self.exchange.book.sales.items():
            assert (sale.status is OrderStatus.REFUNDED) == (order_id not in self.sent)


def spoil(value: Any, dice: Random) -> Any:
    """Return something like `value` that is not it."""
    if isinstance(value, bytes):
        return word("spoiled")
    if isinstance(value, int):
        return value + dice.choice((1, 2**200))
    if not value:
        return [(word("x"), word("y"))]
    return value[:-1] if isinstance(value[0], tuple) else [value[0] ^ 1, *value[1:]]


def machine() -> type[ExchangeMachine]:
    """Return the machine on an exchange of its own."""
    return type("Machine", (ExchangeMachine,), {"exchange": PairedExchange()})


def test_reference_and_contract_answer_alike_whatever_buyers_and_sellers_do() -> None:
    deep = os.environ.get("FEDMARKET_STATEFUL") == "deep"
    run_state_machine_as_test(machine(), settings=DEEP if deep else QUICK)


def test_reference_and_contract_answer_alike_in_every_corner() -> None:
    kind = machine()
    needs = dict(RULES)
    SEEN.clear()
    for run in range(RUNS):
        played, dice = kind(), Random(run)
        for _ in range(STEPS):
            name = dice.choice([*needs, "somebody_orders", "a_sale_goes_on", "a_sale_goes_on"])
            if all(getattr(played, need) for need in needs[name]):
                getattr(played, name)(seed=dice.randrange(2**32))
                played.covered()
        played.teardown()
    assert SEEN.keys() >= MILESTONES, f"never reached: {MILESTONES - SEEN.keys()}"
