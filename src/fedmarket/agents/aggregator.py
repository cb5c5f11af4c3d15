"""The aggregator's agent, and the standby's: gates updates, adds them up exactly, commits one round a transaction."""

from fedmarket.agents.actor import Action, Actor
from fedmarket.agents.asking import ask
from fedmarket.agents.claims import collect_for
from fedmarket.agents.keeper import keep
from fedmarket.domain.canonical import digest
from fedmarket.domain.constants import NO_NOTICE, Notice
from fedmarket.domain.lifecycle import Role, Status
from fedmarket.domain.manifest import Entry, Manifest, count_delivered
from fedmarket.domain.terms import Terms
from fedmarket.learning.bundle import pack_bundle
from fedmarket.learning.tensors import encode
from fedmarket.record.admission import Candidates, collect
from fedmarket.record.constants import federated, give_notice, make_notice, notice_of, notices_flooded
from fedmarket.record.facts import agreed_terms, delivered_counts, model_readers, round_readers
from fedmarket.record.models import fresh_server, initial_model, open_model, recipe_of, rule_of, server_after
from fedmarket.record.replay import Replay
from fedmarket.record.sealed import put_sealed
from fedmarket.record.task import TaskView


class AggregatorAgent:
    """Holds an aggregator's or a standby's seat in one task."""

    def __init__(self, actor: Actor, task: int) -> None:
        self.actor = actor
        self._task = task

    def step(self) -> list[Action]:
        """Do the next thing that is the seat's: sit down, take over, commit a round, or claim."""
        record = self.actor.record
        record.refresh()
        if self._task not in record.tasks:
            return []
        view = record.task(self._task)
        return self.actor.attempt(lambda: self._act(view)) or keep(self.actor, view)

    def _act(self, view: TaskView) -> list[Action]:
        if view.status is Status.OPEN:
            return self._sit(view)
        if view.status is Status.TRAINING:
            active = view.active_aggregator == self.actor.account
            return self._commit(view) if active else self._take_over(view)
        return collect_for(self.actor, view, self.actor.account) if view.final else []

    def _sit(self, view: TaskView) -> list[Action]:
        part = view.state.parts.get(self.actor.account)
        if part is None or part.seated or self.actor.record.now() > view.state.start_deadline:
            return []
        terms = agreed_terms(self.actor.record, self._task)
        initial_model(terms)
        fresh_server(terms)
        return self.actor.call(self._task, "take_seat", self.actor.age.public, pays=view.terms.aggregator_bond)

    def _commit(self, view: TaskView) -> list[Action]:
        now = self.actor.record.now()
        if self._lacks_notice() and now <= view.state.round_deadline:
            give_notice(self.actor.record, self._task, self.actor.secret, self.actor.age)
            return [Action(self.actor.account, "give_notice", self._task)]
        if not view.state.submit_deadline < now <= view.state.round_deadline:
            return []
        candidates = collect(self.actor.record, self._task, self.actor.age)
        manifest = self.store_round(view, candidates)
        self.actor.record.store.put(manifest.encoded)
        commitment = (manifest.updates_root, manifest.model, manifest.hash)
        counts = (len(manifest.updates), manifest.delivered_weight)
        return self.actor.call(self._task, "commit_round", manifest.round, *commitment, *counts)

    def _notice_in_manifest(self, terms: Terms) -> Notice:
        """Return the constants to name where no notice of them can be found: a round is lost by it, and no more."""
        return make_notice(self.actor.record, self._task, self.actor.age) if federated(terms) else NO_NOTICE

    def _lacks_notice(self) -> bool:
        """Return whether the task's constants come from its providers, and nobody has given a notice of them."""
        record = self.actor.record
        if not federated(record.terms(self._task)) or notices_flooded(record, self._task):
            return False
        return notice_of(record, self._task) is None

    def store_round(self, view: TaskView, candidates: Candidates) -> Manifest:
        """Aggregate, take the server's step, store model, sum and bundle, and return the manifest that names them."""
        record, store = self.actor.record, self.actor.record.store
        terms, number = record.terms(self._task), len(view.rounds) + 1
        weights = {provider.account: provider.weight for provider in view.providers}
        accounts, rule = list(candidates.admitted), rule_of(terms)
        updates = {account: update.tensors for account, update in candidates.admitted.items()}
        total = rule.total(updates, weights, recipe_of(terms).spec, terms.clip_quanta)
        base = open_model(record, self._task, number - 1, self.actor.age)
        server = server_after(record, self._task, number - 1, self.actor.age)
        model = encode(server.advance(base, total, rule.total_weight(sum(weights[a] for a in accounts))))
        aggregate, bundle = encode(total), pack_bundle([candidates.payloads[a] for a in accounts])
        entries = tuple(
            Entry(account, update.update_id, update.signature, weights[account])
            for account, update in candidates.admitted.items()
        )
        notice = notice_of(record, self._task) or self._notice_in_manifest(terms)
        return Manifest(
            chain_id=record.domain.chain_id,
            contract=record.domain.contract,
            task=self._task,
            round=number,
            attempt=view.state.attempt,
            terms=view.terms.terms_hash,
            base_model=view.latest_model,
            model=digest(model),
            model_blob=put_sealed(store, model, model_readers(view, terms, number)),
            aggregate=digest(aggregate),
            aggregate_blob=put_sealed(store, aggregate, round_readers(view)),
            bundle=digest(bundle),
            bundle_blob=put_sealed(store, bundle, round_readers(view)),
            updates=entries,
            exclusions=candidates.exclusions,
            delivered=count_delivered(delivered_counts(record, self._task, number - 1), entries),
            constants=notice.constants,
            constants_blob=notice.constants_blob,
            summaries=notice.summaries,
            summaries_blob=notice.summaries_blob,
        )

    def _take_over(self, view: TaskView) -> list[Action]:
        """Replace a stalled aggregator in one's own turn; declines where an earlier round does not verify."""
        seat, state = view.seat(self.actor.account, Role.AGGREGATOR), view.state
        if seat is None or seat <= state.attempt:
            return []
        turn = state.opened_at + view.terms.windows.round * (seat - state.attempt)
        if not turn < self.actor.record.now() <= state.training_deadline:
            return []
        replay = Replay(self.actor.record, self._task, self.actor.age)
        for _ in replay.rounds():
            pass
        if replay.fault is None:
            return self.actor.call(self._task, "take_over")
        return ask(self.actor, self._task, range(replay.verified + 1, len(view.rounds) + 1))
