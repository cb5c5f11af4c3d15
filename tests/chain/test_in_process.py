"""The in-process chain ties nothing to the wall clock or to chance."""

from fedmarket.chain.tester import FAUCET, BareChain
from fedmarket.domain.accounts import address_of

START = 1_700_000_000
SOMEBODY = address_of(bytes(31) + b"\x05")


def test_each_block_is_one_second_after_the_last_unless_the_clock_is_advanced() -> None:
    chain = BareChain(genesis_time=START)
    times = [chain.endpoint.latest().timestamp]
    for step in (1, 1, 500, 1):
        if step > 1:
            chain.advance_to(times[-1] + step)
        else:
            chain.fund(SOMEBODY)
        times.append(chain.endpoint.latest().timestamp)
    assert times == [START, START + 1, START + 2, START + 502, START + 503]


def test_the_clock_does_not_run_back() -> None:
    chain = BareChain(genesis_time=START)
    chain.advance_to(START - 5)
    chain.advance_to(START)
    assert chain.endpoint.latest().number == 0


def test_two_runs_end_in_the_same_block_hash() -> None:
    hashes = set()
    for _ in range(2):
        chain = BareChain([SOMEBODY], genesis_time=START)
        chain.fund(SOMEBODY, 12)
        chain.advance_to(START + 99)
        chain.fund(SOMEBODY, 13)
        hashes.add(chain.endpoint.latest().hash)
    assert len(hashes) == 1


def test_prices_stay_low_enough_for_the_grants_however_long_the_chain_runs() -> None:
    chain = BareChain(genesis_time=START)
    for _ in range(40):
        chain.fund(SOMEBODY, 1)
    base_fee = chain.endpoint.latest().base_fee
    assert base_fee is not None and base_fee < 10**9
    assert chain.endpoint.nonce(address_of(FAUCET), "latest") == 40
