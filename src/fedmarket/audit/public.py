"""What anybody can check of a task: events, terms, manifests, signatures, agreement, settlement and claims."""

from typing import NoReturn

from fedmarket.audit.evidence import Evidence
from fedmarket.domain.errors import MarketError
from fedmarket.domain.lifecycle import Role, Status
from fedmarket.domain.manifest_rules import check_manifest, check_signatures
from fedmarket.domain.reference.opening import ADMISSION_LEAF
from fedmarket.domain.settlement import leaves
from fedmarket.record.facts import agreed_terms, committed_round
from fedmarket.record.models import initial_model


class AuditFault(MarketError):
    """The record does not bear out what was paid."""

    exit_code = 1


def _fail(fault: str, **params: object) -> NoReturn:
    raise AuditFault(f"audit.{fault}", **params)


def events(evidence: Evidence) -> str:
    """Replay the events under the contract's rules: order, deadlines, sums, commitments and reveals."""
    record = evidence.record
    record.refresh()
    record.fold.finish()
    record.task(evidence.number)
    return f"{len(evidence.export.events)} events replay under the contract's rules"


def terms(evidence: Evidence) -> str:
    """Read the terms, whose hash is on chain, and compare them with what the contract enforces."""
    agreed_terms(evidence.record, evidence.number)
    return "the document hashes to the id on chain, obeys the rules, and is what the contract enforces"


def admission(evidence: Evidence) -> str:
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
    rule = f"are on the {ADMISSION_LEAF[0]} list with their weights" if listed else "joined with a bond"
    return f"{len(view.providers)} providers {rule}; the seats hold the keys that the terms name"


def start(evidence: Evidence) -> str:
    """Compute the initial model from the recipe and its seed."""
    initial_model(evidence.terms)
    return f"the initial model is {evidence.terms.recipe}'s for seed {evidence.terms.seed}"


def manifests(evidence: Evidence) -> str:
    """Check each round's manifest against chain and terms: ids, base models, weights, counts and roots."""
    for number in evidence.rounds():
        manifest = evidence.record.manifest(evidence.number, number)
        check_manifest(manifest, committed_round(evidence.record, evidence.number, number))
    return f"{evidence.verified} manifests are those on chain; every round starts from the model of the one before"


def signatures(evidence: Evidence) -> str:
    """Recover the signer of every accepted update."""
    count = 0
    for number in evidence.rounds():
        manifest = evidence.record.manifest(evidence.number, number)
        check_signatures(manifest, committed_round(evidence.record, evidence.number, number))
        count += len(manifest.updates)
    return f"{count} updates are signed by their providers for their round, attempt and base model"


def agreement(evidence: Evidence) -> str:
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
    return f"{agreeing} of {seats} evaluators agree within the tolerance on rounds 1..{table.rounds_verified}"


def _unsettled(evidence: Evidence) -> str:
    status = evidence.view.status
    if status is Status.FALLBACK:
        return "the evaluators came to no agreement in time; delivered rounds decide"
    return f"the task is {status.name}; nothing was settled by agreement"


def settlement(evidence: Evidence) -> str:
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
    return "owed + refund + fees = escrow + debits, to the unit, and the payout root is that of these leaves"


def claims(evidence: Evidence) -> str:
    """Compare every payment with its leaf, or with the last round's delivered counts where the task fell back."""
    view = evidence.view
    expected = _settled_leaves(evidence) if view.settled else _fallback_leaves(evidence)
    count = 0
    for payment in view.payments:
        if view.seat(payment.account, Role.AGGREGATOR) is not None or payment.account in view.terms.evaluators:
            continue
        if expected.get(payment.account) != (payment.owed, payment.bond):
            _fail("other_payment", account=payment.account)
        count += 1
    return f"{count} of {len(view.providers)} providers were paid, each what its leaf says"


def _settled_leaves(evidence: Evidence) -> dict[str, tuple[int, int]]:
    found, providers = evidence.outcome, {line.account: line for line in evidence.view.providers}
    assert found is not None
    return {
        account: (owed, providers[account].bond - min(debit, providers[account].bond))
        for account, owed, debit, _ in leaves(found.settlement, list(providers))
    }


def _fallback_leaves(evidence: Evidence) -> dict[str, tuple[int, int]]:
    view = evidence.view
    if view.status is not Status.FALLBACK:
        return {}
    contract, state = view.terms, view.state
    counts = evidence.record.manifest(evidence.number, len(view.rounds)).counts if view.rounds else {}
    expected = {}
    for line in view.providers:
        delivered = counts.get(line.account, 0)
        owed = contract.performance * line.weight * delivered // state.delivered_weight if delivered else 0
        if contract.priced:
            owed += line.price * delivered // contract.rounds
        else:
            owed += contract.participation * line.weight * delivered // (state.total_weight * contract.rounds)
        expected[line.account] = (owed, line.bond)
    return expected
