"""Coins and tokens for the accounts of a demonstration: from the node itself where it gives them, else from an account.

Tokens are those of the market that was deployed with a demonstration token, by the account that deployed it.
"""

from pathlib import Path

from fedmarket.chain.abi import artifact
from fedmarket.chain.endpoint import Endpoint, NodeError
from fedmarket.chain.fees import quote
from fedmarket.chain.gas import LIMITS, limit_of
from fedmarket.chain.outbox import FileOutbox, MemoryOutbox, Order
from fedmarket.chain.sender import Pace, Sender
from fedmarket.domain.accounts import address_of, checksum
from fedmarket.domain.errors import ChainRefusal, RefusedError, UsageError

GAS = 10_000_000
"""Gas that an account is given coins for: thrice what a role uses in a task of twelve rounds."""
PURSE = 10**6 * 10**18
"""Wei that a node is asked to give, where it gives any."""


class Treasury:
    """Pays for everybody, with one key. Made by `from_account` or `from_node`."""

    def __init__(
        self, endpoint: Endpoint, secret: bytes, *, by_node: bool, outbox: Path | None = None, pace: Pace | None = None
    ) -> None:
        self.secret = secret
        self.account = address_of(secret)
        self.endpoint = endpoint
        self._by_node = by_node
        chain_id = endpoint.chain_id()
        box = FileOutbox(outbox, chain_id, self.account) if outbox else MemoryOutbox()
        self._sender = Sender(endpoint, chain_id, self.account, box, pace)

    @classmethod
    def from_account(cls, endpoint: Endpoint, secret: bytes, accounts: int, outbox: Path | None = None) -> "Treasury":
        """Pay from an account that has coins for a deployment and for so many `accounts`.

        Raises RefusedError where it has fewer.
        """
        treasury = cls(endpoint, secret, by_node=False, outbox=outbox)
        needed = (accounts * (GAS + LIMITS["fund"] + LIMITS["mint"]) + deployment_gas()) * quote(endpoint).most
        found = _coins(endpoint, treasury.account)
        if found < needed:
            raise RefusedError(
                "node.too_few_coins", account=treasury.account, found=_written(found), needed=_written(needed)
            )
        return treasury

    @classmethod
    def from_node(cls, endpoint: Endpoint, secret: bytes, pace: Pace | None = None) -> "Treasury":
        """Let a development node give the coins; `secret` is a fresh key, for tokens and contracts.

        Raises UsageError where the node gives none.
        """
        treasury = cls(endpoint, secret, by_node=True, pace=pace)
        try:
            endpoint.ask("anvil_setBalance", treasury.account, hex(PURSE))
        except NodeError as error:
            raise UsageError("node.gives_no_coins", url=endpoint.url) from error
        return treasury

    def fund(self, account: str) -> None:
        """Give an account coins for its gas, up to what it needs."""
        if self._by_node:
            self.endpoint.ask("anvil_setBalance", account, hex(PURSE))
            return
        missing = GAS * quote(self.endpoint).most - _coins(self.endpoint, account)
        if missing > 0:
            self._send("fund", account, b"", missing)

    def mint(self, token: str, account: str, amount: int) -> None:
        """Give an account tokens in base units. Raises RefusedError where the token is not this treasury's to make."""
        self._send("mint", token, artifact("Token").functions["mint"].encode(account, amount))

    def check_minter(self, token: str) -> None:
        """Raise RefusedError where a token is not a demonstration one that this treasury's account deployed."""
        shape = artifact("Token").functions["minter"]
        try:
            answer = self.endpoint.call({"to": token, "data": "0x" + shape.encode().hex()})
            minter = checksum("0x" + answer[-20:].hex()) if len(answer) == 32 and any(answer) else None
        except NodeError:
            minter = None
        if minter != self.account:
            raise RefusedError("node.not_the_minter", token=token, account=self.account)

    def _send(self, verb: str, to: str, data: bytes, wei: int = 0) -> None:
        call_id = f"{verb} {to} {data.hex()} {wei}"
        mined = self._sender.send(self.secret, Order(verb, to, "0x" + data.hex(), limit_of(verb, data), call_id, wei))
        if not mined.succeeded:
            raise ChainRefusal("chain.reverted", verb=verb, transaction=mined.transaction)


def deployment_gas() -> int:
    """Return the most gas that deploying a token and a market can take."""
    contracts = {"deploy_token": "Token", "deploy_market": "TaskMarket"}
    return sum(limit_of(verb, artifact(name).bytecode) for verb, name in contracts.items())


def _coins(endpoint: Endpoint, account: str) -> int:
    return int(endpoint.ask("eth_getBalance", account, "latest"), 16)


def _written(wei: int) -> str:
    """Write wei as coins (10^18 wei) with six decimals, cut off."""
    return f"{wei // 10**18}.{wei % 10**18 // 10**12:06d}"
