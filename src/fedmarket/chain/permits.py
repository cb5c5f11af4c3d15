"""Permits (EIP-2612): the token lets the market draw a payment, signed only when the allowance is short."""

from dataclasses import dataclass
from typing import Any

from eth_abi.exceptions import DecodingError

from fedmarket.chain.abi import Artifact
from fedmarket.chain.endpoint import Endpoint, NodeError
from fedmarket.domain.accounts import address_of, sign
from fedmarket.domain.errors import ChainUsageError
from fedmarket.domain.typed_data import SigningDomain, permit_digest

LIFETIME = 3600
"""Seconds that a permit stays valid after the latest block."""


@dataclass(frozen=True)
class Permit:
    """A permit as the contract takes it."""

    deadline: int
    v: int
    r: bytes
    s: bytes


NO_PERMIT = Permit(0, 0, bytes(32), bytes(32))


class TokenError(ChainUsageError):
    """The market's token lacks something that it must have."""


class Purse:
    """An ERC-20 token as one spender sees it."""

    def __init__(self, endpoint: Endpoint, chain_id: int, token: str, spender: str, abi: Artifact) -> None:
        self._endpoint = endpoint
        self._chain_id = chain_id
        self._abi = abi
        self._domain: SigningDomain | None = None
        self.token = token
        self.spender = spender

    def balance(self, account: str) -> int:
        """Return an account's tokens in base units."""
        return int(self._read("balanceOf", account))

    def permit(self, secret: bytes, amount: int) -> Permit:
        """Return a permit for `amount` base units, or an empty one where the allowance suffices.

        Raises TokenError where the token takes no permits.
        """
        owner = address_of(secret)
        if self._read("allowance", owner, self.spender) >= amount:
            return NO_PERMIT
        try:
            domain, nonce = self._signing_domain(), int(self._read("nonces", owner))
        except (NodeError, TokenError) as error:
            raise TokenError("chain.no_permit", token=self.token, spender=self.spender, amount=amount) from error
        deadline = self._endpoint.latest().timestamp + LIFETIME
        digest = permit_digest(domain, owner=owner, spender=self.spender, value=amount, nonce=nonce, deadline=deadline)
        signature = sign(digest, secret)
        return Permit(deadline, signature[64], signature[:32], signature[32:64])

    def _signing_domain(self) -> SigningDomain:
        if self._domain is None:
            name, version = self._read("name"), self._read("version")
            self._domain = SigningDomain(self._chain_id, self.token, name, version)
        return self._domain

    def _read(self, function: str, *args: Any) -> Any:
        shape = self._abi.functions[function]
        answer = self._endpoint.call({"to": self.token, "data": "0x" + shape.encode(*args).hex()})
        try:
            return shape.decode(answer)[0]
        except DecodingError as error:
            raise TokenError("chain.not_a_token", token=self.token, function=function) from error
