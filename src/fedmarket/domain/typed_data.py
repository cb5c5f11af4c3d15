"""Typed data (EIP-712): what a key signs always names the chain, the contract and every field."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from eth_abi.abi import encode
from eth_abi.exceptions import EncodingError
from eth_hash.auto import keccak

from fedmarket.domain.accounts import AccountError, checksum

_DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_UPDATE = "Update(uint256 task,uint32 round,uint32 attempt,bytes32 terms,bytes32 base_model,bytes32 update)"
_NOTE = "Note(uint256 task,uint32 round,uint32 attempt,address provider,bytes32 update,bytes32 blob)"
_STATEMENT = "Statement(uint256 task,address provider,bytes32 statement)"
_NOTICE = "Constants(uint256 task,uint32 attempt,bytes32 terms,bytes32 constants,bytes32 summaries)"
_PERMIT = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"


@dataclass(frozen=True)
class SigningDomain:
    """Where a signature counts: one contract on one chain. A token has its own name and version."""

    chain_id: int
    contract: str
    name: str = "fedmarket"
    version: str = "1"

    @property
    def separator(self) -> bytes:
        """The 32-byte domain separator (EIP-712, "Definition of domainSeparator")."""
        return _separator(self)


@dataclass(frozen=True)
class UpdateMessage:
    """What a provider signs for one update; `terms`, `base_model` and `update` are 32-byte hashes."""

    task: int
    round: int
    attempt: int
    terms: bytes
    base_model: bytes
    update: bytes

    def digest(self, domain: SigningDomain) -> bytes:
        """Return the 32 bytes to sign in `domain`; raises AccountError for a field beyond its type."""
        values = (self.task, self.round, self.attempt, self.terms, self.base_model, self.update)
        return _digest(domain, _struct_hash(_UPDATE, values))


@dataclass(frozen=True)
class NoteMessage:
    """What an evaluator signs for an announced update that it could read; `update` and `blob` are 32-byte hashes."""

    task: int
    round: int
    attempt: int
    provider: str
    update: bytes
    blob: bytes

    def digest(self, domain: SigningDomain) -> bytes:
        """Return the 32 bytes to sign in `domain`; raises AccountError for a field beyond its type."""
        values = (self.task, self.round, self.attempt, checksum(self.provider), self.update, self.blob)
        return _digest(domain, _struct_hash(_NOTE, values))


@dataclass(frozen=True)
class StatementMessage:
    """What an evaluator signs for a provider's statement; `statement` is the document's 32-byte hash."""

    task: int
    provider: str
    statement: bytes

    def digest(self, domain: SigningDomain) -> bytes:
        """Return the 32 bytes to sign in `domain`; raises AccountError for a field beyond its type."""
        return _digest(domain, _struct_hash(_STATEMENT, (self.task, checksum(self.provider), self.statement)))


@dataclass(frozen=True)
class NoticeMessage:
    """What an aggregator signs for a task's constants before round 1; `constants` and `summaries` are hashes."""

    task: int
    attempt: int
    terms: bytes
    constants: bytes
    summaries: bytes

    def digest(self, domain: SigningDomain) -> bytes:
        """Return the 32 bytes to sign in `domain`; raises AccountError for a field beyond its type."""
        values = (self.task, self.attempt, self.terms, self.constants, self.summaries)
        return _digest(domain, _struct_hash(_NOTICE, values))


def permit_digest(token: SigningDomain, *, owner: str, spender: str, value: int, nonce: int, deadline: int) -> bytes:
    """Return the 32 bytes an owner signs to let `spender` draw `value` base units by `deadline` (EIP-2612).

    `token` is the token's own domain: chain, token contract, the token's name and version. Raises
    AccountError for a field beyond its type.
    """
    values = (checksum(owner), checksum(spender), value, nonce, deadline)
    return _digest(token, _struct_hash(_PERMIT, values))


def typed_digest(domain: SigningDomain, signature: str, values: Sequence[object]) -> bytes:
    """Return the 32 bytes to sign in `domain` for a struct such as "Note(uint256 task,bytes32 blob)".

    `string` fields are given as their hashes. Raises AccountError for a field beyond its type.
    """
    return _digest(domain, _struct_hash(signature, values))


def _digest(domain: SigningDomain, struct_hash: bytes) -> bytes:
    return keccak(b"\x19\x01" + domain.separator + struct_hash)


@lru_cache(maxsize=16)
def _separator(domain: SigningDomain) -> bytes:
    texts = (keccak(domain.name.encode()), keccak(domain.version.encode()))
    return _struct_hash(_DOMAIN, (*texts, domain.chain_id, checksum(domain.contract)))


def _struct_hash(signature: str, values: Sequence[object]) -> bytes:
    """Hash a struct (EIP-712, "Definition of hashStruct"); `string` fields are given as their hashes."""
    fields = [field.split(" ") for field in signature.partition("(")[2].rstrip(")").split(",")]
    types = [kind.replace("string", "bytes32") for kind, _ in fields]
    for (_, name), kind, value in zip(fields, types, values, strict=True):
        if kind == "bytes32" and isinstance(value, bytes) and len(value) != 32:
            raise AccountError("account.hash_length", name=name, length=len(value))
    try:
        return keccak(encode(["bytes32", *types], [keccak(signature.encode()), *values]))
    except EncodingError as error:
        raise AccountError("account.field_range", detail=str(error)) from error
