"""Tasks side by side on one chain with blocks of one second: when their rounds begin to wait for each other."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import median

from eth_account import Account
from tests.chain.anvil_node import ANVIL, AnvilChain, anvil

from benchmarks.command import run
from benchmarks.gas import AGE_KEY, COIN, Play, word
from benchmarks.result import Found, Size, Skipped, Table, Verdict
from fedmarket.chain.abi import artifact
from fedmarket.domain.accounts import address_of, checksum
from fedmarket.domain.chain_terms import ChainTerms

GENESIS = 1_900_000_000
COMMIT_GAS = 80_000
"""What a sender allows a commit to use; blocks are filled by what is used."""


def measure(size: Size, seed: int) -> Found:
    """Let the aggregators of more and more tasks commit in the same second, and see when they are mined."""
    if not ANVIL:
        raise Skipped("there is no anvil on the PATH nor in $ANVIL; npm install @foundry-rs/anvil")
    counts, block_gas = ((1, 10, 50, 100, 200, 300), 8_000_000) if size is Size.FULL else ((1, 3), 8_000_000)
    with anvil(GENESIS, "--gas-limit", str(block_gas)) as url:
        chain = AnvilChain(url, [])
        tasks = _open(chain, counts[-1])
        chain.node.ask("evm_setAutomine", False)
        chain.node.ask("evm_setIntervalMining", 1)
        rows = [(count, *_commit(chain, tasks[:count])) for count in counts]
    capacity = block_gas // rows[0][-1]
    columns = ("tasks", "blocks", "largest_block", "median_seconds", "longest_seconds", "gas")
    within = [row for row in rows if row[0] <= capacity]
    return Found(
        tables=(Table("commits", columns, tuple(rows)),),
        verdicts=(Verdict("blocks_until_full", 2, max(row[1] for row in within)),),
        facts={"block_gas": block_gas, "capacity": capacity, "capacity_30m": 30_000_000 // rows[0][-1]},
    )


def _open(chain: AnvilChain, count: int) -> list[int]:
    """Bring `count` tasks to their first round, each with an aggregator of its own."""
    for task in range(1, count + 1):
        terms = _terms(task, count)
        rich = (f"requester {task}", f"aggregator {task}", "evaluator 0", "provider 0")
        for name in rich:
            chain.node.ask("anvil_setBalance", address_of(word(name)), hex(10**24))
            chain.mint(address_of(word(name)), 10**4 * COIN)
        chain.call(word(f"requester {task}"), "open_task", terms, pays=terms.escrow)
        chain.call(word(f"aggregator {task}"), "take_seat", task, AGE_KEY, pays=terms.aggregator_bond)
        chain.call(word("evaluator 0"), "take_seat", task, AGE_KEY, pays=terms.evaluator_bond)
        join = (task, word("listing"), 100, 0, Play(1).admitted.proof(0), AGE_KEY)
        chain.call(word("provider 0"), "join", *join, pays=terms.provider_bond)
        chain.call(word("provider 0"), "start", task)
    return list(range(1, count + 1))


def _terms(task: int, count: int) -> ChainTerms:
    """Terms of one provider and many rounds, whose windows outlast the benchmark."""
    terms = Play(1).terms
    return replace(
        terms,
        terms_hash=word(f"terms {task}"),
        rounds=100,
        patience=100,
        windows=replace(terms.windows, submit=0, round=10**6, join=10**6, start=10**6),
        aggregators=(address_of(word(f"aggregator {task}")),),
        evaluators=(address_of(word("evaluator 0")),),
    )


def _commit(chain: AnvilChain, tasks: Sequence[int]) -> tuple[int, int, float, float, int]:
    """Commit a round of every task at once; return blocks used, the fullest, waiting times and the gas of one."""
    signed = [_signed(chain, task) for task in tasks]
    begun = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda raw: str(chain.node.ask("eth_sendRawTransaction", raw)), signed))
    blocks, waits = [], []
    seen, hashes = chain.head().block, set(sent)
    while hashes:
        block = chain.node.ask("eth_getBlockByNumber", hex(seen), False)
        if block is None:
            time.sleep(0.02)
            continue
        mined = hashes & set(block["transactions"])
        hashes -= mined
        waits += [time.perf_counter() - begun] * len(mined)
        blocks += [len(mined)] * bool(mined)
        seen += 1
    return len(blocks), max(blocks), median(waits), max(waits), _gas_of_each(chain, sent)


def _gas_of_each(chain: AnvilChain, hashes: Sequence[str]) -> int:
    """Return the most gas that one of the commits used, once all are known to have succeeded."""
    receipts = [chain.node.ask("eth_getTransactionReceipt", each) for each in hashes]
    if any(int(receipt["status"], 16) != 1 for receipt in receipts):
        raise RuntimeError("a commit was refused")
    return max(int(receipt["gasUsed"], 16) for receipt in receipts)


def _signed(chain: AnvilChain, task: int) -> str:
    """Return the raw transaction by which a task's aggregator commits its next round.

    Its seat took the first nonce, so the next round's number is the next nonce.
    """
    secret = word(f"aggregator {task}")
    number = int(chain.node.ask("eth_getTransactionCount", address_of(secret), "latest"), 16)
    facts = (task, number, word("root"), word("model"), word("manifest"), 1, 100)
    transaction = {
        "to": checksum(chain.market),
        "data": artifact("TaskMarket").functions["commit_round"].encode(*facts),
        "gas": COMMIT_GAS,
        "maxFeePerGas": 10**11,
        "maxPriorityFeePerGas": 10**9,
        "nonce": number,
        "chainId": chain.chain_id,
        "value": 0,
    }
    raw: str = Account.sign_transaction(transaction, secret).raw_transaction.hex()
    return "0x" + raw.removeprefix("0x")


if __name__ == "__main__":
    run("parallel_tasks", measure)
