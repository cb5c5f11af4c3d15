"""Aggregators that break one rule each, in one round."""

from dataclasses import replace
from typing import ClassVar

import numpy as np

from fedmarket.agents.actor import Action, Actor
from fedmarket.agents.aggregator import AggregatorAgent
from fedmarket.domain.accounts import sign
from fedmarket.domain.canonical import digest, sha256_id
from fedmarket.domain.derive import hkdf
from fedmarket.domain.manifest import Delivered, Entry, Exclusion, Manifest, count_delivered
from fedmarket.domain.typed_data import UpdateMessage
from fedmarket.learning.tensors import decode, encode
from fedmarket.record.admission import Candidates
from fedmarket.record.facts import model_readers, round_readers
from fedmarket.record.models import open_model, open_total, recipe_of
from fedmarket.record.sealed import put_sealed
from fedmarket.record.task import TaskView


class Rogue(AggregatorAgent):
    """Honest but in `bad_rounds`; there `spoil` changes what went in or what comes out."""

    bad_rounds: ClassVar[tuple[int, ...]] = (2,)

    def __init__(self, actor: Actor) -> None:
        super().__init__(actor, 1)

    def store_round(self, view: TaskView, candidates: Candidates) -> Manifest:
        if len(view.rounds) + 1 not in self.bad_rounds:
            return super().store_round(view, candidates)
        self.tamper(view, candidates)
        return self.spoil(view, super().store_round(view, candidates))

    def tamper(self, view: TaskView, candidates: Candidates) -> None:
        """Change the candidates before they are added up."""

    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        """Return the manifest to commit instead."""
        return manifest


class AddsUpWrongly(Rogue):
    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        record = self.actor.record
        total = open_total(record, manifest, record.terms(1), self.actor.age)
        data = encode({name: values + 1 for name, values in total.items()})
        blob = put_sealed(record.store, data, round_readers(view))
        return replace(manifest, aggregate=digest(data), aggregate_blob=blob)


class CommitsAnotherModel(Rogue):
    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        record, spec = self.actor.record, recipe_of(self.actor.record.terms(1)).spec
        base = open_model(record, 1, len(view.rounds), self.actor.age)
        data = encode({name: values + np.float32(2**-20) for name, values in base.items()})
        assert decode(data, spec, spec.encoded_bytes)
        blob = put_sealed(record.store, data, model_readers(view, record.terms(1), manifest.round))
        return replace(manifest, model=digest(data), model_blob=blob)


class CommitsNoNumbers(Rogue):
    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        record = self.actor.record
        base = open_model(record, 1, len(view.rounds), self.actor.age)
        data = encode({name: np.full_like(values, np.nan) for name, values in base.items()})
        blob = put_sealed(record.store, data, model_readers(view, record.terms(1), manifest.round))
        return replace(manifest, model=digest(data), model_blob=blob)


class WithholdsBundle(Rogue):
    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        return replace(manifest, bundle_blob=sha256_id(b"nowhere"))


class WithholdsModel(Rogue):
    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        return replace(manifest, model_blob=sha256_id(b"nowhere"))


class LocksEvaluatorsOut(Rogue):
    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        return replace(manifest, bundle_blob=put_sealed(self.actor.record.store, b"for me", [self.actor.age.public]))


class ServesAnEndlessBundle(Rogue):
    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        flood = bytes(3 << 20)
        blob = put_sealed(self.actor.record.store, flood, round_readers(view))
        return replace(manifest, bundle=digest(flood), bundle_blob=blob)


class WithholdsManifest(Rogue):
    def _commit(self, view: TaskView) -> list[Action]:
        now, number = self.actor.record.now(), len(view.rounds) + 1
        if number not in self.bad_rounds or not view.state.submit_deadline < now <= view.state.round_deadline:
            return super()._commit(view)
        return self.actor.call(1, "commit_round", number, digest(b"r"), digest(b"m"), digest(b"manifest"), 1, 10)


