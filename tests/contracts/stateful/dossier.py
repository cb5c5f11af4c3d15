"""What is known off chain of one task: the trees behind its roots, and whether the rounds told the truth."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_hash.auto import keccak
from tests.contracts.stateful.openings import Entry

from fedmarket.domain.lifecycle import Role
from fedmarket.domain.merkle import MerkleError, StandardTree
from fedmarket.domain.reference.opening import ADMISSION_LEAF
from fedmarket.domain.reference.payment import SETTLEMENT_LEAF, UPDATES_LEAF
from fedmarket.domain.reference.state import ZERO, Task, Vote

Leaves = tuple[tuple[Any, ...], ...]
RoundArgs = tuple[Any, ...]


@dataclass
class Dossier:
    """One task's off-chain side. `delivered` counts the truth as long as `truthful` holds."""

    candidates: tuple[Entry, ...]
    delivered: dict[str, int] = field(default_factory=dict)
    truthful: bool = True
    settlements: dict[bytes, Leaves] = field(default_factory=dict)
    updates: dict[bytes, Leaves] = field(default_factory=dict)
    honest_rounds: dict[RoundArgs, tuple[str, ...]] = field(default_factory=dict)
    fair_votes: set[Vote] = field(default_factory=set)
    proposals: list[Vote] = field(default_factory=list)
    repented: set[str] = field(default_factory=set)
    settled_by: Vote | None = None
    slots: list[tuple[bytes, bytes, bytes]] = field(default_factory=list)

    @property
    def fair(self) -> bool:
        """Whether the task was settled by a vote whose leaves add up."""
        return self.settled_by in self.fair_votes

    def entry(self, account: str) -> Entry:
        """Return what an account would join with."""
        return next((entry for entry in self.candidates if entry[0] == account), (account, 1, 0))

    def admission_proof(self, entry: Entry) -> list[bytes]:
        """Return a candidate's proof; an empty one for everybody else."""
        return proof_of(ADMISSION_LEAF, self.candidates, entry)

    def updates_of(self, round_number: int) -> Leaves:
        """Return the leaves of a committed round (from 1), as far as anybody knows them; none for other rounds."""
        return self.updates.get(self.slot_of(round_number)[0], ())

    def slot_of(self, round_number: int) -> tuple[bytes, bytes, bytes]:
        """Return (updates root, model, manifest) of a committed round (from 1); zeros for other rounds."""
        known = 1 <= round_number <= len(self.slots)
        return self.slots[round_number - 1] if known else (ZERO, ZERO, ZERO)

    def delivery_claim(self, round_number: int, leaf: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments of claim_fallback (after the task) for a leaf of a round."""
        account, update, delivered = leaf
        proof = proof_of(UPDATES_LEAF, self.updates_of(round_number), leaf)
        return (account, round_number, update, delivered, *self.slot_of(round_number), proof)

    def payouts(self, task: Task) -> Leaves:
        """Return the leaves of the settlement that was voted."""
        return self.settlements.get(task.payout_root, ())

    def take_round(self, args: RoundArgs) -> None:
        """Learn of a round that the market accepted (the arguments of commit_round after the task)."""
        deliverers = self.honest_rounds.get(args)
        self.truthful = self.truthful and deliverers is not None
        for account in deliverers or ():
            self.delivered[account] = self.delivered.get(account, 0) + 1
        self.slots.append(args[1:4])


def proof_of(types: Sequence[str], leaves: Leaves, leaf: tuple[Any, ...]) -> list[bytes]:
    """Return the proof of `leaf` in the tree over `leaves`; empty where there is none."""
    try:
        return StandardTree(types, leaves).proof(leaf)
    except MerkleError:
        return []


def settlement_root(dossier: Dossier, leaves: Leaves) -> bytes:
    """Return the root over settlement leaves, and remember them."""
    root = StandardTree(SETTLEMENT_LEAF, leaves).root
    dossier.settlements[root] = leaves
    return root


def updates_root(dossier: Dossier, leaves: Leaves) -> bytes:
    """Return the root over a round's leaves (zero over none), and remember them."""
    root = StandardTree(UPDATES_LEAF, leaves).root if leaves else ZERO
    dossier.updates[root] = leaves
    return root


def table_of(task_id: int, evaluator: str) -> tuple[bytes, bytes]:
    """Return an evaluator's (table, salt): fixed per task, as nobody reads what is in it here."""
    seed = keccak(b"table %d " % task_id + evaluator.encode())
    return seed[: 1 + seed[0] % 31], keccak(seed)


def providers(task: Task) -> list[str]:
    """Return the providers that have not been paid yet."""
    return [account for account, part in task.parts.items() if part.role is Role.PROVIDER]
