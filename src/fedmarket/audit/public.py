"""What anybody can check of a task: events, terms, manifests, signatures, agreement, settlement and claims."""

from typing import NoReturn

from fedmarket.audit.evidence import Evidence
from fedmarket.audit.finding import Finding
from fedmarket.domain.errors import MarketError
from fedmarket.domain.lifecycle import Role, Status
from fedmarket.domain.manifest_rules import check_manifest, check_signatures
from fedmarket.domain.reference.payment import fallback_owed
from fedmarket.domain.settlement import leaves
from fedmarket.record.facts import agreed_terms, committed_round
from fedmarket.record.models import initial_model


class AuditFault(MarketError):
    """The record does not bear out what was paid."""

    exit_code = 1


def _fail(fault: str, **params: object) -> NoReturn:
    raise AuditFault(f"audit.{fault}", **params)


def events(evidence: Evidence) -> Finding:
    """Replay the events under the contract's rules: order, deadlines, sums, commitments and reveals."""
    record = evidence.record
    record.refresh()
    record.fold.finish()
    record.task(evidence.number)
    if record.fold.events != list(evidence.export.events):
        _fail("not_replayed", count=len(evidence.export.events) - len(record.fold.events))
    return Finding("events", count=len(record.fold.events))


def terms(evidence: Evidence) -> Finding:
    """Read the terms, whose hash is on chain, and compare them with what the contract enforces."""
    agreed_terms(evidence.record, evidence.number)
    return Finding("terms")


def admission(evidence: Evidence) -> Finding:
    """Find every provider on the allow-list, with its weight and price."""
    view, listed = evidence.view, evidence.terms.admission.listed
    known = {(line.account, line.weight, line.price) for line in listed}
    for provider in view.providers:
        if listed and (provider.account, provider.weight, provider.price) not in known:
            _fail("not_listed", account=provider.account)
    seats = [seat for seat in (*evidence.terms.aggregators, *evidence.terms.evaluators)]
    for seat in seats:
        if view.age_keys.get(seat.account, seat.age_key) != seat.age_key:
            _fail("other_key", account=seat.account)
    return Finding("admission_list" if listed else "admission_open", count=len(view.providers))


def start(evidence: Evidence) -> Finding:
    """Compute the initial model from the recipe and its seed."""
    initial_model(evidence.terms)
    return Finding("initial_model", recipe=evidence.terms.recipe, seed=evidence.terms.seed)


def manifests(evidence: Evidence) -> Finding:
    """Check each round's manifest against chain and terms: ids, base models, weights, counts and roots."""
    for number in evidence.rounds():
        manifest = evidence.record.manifest(evidence.number, number)
        check_manifest(manifest, committed_round(evidence.record, evidence.number, number))
    return Finding("manifests", count=evidence.verified)


def signatures(evidence: Evidence) -> Finding:
    """Recover the signer of every accepted update."""
    count = 0
    for number in evidence.rounds():
        manifest = evidence.record.manifest(evidence.number, number)
        check_signatures(manifest, committed_round(evidence.record, evidence.number, number))
        count += len(manifest.updates)
    return Finding("signatures", count=count)


def agreement(evidence: Evidence) -> Finding:
    """Take the lower medians of the revealed tables again."""
    view, found = evidence.view, evidence.outcome
    if view.settled is None:
        return _unsettled(evidence)
    if found is None:
        _fail("no_agreement")
    table = found.agreement.table
    if (table.rounds_verified, table.best_round) != (view.settled.rounds_verified, view.settled.best_round):
        _fail("other_rounds")
    seats = len(view.terms.evaluators)
    agreeing = len(view.tables) - len(found.agreement.different) - found.vote.forfeited.bit_count()
    return Finding("agreement", count=agreeing, seats=seats, rounds=table.rounds_verified)


def _unsettled(evidence: Evidence) -> Finding:
    status = evidence.view.status
    if status is Status.FALLBACK:
        return Finding("fell_back")
    return Finding("unsettled", status=status.name)


def settlement(evidence: Evidence) -> Finding:
    """Compute from the agreed table who is owed what, and compare root and sums with what was confirmed."""
    view, found = evidence.view, evidence.outcome
    if view.settled is None or found is None:
        return _unsettled(evidence)
    if found.vote != view.settled:
        differing = [name for name, value in vars(found.vote).items() if getattr(view.settled, name) != value]
        _fail("other_settlement", fields=", ".join(differing))
    paid = found.settlement
    total = sum(paid.owed.values()) + paid.refund + sum(paid.fees.values())
    if total != view.terms.escrow + sum(paid.debit.values()):
        _fail("wrong_sum", total=total, escrow=view.terms.escrow)
    return Finding("settlement")


def claims(evidence: Evidence) -> Finding:
    """Compare every payment with its leaf, or with a round's delivered counts where the task fell back."""
    view = evidence.view
    expected = _settled_leaves(evidence) if view.settled else _fallback_leaves(evidence)
    count = 0
    for payment in view.payments:
        if view.seat(payment.account, Role.AGGREGATOR) is not None or payment.account in view.terms.evaluators:
            continue
        if (payment.owed, payment.bond) not in expected.get(payment.account, ()):
            _fail("other_payment", account=payment.account)
        count += 1
    return Finding("claims", count=count, providers=len(view.providers))


def _settled_leaves(evidence: Evidence) -> dict[str, set[tuple[int, int]]]:
    found, providers = evidence.outcome, {line.account: line for line in evidence.view.providers}
    assert found is not None
    return {
        account: {(owed, providers[account].bond - min(debit, providers[account].bond))}
        for account, owed, debit, _ in leaves(found.settlement, list(providers))
    }


def _fallback_leaves(evidence: Evidence) -> dict[str, set[tuple[int, int]]]:
    """Return what each provider may have claimed: the leaf of any round is its own to choose, none if it announced."""
    view = evidence.view
    if view.status is not Status.FALLBACK:
        return {}
    counts = [evidence.record.manifest(evidence.number, line.number).counts for line in view.rounds]
    announced = {line.provider for line in view.announcements}
    return {
        line.account: {
            (fallback_owed(view.state, line.weight, line.price, delivered), line.bond)
            for delivered in {after[line.account] for after in counts if line.account in after}
            | ({0} if line.account in announced else set())
        }
        for line in view.providers
    }
