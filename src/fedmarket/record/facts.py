"""What settlement needs of a task, read from the record; and who may read which blob."""

from collections.abc import Iterable

from fedmarket.domain.errors import MarketError, RefusedError
from fedmarket.domain.manifest_rules import Committed
from fedmarket.domain.outcome import Joined, Outcome, TaskFacts, conclude
from fedmarket.domain.terms import Terms
from fedmarket.domain.terms_rules import check
from fedmarket.record.live import Record
from fedmarket.record.task import TaskView
from fedmarket.store.age import AgeError, checked_recipient


def agreed_terms(record: Record, number: int) -> Terms:
    """Return a task's terms after checking that they obey the rules and are what the contract enforces.

    Raises TermsError, or RefusedError where document and contract differ or a party's age key is no key.
    """
    terms, view = record.terms(number), record.task(number)
    check(terms)
    if not all(_usable(seat.age_key) for seat in (terms.requester, *terms.aggregators, *terms.evaluators)):
        raise RefusedError("record.bad_age_key", task=number)
    if terms.chain_terms() != view.terms or terms.requester.account != view.requester:
        raise RefusedError("record.terms_differ", task=number)
    return terms


def committed_round(record: Record, number: int, round_number: int) -> Committed:
    """Return what the chain says of a committed round, for `manifest_rules`."""
    view = record.task(number)
    line = view.rounds[round_number - 1]
    return Committed(
        domain=record.domain,
        task=number,
        round=round_number,
        attempt=line.attempt,
        terms=view.terms.terms_hash,
        base_model=view.model_after(round_number - 1),
        model=line.model,
        manifest=line.manifest,
        updates_root=line.updates_root,
        n_updates=line.n_updates,
        delivered_weight=line.delivered_weight,
        weights={provider.account: provider.weight for provider in view.providers},
        counted=delivered_counts(record, number, round_number - 1),
    )


def delivered_counts(record: Record, number: int, round_number: int) -> dict[str, int]:
    """Return the delivered counts that a round's manifest states; empty for round 0. Raises as `Record.manifest`."""
    return record.manifest(number, round_number).counts if round_number else {}


def task_facts(record: Record, number: int) -> TaskFacts:
    """Return what the record says of a task, for `domain.outcome.conclude`."""
    view = record.task(number)
    announced = {line.provider for line in view.announcements}
    joined = tuple(Joined(p.account, p.weight, p.bond, p.price, p.account in announced) for p in view.providers)
    counts = tuple(_readable_counts(record, number, r) for r in range(len(view.rounds) + 1))
    return TaskFacts(record.terms(number), joined, view.committers(), counts, view.stopped)


def _readable_counts(record: Record, number: int, round_number: int) -> dict[str, int] | None:
    try:
        return delivered_counts(record, number, round_number)
    except MarketError:
        return None


def outcome(record: Record, number: int) -> Outcome | None:
    """Return what the revealed tables decide, or None where they do not agree."""
    view = record.task(number)
    seats = {seat: view.tables[a] for seat, a in enumerate(view.terms.evaluators) if a in view.tables}
    return conclude(task_facts(record, number), seats)


def seat_keys(view: TaskView, accounts: Iterable[str]) -> list[bytes]:
    """Return the age keys that accounts announced, without those that nobody can encrypt to."""
    announced = (view.age_keys[account] for account in accounts if account in view.age_keys)
    return [key for key in announced if _usable(key)]


def _usable(key: bytes) -> bool:
    try:
        checked_recipient(key)
    except AgeError:
        return False
    return True


def update_readers(view: TaskView, provider: str, announced: bool) -> list[bytes]:
    """Return who may read an update: the active aggregator and its sender, when announced the evaluators too."""
    seats = (view.active_aggregator, *(view.terms.evaluators if announced else ()), provider)
    return seat_keys(view, seats)


def round_readers(view: TaskView) -> list[bytes]:
    """Return who may read a round's bundle and aggregate: aggregator, standbys and evaluators."""
    return seat_keys(view, (*view.terms.aggregators, *view.terms.evaluators))


def model_readers(view: TaskView, terms: Terms, round_number: int) -> list[bytes]:
    """Return who may read the model after a round: all parties; of the last round providers only with a licence."""
    providers = [line.account for line in view.providers]
    licensed = terms.contributors_licence or round_number < terms.rounds
    requester = [terms.requester.age_key] if _usable(terms.requester.age_key) else []
    return [*requester, *round_readers(view), *(seat_keys(view, providers) if licensed else ())]
