"""Pulling what a final task owes: anyone may do it for any account, and it is the account that is paid."""

from fedmarket.agents.actor import Action, Actor
from fedmarket.domain.lifecycle import PAYING, Role, Status
from fedmarket.domain.manifest import NO_UPDATE
from fedmarket.domain.settlement import leaves
from fedmarket.record.facts import outcome
from fedmarket.record.task import TaskView


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
    """Claim for oneself with the leaf of the last round that names the account; an announcement saves the bond."""
    if account != actor.account:
        return []
    for line in reversed(view.rounds):
        manifest = actor.record.readable_manifest(view.number, line.number)
        if manifest is not None and account in manifest.counts and manifest.updates_root == line.updates_root:
            leaf = next(leaf for leaf in manifest.leaves() if leaf[0] == account)
            slot = (line.updates_root, line.model, line.manifest)
            proof = manifest.tree().proof(leaf)
            return actor.call(view.number, "claim_fallback", account, line.number, *leaf[1:], *slot, proof)
    if any(line.provider == account for line in view.announcements):
        return actor.call(view.number, "claim_fallback", account, 0, NO_UPDATE, 0, *[NO_UPDATE] * 3, [])
    return []


def sweep_if_due(actor: Actor, view: TaskView) -> list[Action]:
    """Return to the requester what nobody claimed, once the claim period is over."""
    left = view.state.purse_budget + view.state.purse_bonds
    if view.status in PAYING and left and actor.record.now() > view.state.claim_deadline:
        return actor.call(view.number, "sweep")
    return []
