"""The evaluator's agent: checks a task before it sits down, audits its rounds, commits, reveals and confirms scores."""

from collections.abc import Iterator

from fedmarket.agents.actor import Action, Actor
from fedmarket.agents.asking import answer, ask
from fedmarket.agents.claims import collect_for
from fedmarket.agents.keeper import keep
from fedmarket.domain.accounts import sign
from fedmarket.domain.canonical import sha256_id
from fedmarket.domain.derive import hkdf
from fedmarket.domain.errors import MarketError, RefusedError
from fedmarket.domain.lifecycle import Role, Status
from fedmarket.domain.reference.scoring import MAX_TABLE, commitment_of
from fedmarket.domain.reference.state import NO_AGREEMENT, Vote
from fedmarket.domain.score_table import ScoreTable
from fedmarket.record.admission import first_announcements, open_announced
from fedmarket.record.evaluation import check_start, evaluate, open_validation
from fedmarket.record.facts import agreed_terms, outcome, seat_keys
from fedmarket.record.models import fresh_server
from fedmarket.record.notes import note_digest
from fedmarket.record.relay import unopened, waiting
from fedmarket.record.sealed import AGE_OVERHEAD
from fedmarket.record.slots import note_slot, own_entries, score_slot
from fedmarket.record.statements import make_statements, send_statement, sent_statement, settled_outcome
from fedmarket.record.task import Announcement, TaskView
from fedmarket.store.age import decrypt, encrypt

LARGEST_ENTRY = 32 + MAX_TABLE + AGE_OVERHEAD


