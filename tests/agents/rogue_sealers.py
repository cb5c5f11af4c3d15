"""Aggregators that store what they should and let only some of its readers open it."""

from dataclasses import replace
from typing import Any

from fedmarket.domain.manifest import Manifest
from fedmarket.record.facts import seat_keys
from fedmarket.record.sealed import open_sealed, put_sealed
from fedmarket.record.task import TaskView
from tests.agents.rogue_aggregators import Rogue


class _Sealer(Rogue):
    bad_rounds = (1, 2, 3)

    def seal_again(self, view: TaskView, manifest: Manifest, kind: str, accounts: tuple[str, ...]) -> Manifest:
        """Return the manifest with one kind of blob encrypted to `accounts` and to this aggregator only."""
        store, blob = self.actor.record.store, getattr(manifest, f"{kind}_blob")
        data = open_sealed(store, blob, self.actor.age, getattr(manifest, kind), 1 << 20)
        keys = [self.actor.age.public, *seat_keys(view, accounts)]
        sealed: dict[str, Any] = {f"{kind}_blob": put_sealed(store, data, keys)}
        return replace(manifest, **sealed)


class ServesOneEvaluatorEach(_Sealer):
    """Each round's bundle, aggregate and model open to another single evaluator."""

    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        evaluators = view.terms.evaluators
        for kind in ("bundle", "aggregate", "model"):
            manifest = self.seal_again(view, manifest, kind, (evaluators[manifest.round % len(evaluators)],))
        return manifest


class StarvesAProvider(_Sealer):
    """The first provider to have joined is never given a model, nor is the requester."""

    def spoil(self, view: TaskView, manifest: Manifest) -> Manifest:
        _, *fed = [line.account for line in view.providers]
        readers = (*view.terms.evaluators, *view.terms.aggregators, *fed)
        return self.seal_again(view, manifest, "model", readers)
