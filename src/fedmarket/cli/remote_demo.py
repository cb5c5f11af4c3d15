"""The demo on somebody's chain: who pays, which market, how time passes; then the same demo as in this process."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fedmarket.cli.accounts import fresh_secret
from fedmarket.cli.watching import OnRound, OnStage
from fedmarket.domain.chain_terms import Windows

if TYPE_CHECKING:
    from fedmarket.chain.remote import RemoteChain
    from fedmarket.chain.treasury import Treasury
    from fedmarket.embedded.demo import DemoResult

ACCOUNTS = 12
"""The requester, an aggregator and its standby, three evaluators, six providers."""
QUARTER, MONTH = 900, 30 * 24 * 3600
WINDOWS = Windows(
    join=QUARTER, start=QUARTER, submit=5, round=QUARTER, commit=QUARTER, reveal=QUARTER, confirm=QUARTER, claim=MONTH
)
"""Only the window for updates is ever waited for: everybody else is done long before theirs close."""
DEPLOYMENT = "deployment.json"


@dataclass(frozen=True)
class Venue:
    """A chain to play on: its endpoint, the deployment to use (None deploys one), and who pays (None: the node)."""

    rpc: str
    deployment: Path | None
    secret: bytes | None
    outbox: Path


def run_remote_demo(venue: Venue, seed: int, folder: Path, *, on_round: OnRound, on_stage: OnStage) -> "DemoResult":
    """Play the demo at `venue` and keep its record in `folder`, with the deployment and the hashes of its blocks.

    Raises MarketError, before anything is spent where that can be told.
    """
    from fedmarket.chain.deployment import write_deployment
    from fedmarket.embedded.demo import make_room, run_demo

    make_room(folder, seed)
    chain = _start(venue, lambda seconds: on_stage("waiting", {"seconds": seconds}), on_stage)
    facts = {"url": chain.url, "chain": chain.chain_id, "market": chain.market, "block": chain.deployment.first_block}
    on_stage("travels" if chain.travels else "waits", facts)

    def told(stage: str, more: dict[str, object]) -> None:
        on_stage("funding" if stage == "chain" else stage, more)

    result = run_demo(seed, folder, on_round=on_round, on_stage=told, chain=chain, clock=chain.now, windows=WINDOWS)
    write_deployment(folder / DEPLOYMENT, chain.deployment)
    _write_hashes(chain, folder)
    return result


def _start(venue: Venue, on_wait: Callable[[int], None], on_stage: OnStage) -> "RemoteChain":
    from fedmarket.chain.deployment import check_deployment, read_deployment
    from fedmarket.chain.remote import RemoteChain
    from fedmarket.chain.rpc import connect

    web3 = connect(venue.rpc)
    deployment = read_deployment(venue.deployment) if venue.deployment else None
    if deployment:
        check_deployment(web3, deployment)
    treasury = _treasury(venue)
    if deployment is None:
        on_stage("deploying", {})
    # On a development node nothing is lost with this process.
    outbox = venue.outbox if venue.secret else None
    return RemoteChain.start(web3, treasury, deployment, outbox=outbox, on_wait=on_wait)


def _treasury(venue: Venue) -> "Treasury":
    from fedmarket.chain.endpoint import Endpoint
    from fedmarket.chain.rpc import connect
    from fedmarket.chain.treasury import Treasury

    endpoint = Endpoint(connect(venue.rpc))
    if venue.secret is None:
        return Treasury.from_node(endpoint, fresh_secret())
    return Treasury.from_account(endpoint, venue.secret, ACCOUNTS, venue.outbox)


def _write_hashes(chain: "RemoteChain", folder: Path) -> None:
    from fedmarket.record.blocks import BlockHash, Blocks, write_blocks
    from fedmarket.record.export import read_export

    numbers = sorted({event.block for event in read_export(folder).events})
    hashes = tuple(BlockHash(number, chain.block_hash(number)) for number in numbers)
    write_blocks(folder, Blocks(chain.chain_id, chain.market, hashes))