class EvaluatorAgent:
    """Holds an evaluator's seat in one task."""

    def __init__(self, actor: Actor, task: int) -> None:
        self.actor = actor
        self._task = task
        self._told: Vote | None = None

    def step(self) -> list[Action]:
        """Do the evaluator's next thing: answer, sit down, note, commit, reveal, confirm, claim, or tell."""
        record = self.actor.record
        record.refresh()
        if self._task not in record.tasks:
            return []
        view = record.task(self._task)
        if view.seat(self.actor.account, Role.EVALUATOR) is None:
            return []
        acted = self.actor.attempt(lambda: self._act(view)) or self.actor.attempt(lambda: self._answer(view))
        return acted or keep(self.actor, view)

    def _answer(self, view: TaskView) -> list[Action]:
        return answer(self.actor, self._task) if view.rounds else []

    def _act(self, view: TaskView) -> list[Action]:
        if view.status is Status.OPEN:
            return self._sit(view)
        if view.status is Status.TRAINING:
            return self._note(view) if self.actor.record.now() <= view.state.submit_deadline else []
        if view.status is Status.SCORING:
            return self._score(view)
        if not view.final:
            return []
        return collect_for(self.actor, view, self.actor.account) or self._tell(view)

    def _sit(self, view: TaskView) -> list[Action]:
        if view.state.parts[self.actor.account].seated or self.actor.record.now() > view.state.start_deadline:
            return []
        terms = agreed_terms(self.actor.record, self._task)
        check_start(terms, open_validation(self.actor.record, self._task, self.actor.age))
        fresh_server(terms)
        return self.actor.call(self._task, "take_seat", self.actor.age.public, pays=view.terms.evaluator_bond)

    def _note(self, view: TaskView) -> list[Action]:
        """Sign a note of every announced update that this evaluator can read, and hand it on to the aggregator.

        Whoever announces could encrypt to the evaluators only, and so have an honest round declared void.
        """
        record, done = self.actor.record, []
        readers = seat_keys(view, [view.active_aggregator])
        for line in first_announcements(record, self._task, len(view.rounds) + 1, view.state.attempt):
            opened = None if self._noted(line) else open_announced(record, self._task, line, self.actor.age)
            if opened is None:
                continue
            slot = note_slot(record, self._task, line.round, self.actor.account, line.provider)
            if readers:
                record.store.put_entry(slot, encrypt(opened[0], readers))
            record.store.put_entry(slot, self._signed_note(line))
            done.append(Action(self.actor.account, "note", self._task))
        return done

    def _signed_note(self, line: Announcement) -> bytes:
        return sign(note_digest(self.actor.record, self._task, line), self.actor.secret)

    def _noted(self, line: Announcement) -> bool:
        """Return whether the store holds our note: the same signature each time, so its id needs no slot."""
        return self.actor.record.store.has(sha256_id(self._signed_note(line)))

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
            patient = self.actor.record.now() <= view.patience_deadline
            if patient and waiting(self.actor.record, self._task, self.actor.age):
                return []
            measured = self.measured_table()
            if patient and (missing := self._missing(view, measured)):
                return ask(self.actor, self._task, missing)
            table = measured.pack()
            entry = encrypt(self._commitment(table) + table, [self.actor.age.public])
            self.actor.record.store.put_entry(self._slot, entry)
            table = self._stored_table() or table
        return self.actor.call(self._task, "commit_scores", self._commitment(table))

    def _missing(self, view: TaskView, table: ScoreTable) -> list[int]:
        """Return the rounds from the first that does not verify on of which some blob is missing or does not open.

        Another evaluator may hold what we lack, or our store be out of reach: who commits at once would name other
        rounds than the rest.
        """
        record, rest = self.actor.record, range(table.rounds_verified + 1, len(view.rounds) + 1)
        found = {each.round for each in unopened(record, self._task, rest, self.actor.age)}
        return sorted(found | {r for r in rest if record.manifest_missing(self._task, r)})

    def measured_table(self) -> ScoreTable:
        """Audit and score all committed rounds with this seat's key.

        Which announced updates had to be in is what most evaluators noted: an evaluator that went by its own notes
        alone would name other rounds than the rest wherever a sender served them unequally, and lose its fee.
        """
        validation = open_validation(self.actor.record, self._task, self.actor.age)
        return evaluate(self.actor.record, self._task, self.actor.age, validation).table

    def _reveal(self) -> list[Action]:
        committed = self.actor.record.task(self._task).state.commitments[self.actor.account]
        for table in self._tables():
            if self._commitment(table) == committed:
                return self.actor.call(self._task, "reveal_scores", table, self._salt)
        return []

    def _confirm(self, view: TaskView) -> list[Action]:
        agreed = outcome(self.actor.record, self._task)
        vote = agreed.vote if agreed else NO_AGREEMENT
        if view.votes.get(self.actor.account) == vote:
            return []
        return self.actor.call(self._task, "confirm", vote)

    def _tell(self, view: TaskView) -> list[Action]:
        """Send every provider its statement while claims run; those that the store holds already are not sent again."""
        record, age, me = self.actor.record, self.actor.age, self.actor.account
        if view.settled in (None, self._told) or record.now() > view.state.claim_deadline:
            return []
        found, accounts = settled_outcome(record, self._task), [line.account for line in view.providers]
        missing = [a for a in accounts if sent_statement(record, self._task, found, age, me, a) is None]
        try:
            statements = make_statements(record, self._task, found, age) if missing else {}
        except RefusedError:
            # Our replay comes to other rounds: nothing that a second try in this process would change.
            self._told = view.settled
            raise
        sent = [a for a in missing if send_statement(record, statements[a], self.actor.secret, age)]
        # Only spares a long-lived agent the reading: the slots themselves say what is left to do.
        self._told = view.settled
        return [Action(me, "send_statement", self._task) for _ in sent]

    @property
    def _slot(self) -> str:
        return score_slot(self.actor.record, self._task, self.actor.account)

    @property
    def _salt(self) -> bytes:
        chain = self.actor.record.chain
        return hkdf(self.actor.secret, "scores", chain.chain_id, chain.market, self._task)

    def _commitment(self, table: bytes) -> bytes:
        chain = self.actor.record.chain
        return commitment_of(chain.chain_id, chain.market, self._task, self.actor.account, table, self._salt)

    def _stored_table(self) -> bytes | None:
        return next(iter(self._stored_tables()), None)

    def _tables(self) -> Iterator[bytes]:
        """Yield our tables: those stored, whose very bytes were committed to, then one measured again."""
        yield from self._stored_tables()
        yield self.measured_table().pack()

    def _stored_tables(self) -> list[bytes]:
        """Return every table of ours that the store holds.

        Anybody can encrypt to us: what proves a table ours is the commitment before it, made with our secret salt.
        """
        record, tables = self.actor.record, []
        for blob in own_entries(record, self._slot):
            try:
                entry = decrypt(record.store.get(blob, LARGEST_ENTRY), self.actor.age)
            except MarketError:
                continue
            if entry[:32] == self._commitment(entry[32:]):
                tables.append(entry[32:])
        return tables
