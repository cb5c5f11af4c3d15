"""What anybody can check of a committed round without a key: the manifest against chain, terms and signatures."""

from collections.abc import Mapping
from dataclasses import dataclass

from fedmarket.domain.accounts import recover
from fedmarket.domain.errors import MarketError, RefusedError
from fedmarket.domain.manifest import Manifest, count_delivered
from fedmarket.domain.typed_data import SigningDomain, UpdateMessage


class RoundFault(RefusedError):
    """A committed round breaks a rule; the id's last part names which."""


@dataclass(frozen=True)
class Committed:
    """What the chain says of one round, and what must hold before it.

    `weights` are those of the joined providers, `counted` the delivered counts after the round before.
    """

    domain: SigningDomain
    task: int
    round: int
    attempt: int
    terms: bytes
    base_model: bytes
    model: bytes
    manifest: bytes
    updates_root: bytes
    n_updates: int
    delivered_weight: int
    weights: Mapping[str, int]
    counted: Mapping[str, int]


def check_manifest(manifest: Manifest, committed: Committed) -> None:
    """Raise RoundFault unless the manifest is this round's and its lines, counts and root are right."""
    for name, expected in _expected(committed).items():
        if getattr(manifest, name) != expected:
            raise RoundFault("round.wrong_field", round=committed.round, field=name)
    listed = [entry.provider for entry in manifest.updates]
    refused = [line.provider for line in manifest.exclusions]
    if len(set(listed)) != len(listed) or set(listed) & set(refused):
        raise RoundFault("round.provider_twice", round=committed.round)
    if not set(listed + refused) <= committed.weights.keys():
        raise RoundFault("round.stranger", round=committed.round)
    if any(entry.weight != committed.weights[entry.provider] for entry in manifest.updates):
        raise RoundFault("round.wrong_weight", round=committed.round)
    if manifest.delivered != count_delivered(committed.counted, manifest.updates):
        raise RoundFault("round.wrong_counts", round=committed.round)
    if (len(listed), manifest.delivered_weight) != (committed.n_updates, committed.delivered_weight):
        raise RoundFault("round.wrong_counts", round=committed.round)
    if manifest.updates_root != committed.updates_root:
        raise RoundFault("round.wrong_root", round=committed.round)


def _expected(committed: Committed) -> dict[str, object]:
    return {
        "chain_id": committed.domain.chain_id,
        "contract": committed.domain.contract,
        "task": committed.task,
        "round": committed.round,
        "attempt": committed.attempt,
        "terms": committed.terms,
        "base_model": committed.base_model,
        "model": committed.model,
        "hash": committed.manifest,
    }


def check_signatures(manifest: Manifest, committed: Committed) -> None:
    """Raise RoundFault unless every accepted update carries its provider's signature for this very round."""
    for entry in manifest.updates:
        message = UpdateMessage(
            task=committed.task,
            round=committed.round,
            attempt=committed.attempt,
            terms=committed.terms,
            base_model=committed.base_model,
            update=entry.update,
        )
        if not _signed_by(message.digest(committed.domain), entry.signature, entry.provider):
            raise RoundFault("round.wrong_signature", round=committed.round, provider=entry.provider)


def _signed_by(digest: bytes, signature: bytes, account: str) -> bool:
    try:
        return recover(digest, signature) == account
    except MarketError:
        return False
