"""A call is sent once: not lost, not doubled, whatever dies in between and however many threads send."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fedmarket.chain.endpoint import Block, Endpoint, NodeError
from fedmarket.chain.fees import quote
from fedmarket.chain.outbox import FileOutbox, MemoryOutbox, Order, Outbox
from fedmarket.chain.sender import Pace, Sender, SendRefused
from fedmarket.chain.tester import BareChain
from fedmarket.domain.accounts import address_of
from fedmarket.domain.errors import ChainError

from .bad_nodes import (
    CHAIN_ID,
    FailingOutbox,
    ForgetfulEndpoint,
    Killed,
    cut_off,
    failing,
    kill,
    survive,
)

SECRET = bytes(31) + b"\x07"
ACCOUNT = address_of(SECRET)
QUICK = Pace(look=0.01, resend=0.02, give_up=0.3)


@pytest.fixture
def chain() -> BareChain:
    return BareChain([ACCOUNT])


def transfer(wei: int) -> Order:
    """A payment of `wei` to an account of its own."""
    return Order("fund", payee(wei), "0x", 21_000, f"pay {wei}", wei)


def payee(wei: int) -> str:
    return address_of(bytes(24) + (10**9 + wei).to_bytes(8, "big"))


def received(chain: BareChain, wei: int) -> int:
    return int(chain.endpoint.ask("eth_getBalance", payee(wei), "latest"))


def sender(endpoint: Endpoint, outbox: Outbox, pace: Pace = QUICK) -> Sender:
    return Sender(endpoint, CHAIN_ID, ACCOUNT, outbox, pace)


def box(folder: Path) -> FileOutbox:
    return FileOutbox(folder, CHAIN_ID, ACCOUNT)


def waiting(outbox: Outbox) -> list[int]:
    with outbox.held():
        return [call.nonce for call in outbox.read()]


Broken = Callable[[BareChain, Path], Sender]
CRASHES: dict[str, Broken] = {
    "before the outbox is written": lambda chain, folder: sender(
        chain.endpoint, FailingOutbox(folder, ACCOUNT, 1, "before")
    ),
    "after the outbox is written": lambda chain, folder: sender(
        chain.endpoint, FailingOutbox(folder, ACCOUNT, 1, "after")
    ),
    "before the send": lambda chain, folder: sender(
        Endpoint(failing(chain.web3, "eth_sendRawTransaction", kill, "before")), box(folder)
    ),
    "after the send": lambda chain, folder: sender(
        Endpoint(failing(chain.web3, "eth_sendRawTransaction", kill, "after")), box(folder)
    ),
    "before the receipt": lambda chain, folder: sender(
        Endpoint(failing(chain.web3, "eth_getTransactionReceipt", kill, "before")), box(folder)
    ),
    "after the receipt": lambda chain, folder: sender(
        Endpoint(failing(chain.web3, "eth_getTransactionReceipt", kill, "after")), box(folder)
    ),
    "before the outbox is emptied": lambda chain, folder: sender(
        chain.endpoint, FailingOutbox(folder, ACCOUNT, 2, "before")
    ),
    "after the outbox is emptied": lambda chain, folder: sender(
        chain.endpoint, FailingOutbox(folder, ACCOUNT, 2, "after")
    ),
}


@pytest.mark.parametrize("moment", sorted(CRASHES.keys() - {"after the outbox is emptied"}))
def test_a_call_that_is_made_again_after_a_crash_happens_once(moment: str, chain: BareChain, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        CRASHES[moment](chain, tmp_path).send(SECRET, transfer(5))
    mined = sender(chain.endpoint, box(tmp_path)).send(SECRET, transfer(5))
    assert mined.succeeded
    assert received(chain, 5) == 5
    assert waiting(box(tmp_path)) == []


@pytest.mark.parametrize("moment", sorted(CRASHES.keys() - {"before the outbox is written"}))
def test_a_call_that_was_written_down_survives_a_crash_and_another_call(
    moment: str, chain: BareChain, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        CRASHES[moment](chain, tmp_path).send(SECRET, transfer(5))
    sender(chain.endpoint, box(tmp_path)).send(SECRET, transfer(6))
    assert (received(chain, 5), received(chain, 6)) == (5, 6)
    assert waiting(box(tmp_path)) == []


def test_crash_after_crash_loses_and_doubles_nothing(chain: BareChain, tmp_path: Path) -> None:
    for wei in range(1, 7):
        for moment in ("before the send", "after the send", "before the outbox is emptied"):
            survive(lambda wei=wei, moment=moment: CRASHES[moment](chain, tmp_path).send(SECRET, transfer(wei)))  # type: ignore[misc]
    sender(chain.endpoint, box(tmp_path)).send(SECRET, transfer(7))
    assert [received(chain, wei) for wei in range(1, 8)] == list(range(1, 8))


def test_the_transaction_is_on_the_disk_before_the_node_hears_of_it(chain: BareChain, tmp_path: Path) -> None:
    seen: list[Any] = []

    class Watching(Endpoint):
        def send(self, raw: str) -> None:
            for file in tmp_path.glob("*.jsonl"):
                seen.extend(json.loads(line) for line in file.read_text().splitlines())
            assert raw == seen[0]["attempts"][0]["raw"]
            super().send(raw)

    mined = sender(Watching(chain.web3), box(tmp_path)).send(SECRET, transfer(1))
    assert [line["attempts"][0]["hash"] for line in seen] == [mined.transaction]


def test_a_lost_answer_is_an_error_and_the_same_call_again_is_not_doubled(chain: BareChain, tmp_path: Path) -> None:
    cut = Endpoint(failing(chain.web3, "eth_sendRawTransaction", cut_off, "after"))
    unlucky = sender(cut, box(tmp_path))
    with pytest.raises(ChainError):
        unlucky.send(SECRET, transfer(9))
    assert unlucky.send(SECRET, transfer(9)).succeeded
    assert received(chain, 9) == 9


def test_twenty_threads_take_twenty_nonces(chain: BareChain, tmp_path: Path) -> None:
    shared = sender(chain.endpoint, box(tmp_path))
    with ThreadPoolExecutor(20) as pool:
        mined = list(pool.map(lambda wei: shared.send(SECRET, transfer(wei)), range(1, 21)))
    assert all(each.succeeded for each in mined)
    assert sorted(each.block for each in mined) == list(range(1, 21))
    assert [received(chain, wei) for wei in range(1, 21)] == list(range(1, 21))


def test_two_programs_with_one_key_share_its_outbox(chain: BareChain, tmp_path: Path) -> None:
    programs = [sender(chain.endpoint, box(tmp_path)) for _ in range(2)]
    with ThreadPoolExecutor(8) as pool:
        mined = list(pool.map(lambda wei: programs[wei % 2].send(SECRET, transfer(wei)), range(1, 17)))
    assert all(each.succeeded for each in mined)
    assert [received(chain, wei) for wei in range(1, 17)] == list(range(1, 17))
    assert chain.endpoint.nonce(ACCOUNT, "latest") == 16


def test_a_nonce_that_another_program_took_is_not_insisted_on(chain: BareChain) -> None:
    class Behind(Endpoint):
        answers = iter([0, 0])

        def nonce(self, account: str, tag: str) -> int:
            return next(self.answers, super().nonce(account, tag))

    sender(chain.endpoint, MemoryOutbox()).send(SECRET, transfer(1))
    assert sender(Behind(chain.web3), MemoryOutbox()).send(SECRET, transfer(2)).succeeded
    assert received(chain, 2) == 2


def test_a_transaction_that_the_pool_lost_is_sent_again(chain: BareChain) -> None:
    forgetful = ForgetfulEndpoint(chain.web3, 2)
    assert sender(forgetful, MemoryOutbox()).send(SECRET, transfer(3)).succeeded
    assert len(forgetful.heard) == 3
    assert received(chain, 3) == 3


def test_when_prices_rise_the_same_nonce_offers_more(chain: BareChain, tmp_path: Path) -> None:
    class Dearer(ForgetfulEndpoint):
        def latest(self) -> Block:
            return replace(super().latest(), base_fee=10**9 * (1 + 4 * len(self.heard)))

    outbox = box(tmp_path)
    dearer = Dearer(chain.web3, 1)
    assert sender(dearer, outbox).send(SECRET, transfer(3)).succeeded
    assert len(set(dearer.heard)) == 2
    assert chain.endpoint.nonce(ACCOUNT, "latest") == 1


def test_a_chain_without_eip_1559_is_paid_by_gas_price(chain: BareChain, tmp_path: Path) -> None:
    class Old(Endpoint):
        def latest(self) -> Block:
            return replace(super().latest(), base_fee=None)

        def tip(self) -> int:
            raise AssertionError("such a chain knows no tips")

    assert sender(Old(chain.web3), box(tmp_path)).send(SECRET, transfer(3)).succeeded
    assert received(chain, 3) == 3


def test_a_node_that_proposes_no_tip_is_asked_for_its_gas_price(chain: BareChain) -> None:
    class Silent(Endpoint):
        def tip(self) -> int:
            raise NodeError(self.url, "eth_maxPriorityFeePerGas", {"message": "the method does not exist"})

    base_fee = chain.endpoint.latest().base_fee or 0
    assert quote(Silent(chain.web3)).tip == chain.endpoint.gas_price() - base_fee
    assert sender(Silent(chain.web3), MemoryOutbox()).send(SECRET, transfer(3)).succeeded


def test_an_unmined_call_is_reported_and_seen_through_by_the_next_one(chain: BareChain, tmp_path: Path) -> None:
    with pytest.raises(ChainError) as caught:
        sender(ForgetfulEndpoint(chain.web3, 10**6), box(tmp_path)).send(SECRET, transfer(4))
    assert caught.value.error_id == "chain.not_mined"
    assert waiting(box(tmp_path)) == [0]
    sender(chain.endpoint, box(tmp_path)).send(SECRET, transfer(5))
    assert (received(chain, 4), received(chain, 5)) == (4, 5)


def test_an_account_without_coins_is_told_so_and_nothing_stays_behind(chain: BareChain, tmp_path: Path) -> None:
    poor = bytes(31) + b"\x08"
    outbox = FileOutbox(tmp_path, CHAIN_ID, address_of(poor))
    with pytest.raises(SendRefused) as caught:
        Sender(chain.endpoint, CHAIN_ID, address_of(poor), outbox, QUICK).send(poor, transfer(1))
    assert (caught.value.error_id, caught.value.exit_code) == ("chain.no_gas_money", 3)
    assert address_of(poor) in str(caught.value)
    assert waiting(outbox) == []


def test_a_chain_that_was_reset_does_not_wait_for_calls_of_the_old_one(chain: BareChain, tmp_path: Path) -> None:
    first = sender(chain.endpoint, box(tmp_path))
    first.send(SECRET, transfer(1))
    survive(lambda: CRASHES["before the send"](chain, tmp_path).send(SECRET, transfer(2)))
    fresh = BareChain([ACCOUNT])
    assert sender(fresh.endpoint, box(tmp_path)).send(SECRET, transfer(3)).succeeded
    assert (received(fresh, 2), received(fresh, 3)) == (0, 3)
    assert waiting(box(tmp_path)) == []


def test_a_call_whose_nonce_went_to_another_program_is_sent_with_the_next_one(chain: BareChain) -> None:
    rival = sender(chain.endpoint, MemoryOutbox())

    class Overtaken(ForgetfulEndpoint):
        def send(self, raw: str) -> None:
            super().send(raw)
            if len(self.heard) == 1:
                rival.send(SECRET, transfer(1))

    overtaken = Overtaken(chain.web3, 1)
    assert sender(overtaken, MemoryOutbox()).send(SECRET, transfer(2)).succeeded
    assert (received(chain, 1), received(chain, 2)) == (1, 2)
    assert chain.endpoint.nonce(ACCOUNT, "latest") == 2
