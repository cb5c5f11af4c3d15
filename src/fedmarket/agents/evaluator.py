"""The evaluator's agent: checks a task before it sits down, audits its rounds, commits, reveals and confirms scores."""

from fedmarket.agents.actor import Action, Actor
from fedmarket.agents.claims import collect_for
from fedmarket.agents.keeper import keep
from fedmarket.domain.accounts import recover, sign
from fedmarket.domain.canonical import digest
from fedmarket.domain.derive import hkdf
from fedmarket.domain.errors import MarketError
from fedmarket.domain.lifecycle import Role, Status
from fedmarket.domain.reference.scoring import commitment_of
from fedmarket.domain.reference.state import NO_AGREEMENT
from fedmarket.domain.score_table import ScoreTable
from fedmarket.learning.gate import admit
from fedmarket.record.admission import gate_for
from fedmarket.record.evaluation import check_start, evaluate, open_validation
from fedmarket.record.facts import agreed_terms, outcome
from fedmarket.record.slots import note_slot, score_slot
from fedmarket.record.task import Announcement, TaskView
from fedmarket.store.age import decrypt, encrypt


class EvaluatorAgent:
    """Holds an evaluator's seat in one task."""

    def __init__(self, actor: Actor, task: int) -> None:
        self.actor = actor
        self._task = task

    def step(self) -> list[Action]:
        """Do the next thing that is the evaluator's: sit down, note, commit, reveal, confirm, or claim."""
        record = self.actor.record
        record.refresh()
        if self._task not in record.tasks:
            return []
        view = record.task(self._task)
        if view.seat(self.actor.account, Role.EVALUATOR) is None:
            return []
        done: list[Action] = []
        if view.status is Status.OPEN:
            done = self._sit(view)
        elif view.status is Status.TRAINING:
            done = self._note(view)
        elif view.status is Status.SCORING:
            done = self._score(view)
        elif view.final:
            done = collect_for(self.actor, view, self.actor.account)
        return done or keep(self.actor, view)

    def _sit(self, view: TaskView) -> list[Action]:
        if view.state.parts[self.actor.account].seated or self.actor.record.now() > view.state.start_deadline:
            return []
        terms = agreed_terms(self.actor.record, self._task)
        check_start(terms, open_validation(self.actor.record, self._task, self.actor.age))
        return self.actor.call(self._task, "take_seat", self.actor.age.public, pays=view.terms.evaluator_bond)

    def _note(self, view: TaskView) -> list[Action]:
        """Keep a signed note of every announced update that this evaluator could read before the round's commit."""
        done = []
        for line in view.announcements:
            now_open = (line.round, line.attempt) == (len(view.rounds) + 1, view.state.attempt)
            if now_open and not self._noted(line) and self._valid(line):
                slot = note_slot(self.actor.record, self._task, line.round, self.actor.account)
                self.actor.record.store.put_entry(slot, self._note_text(line))
                done.append(Action(self.actor.account, "note", self._task))
        return done

    def _valid(self, line: Announcement) -> bool:
        record = self.actor.record
        context = gate_for(record, self._task, line.round, line.attempt, line.provider)
        try:
            payload = decrypt(record.store.get(f"sha256:{line.blob.hex()}"), self.actor.age)
            return admit(payload, context).update_id == line.update
        except MarketError:
            return False

    def _note_text(self, line: Announcement) -> bytes:
        held = digest(line.update + line.blob + line.round.to_bytes(4, "big") + line.attempt.to_bytes(4, "big"))
        return held + sign(held, self.actor.secret)

    def _noted(self, line: Announcement) -> bool:
        record, wanted = self.actor.record, self._note_text(line)[:32]
        for blob in record.store.entries(note_slot(record, self._task, line.round, self.actor.account)):
            try:
                note = record.store.get(blob)
                if note[:32] == wanted and recover(note[:32], note[32:]) == self.actor.account:
                    return True
            except MarketError:
                continue
        return False

    def _score(self, view: TaskView) -> list[Action]:
        state, now, me = view.state, self.actor.record.now(), self.actor.account
        bit = 1 << state.parts[me].seat
        if not state.committed & bit:
            return self._commit(view) if now <= state.commit_deadline else []
        if not state.revealed & bit:
            ready = state.commits_done_at or now > state.commit_deadline
            return self._reveal() if ready and now <= state.reveal_deadline else []
        if state.reveals_done_at or now > state.reveal_deadline:
            return self._confirm(view) if now <= state.confirm_deadline else []
        return []

    def _commit(self, view: TaskView) -> list[Action]:
        table = self._stored_table()
        if table is None:
            table = self.measured_table().pack()
            slot = score_slot(self.actor.record, self._task, self.actor.account)
            self.actor.record.store.put_entry(slot, encrypt(table, [self.actor.age.public]))
            table = self._stored_table() or table
        return self.actor.call(self._task, "commit_scores", self._commitment(table))

    def measured_table(self) -> ScoreTable:
        """Audit and score all committed rounds with this seat's key."""
        validation = open_validation(self.actor.record, self._task, self.actor.age)
        return evaluate(self.actor.record, self._task, self.actor.age, validation, self._noted).table

    def _reveal(self) -> list[Action]:
        committed = self.actor.record.task(self._task).state.commitments[self.actor.account]
        for table in self._stored_tables():
            if self._commitment(table) == committed:
                return self.actor.call(self._task, "reveal_scores", table, self._salt)
        return []

    def _confirm(self, view: TaskView) -> list[Action]:
        agreed = outcome(self.actor.record, self._task)
        vote = agreed.vote if agreed else NO_AGREEMENT
        if view.votes.get(self.actor.account) == vote:
            return []
        return self.actor.call(self._task, "confirm", vote)

    @property
    def _salt(self) -> bytes:
        chain = self.actor.record.chain
        return hkdf(self.actor.secret, "scores", chain.chain_id, chain.market, self._task)

    def _commitment(self, table: bytes) -> bytes:
        chain = self.actor.record.chain
        return commitment_of(chain.chain_id, chain.market, self._task, self.actor.account, table, self._salt)

    def _stored_table(self) -> bytes | None:
        return next(iter(self._stored_tables()), None)

    def _stored_tables(self) -> list[bytes]:
        """Return every table of ours that the store holds: those bytes are revealed, never a recomputation."""
        record, tables = self.actor.record, []
        for blob in record.store.entries(score_slot(record, self._task, self.actor.account)):
            try:
                tables.append(decrypt(record.store.get(blob), self.actor.age))
            except MarketError:
                continue
        return tables