class InvitesStranger(Rogue):
    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        secret = hkdf(b"simulation", "stranger")
        update = digest(b"an update of nobody's")
        entry = Entry(Actor(secret, self.actor.record).account, update, sign(update, secret), 1)
        return _with_entries(manifest, (*manifest.updates[1:], entry))


class CountsTwice(Rogue):
    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        light, middle, _ = sorted(manifest.updates, key=lambda entry: entry.weight)
        return _with_entries(manifest, (light, light, middle))


class MiscountsDeliveries(Rogue):
    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        first, *rest = manifest.delivered
        return replace(manifest, delivered=(Delivered(first.provider, first.rounds - 1), *rest))


class ForgetsDeliveries(Rogue):
    """Counts every provider's delivery of this round, and none of those before."""

    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        return replace(manifest, delivered=tuple(replace(line, rounds=1) for line in manifest.delivered))


class FavoursOne(Rogue):
    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        first, second, *rest = manifest.updates
        heavier, lighter = replace(first, weight=first.weight + 1), replace(second, weight=second.weight - 1)
        return replace(manifest, updates=(heavier, lighter, *rest))


class ForgesSignature(Rogue):
    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        first, *rest = manifest.updates
        forged = replace(first, signature=sign(first.update, self.actor.secret))
        return replace(manifest, updates=(forged, *rest))


class MisnamesBase(Rogue):
    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        return replace(manifest, base_model=view.terms.initial_model)


class ListsItsAccomplice(Rogue):
    """Lists an update of provider 2 in every round, which that one signs and never sends; counts and root fit it."""

    bad_rounds: ClassVar[tuple[int, ...]] = (1, 2, 3)

    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        secret, update = hkdf(b"simulation", "provider 2"), digest(b"an update that never was")
        account = Actor(secret, self.actor.record).account
        message = UpdateMessage(
            manifest.task, manifest.round, manifest.attempt, manifest.terms, manifest.base_model, update
        )
        (weight,) = (line.weight for line in view.providers if line.account == account)
        entry = Entry(account, update, sign(message.digest(self.actor.record.domain), secret), weight)
        counts = manifest.counts | {account: manifest.round}
        return replace(
            manifest,
            updates=(*manifest.updates, entry),
            exclusions=tuple(line for line in manifest.exclusions if line.provider != account),
            delivered=tuple(Delivered(name, counts[name]) for name in sorted(counts)),
        )


class LeavesOut(Rogue):
    """Passes over provider 0 from round 1 on, and says of it what `reason` says."""

    bad_rounds: ClassVar[tuple[int, ...]] = (1, 2, 3)
    reason: ClassVar[str | None] = None

    def tamper(self, view: TaskView, candidates: Candidates) -> None:
        victim = Actor(hkdf(b"simulation", "provider 0"), self.actor.record).account
        candidates.admitted.pop(victim, None)
        candidates.payloads.pop(victim, None)

    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        if self.reason is None:
            return manifest
        victim = Actor(hkdf(b"simulation", "provider 0"), self.actor.record).account
        return replace(manifest, exclusions=(*manifest.exclusions, Exclusion(victim, self.reason)))


class LeavesOutOnce(LeavesOut):
    bad_rounds: ClassVar[tuple[int, ...]] = (1,)


class CallsItUnchanged(LeavesOut):
    reason: ClassVar[str | None] = "unchanged"


class CallsItCopied(LeavesOut):
    reason: ClassVar[str | None] = "copied"


class CallsItUnchangedOnce(LeavesOutOnce):
    reason: ClassVar[str | None] = "unchanged"


def _with_entries(manifest: Manifest, entries: tuple[Entry, ...]) -> Manifest:
    """Return the manifest with other updates, its counts and root made to fit them."""
    before = {line.provider: line.rounds - 1 for line in manifest.delivered}
    return replace(manifest, updates=entries, delivered=count_delivered(before, entries))
