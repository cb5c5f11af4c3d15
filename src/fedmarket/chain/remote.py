"""A market on somebody's node, as one process that plays every role needs it: coins, tokens, and time that passes."""

from pathlib import Path

from web3 import Web3

from fedmarket.chain.deploy import deploy
from fedmarket.chain.deployment import DeploymentFile, check_deployment, describe
from fedmarket.chain.passing_time import OnWait, PassingTime, RealTime, TimeTravel, can_travel
from fedmarket.chain.port import SINK, Head
from fedmarket.chain.rpc import RpcChain
from fedmarket.chain.sender import Pace
from fedmarket.chain.treasury import Treasury
from fedmarket.domain.errors import ChainError


class RemoteChain(RpcChain):
    """One TaskMarket on a node that this process does not own; made by `start`."""

    def __init__(
        self,
        web3: Web3,
        deployment: DeploymentFile,
        treasury: Treasury,
        passing: PassingTime,
        *,
        outbox: Path | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Use `start`; raises ChainError or RefusedError where the deployment is not what its document says."""
        check_deployment(web3, deployment)
        super().__init__(
            web3,
            deployment.market,
            chain_id=deployment.chain_id,
            first_block=deployment.first_block,
            outbox=outbox,
            pace=pace,
        )
        self.deployment = deployment
        self.url = self._endpoint.url
        self._treasury = treasury
        self._passing = passing

    @classmethod
    def start(
        cls,
        web3: Web3,
        treasury: Treasury,
        deployment: DeploymentFile | None = None,
        *,
        outbox: Path | None = None,
        pace: Pace | None = None,
        on_wait: OnWait = lambda seconds: None,
    ) -> "RemoteChain":
        """Take a deployment whose token the treasury may make, or deploy a token and a market with its key."""
        if deployment is None:
            deployed = deploy(web3, treasury.secret, outbox=outbox)
            deployment = describe(web3, deployed, SINK)
        else:
            check_deployment(web3, deployment)
            treasury.check_minter(deployment.token)
        endpoint = treasury.endpoint
        passing = TimeTravel(endpoint) if can_travel(endpoint) else RealTime(endpoint, on_wait)
        return cls(web3, deployment, treasury, passing, outbox=outbox, pace=pace)

    def head(self) -> Head:
        """Return the latest block, and count the time from it. Raises ChainError when the chain does not answer."""
        block = self._endpoint.latest()
        self._passing.saw(block)
        return Head(block.number, block.timestamp)

    def now(self) -> int:
        """Return the least time that the next block can have, in seconds; 0 where only blocks tell."""
        return self._passing.now()

    @property
    def travels(self) -> bool:
        """Whether the node moves its clock; otherwise time is waited for."""
        return isinstance(self._passing, TimeTravel)

    def block_hash(self, number: int) -> bytes:
        """Return the 32-byte hash of a block. Raises ChainError where the chain has none of this number."""
        block = self._endpoint.block(number)
        if block is None:
            raise ChainError("node.no_block", number=number, url=self.url)
        return bytes.fromhex(block.hash.removeprefix("0x"))

    def mint(self, account: str, amount: int) -> None:
        """Give an account tokens in base units."""
        self._treasury.mint(self.token, account, amount)

    def fund(self, account: str) -> None:
        """Give an account coins to pay its gas with."""
        self._treasury.fund(account)

    def advance_to(self, timestamp: int) -> None:
        """Return once the next block will be at `timestamp` (seconds) or later."""
        self._passing.advance_to(timestamp)
