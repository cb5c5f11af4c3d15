"""Payments: a permit for exactly the amount, signed only where the allowance is short, and never used twice."""

from pathlib import Path

import pytest

from fedmarket.chain.abi import artifact
from fedmarket.chain.endpoint import Endpoint
from fedmarket.chain.outbox import MemoryOutbox, Order
from fedmarket.chain.permits import NO_PERMIT, Purse, TokenError
from fedmarket.chain.rpc import RpcChain
from fedmarket.chain.sender import Sender
from fedmarket.chain.tester import BareChain, TesterChain
from fedmarket.domain.errors import ContractRefusal, UsageError

from .bad_nodes import Killed, failing, kill
from .chain_story import ACCOUNTS, AGE_KEY, COIN, SECRETS, open_terms

REQUESTER = ACCOUNTS["requester"]
SECRET = SECRETS["requester"]
TASK = open_terms("paid")


@pytest.fixture
def chain() -> TesterChain:
    started = TesterChain.start(ACCOUNTS.values())
    started.mint(REQUESTER, 10**6 * COIN)
    return started


def purse(chain: TesterChain) -> Purse:
    endpoint = Endpoint(chain.web3)
    return Purse(endpoint, chain.chain_id, chain.token, chain.market, artifact("Token"))


def permits_used(chain: TesterChain) -> int:
    shape = artifact("Token").functions["nonces"]
    asked = {"to": chain.token, "data": "0x" + shape.encode(REQUESTER).hex()}
    return int(shape.decode(Endpoint(chain.web3).call(asked))[0])


def allow(chain: TesterChain, amount: int) -> None:
    data = "0x" + artifact("Token").functions["approve"].encode(chain.market, amount).hex()
    sender = Sender(Endpoint(chain.web3), chain.chain_id, REQUESTER, MemoryOutbox())
    assert sender.send(SECRET, Order("approve", chain.token, data, 100_000, "approve")).succeeded


def test_without_an_allowance_a_permit_pays_exactly_the_amount(chain: TesterChain) -> None:
    chain.call(SECRET, "open_task", TASK, pays=TASK.escrow)
    assert permits_used(chain) == 1
    assert chain.balance(chain.market) == TASK.escrow
    assert purse(chain).permit(SECRET, 1) != NO_PERMIT


def test_an_allowance_that_suffices_needs_no_permit(chain: TesterChain) -> None:
    allow(chain, TASK.escrow)
    assert purse(chain).permit(SECRET, TASK.escrow) == NO_PERMIT
    chain.call(SECRET, "open_task", TASK, pays=TASK.escrow)
    assert permits_used(chain) == 0


def test_an_allowance_one_unit_short_is_topped_by_a_permit(chain: TesterChain) -> None:
    allow(chain, TASK.escrow - 1)
    chain.call(SECRET, "open_task", TASK, pays=TASK.escrow)
    assert permits_used(chain) == 1


def test_a_verb_that_pays_nothing_asks_the_token_nothing(chain: TesterChain) -> None:
    free = open_terms("free seats")
    unpaid = {"aggregator_bond": 0, "evaluator_bond": 0, "trigger_reward": 0}
    chain.call(SECRET, "open_task", type(free)(**{**vars(free), **unpaid}), pays=free.escrow)
    chain.call(SECRETS["aggregator"], "take_seat", 1, AGE_KEY)
    assert chain.events(0)[-1].name == "SeatTaken"


def test_more_than_the_account_holds_is_refused_by_the_contract(chain: TesterChain) -> None:
    with pytest.raises(ContractRefusal) as caught:
        chain.call(SECRETS["stranger"], "open_task", TASK, pays=TASK.escrow)
    assert caught.value.reason == "payment_failed"


def test_a_permit_left_behind_by_a_crash_does_not_spoil_the_next_one(chain: TesterChain, tmp_path: Path) -> None:
    dying = failing(chain.web3, "eth_sendRawTransaction", kill, "before")
    first, second = open_terms("first"), open_terms("second")
    with pytest.raises(Killed):
        RpcChain(dying, chain.market, outbox=tmp_path).call(SECRET, "open_task", first, pays=first.escrow)
    after = RpcChain(chain.web3, chain.market, outbox=tmp_path)
    after.call(SECRET, "open_task", second, pays=second.escrow)
    assert [event.fields["terms_hash"] for event in chain.events(0)] == [first.terms_hash, second.terms_hash]
    assert permits_used(chain) == 2


def test_a_paid_call_that_is_made_again_after_a_crash_is_paid_once(chain: TesterChain, tmp_path: Path) -> None:
    dying = failing(chain.web3, "eth_sendRawTransaction", kill, "after")
    with pytest.raises(Killed):
        RpcChain(dying, chain.market, outbox=tmp_path).call(SECRET, "open_task", TASK, pays=TASK.escrow)
    after = RpcChain(chain.web3, chain.market, outbox=tmp_path)
    receipt = after.call(SECRET, "open_task", TASK, pays=TASK.escrow)
    assert receipt.verb == "open_task"
    assert chain.balance(chain.market) == TASK.escrow


def test_an_address_that_is_no_token_is_a_sentence() -> None:
    bare = BareChain()
    nothing = Purse(bare.endpoint, bare.endpoint.chain_id(), REQUESTER, ACCOUNTS["stranger"], artifact("Token"))
    with pytest.raises(TokenError) as caught:
        nothing.balance(REQUESTER)
    assert caught.value.error_id == "chain.not_a_token"


@pytest.mark.parametrize("args", [("one", AGE_KEY), (-1, AGE_KEY), (2**256, AGE_KEY), (1, 7), (1, b"short")])
def test_arguments_that_the_contract_cannot_take_are_refused_before_anything_is_sent(
    args: tuple[object, ...], chain: TesterChain
) -> None:
    with pytest.raises(UsageError) as caught:
        chain.call(SECRET, "take_seat", *args)
    assert caught.value.error_id == "chain.bad_argument"
    assert chain.head().block == 3
