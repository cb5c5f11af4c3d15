"""Pulling what a final task owes: anyone may do it for any account, and it is the account that is paid."""

from fedmarket.agents.actor import Action, Actor
from fedmarket.domain.lifecycle import PAYING, Role, Status
from fedmarket.domain.manifest import NO_UPDATE, Leaf, Manifest
from fedmarket.domain.merkle import MerkleError
from fedmarket.domain.settlement import leaves
from fedmarket.record.facts import outcome
from fedmarket.record.task import RoundView, TaskView


def collect_for(actor: Actor, view: TaskView, account: str) -> list[Action]:
    """Claim or refund what `account` still has in a final task; nothing where it has no part left."""
    part = view.state.parts.get(account)
    if part is None:
        return []
    if view.status is Status.CANCELLED or part.role is Role.REQUESTER:
        return actor.call(view.number, "refund", account)
    if part.role is not Role.PROVIDER:
        return actor.call(view.number, "claim_seat", account)
    if view.status is Status.SETTLED:
        return _claim(actor, view, account)
    return _claim_fallback(actor, view, account)


def _claim(actor: Actor, view: TaskView, account: str) -> list[Action]:
    """Claim with the leaf of the settlement that was confirmed, computed again from the revealed tables."""
    settled = outcome(actor.record, view.number)
    if settled is None or settled.vote != view.settled:
        return []
    lines = leaves(settled.settlement, [line.account for line in view.providers])
    leaf = next(leaf for leaf in lines if leaf[0] == account)
    return actor.call(view.number, "claim", *leaf, settled.tree.proof(leaf))


def _claim_fallback(actor: Actor, view: TaskView, account: str) -> list[Action]:
    """Claim for oneself with the round's leaf that counts most deliveries; an announcement saves the bond."""
    if account != actor.account:
        return []
    found = _best_leaf(actor, view, account)
    if found is not None:
        line, manifest, leaf = found
        slot, proof = (line.updates_root, line.model, line.manifest), manifest.tree().proof(leaf)
        return actor.call(view.number, "claim_fallback", account, line.number, *leaf[1:], *slot, proof)
    if any(line.provider == account for line in view.announcements):
        return actor.call(view.number, "claim_fallback", account, 0, NO_UPDATE, 0, *[NO_UPDATE] * 3, [])
    return []


def _best_leaf(actor: Actor, view: TaskView, account: str) -> tuple[RoundView, Manifest, Leaf] | None:
    """Return the round whose leaf pays the account most, the last of equals: an aggregator may have understated it."""
    best = None
    for line in view.rounds:
        manifest = actor.record.readable_manifest(view.number, line.number)
        if manifest is None or not _has_root(manifest, line):
            continue
        for leaf in manifest.leaves():
            payable = leaf[0] == account and 0 < leaf[2] <= line.number
            if payable and (best is None or leaf[2] >= best[2][2]):
                best = (line, manifest, leaf)
    return best


def _has_root(manifest: Manifest, line: RoundView) -> bool:
    try:
        return manifest.updates_root == line.updates_root
    except MerkleError:
        return False


def sweep_if_due(actor: Actor, view: TaskView) -> list[Action]:
    """Return to the requester what nobody claimed, once the claim period is over."""
    left = view.state.purse_budget + view.state.purse_bonds
    if view.status in PAYING and left and actor.record.now() > view.state.claim_deadline:
        return actor.call(view.number, "sweep")
    return []
