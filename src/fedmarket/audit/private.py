"""What the holder of a seat's key can check beside: validation set, updates, sums, models, skills, contributions."""

from fedmarket.audit.evidence import Evidence
from fedmarket.audit.finding import Finding
from fedmarket.audit.public import AuditFault
from fedmarket.domain.constants import Constants
from fedmarket.domain.score_table import ScoreTable
from fedmarket.domain.strategies import AVERAGING
from fedmarket.record.constants import check_constants, constants_round
from fedmarket.record.evaluation import check_start
from fedmarket.record.models import fresh_server, initial_model, open_model, rule_of
from fedmarket.record.relay import open_shared
from fedmarket.record.replay import Replay, check_next_model


def validation(evidence: Evidence) -> Finding:
    """Open the validation set and measure the starting skill."""
    check_start(evidence.terms, evidence.validation)
    return Finding("validation", count=len(evidence.validation))


def constants(evidence: Evidence) -> Finding:
    """Combine providers' summaries again into the constants that the data were standardised by."""
    record, identity = evidence.record, evidence.identity
    assert identity is not None
    for number in evidence.rounds():
        check_constants(record, evidence.number, identity, record.manifest(evidence.number, number))
    first = constants_round(record, evidence.number)
    if first is None:
        return Finding("constants_terms")
    manifest = record.manifest(evidence.number, first)
    stated = Constants.read(open_shared(record, evidence.number, manifest, "constants", identity))
    return Finding("constants", count=len(stated.summaries))


def updates(evidence: Evidence) -> Finding:
    """Open every bundle and put every update through the gate again."""
    count = sum(len(evidence.updates(number)) for number in evidence.rounds())
    return Finding("updates", count=count)


def aggregation(evidence: Evidence) -> Finding:
    """Add every round up again, in integers."""
    for number in evidence.rounds():
        evidence.opened.total(number)
    return Finding("aggregation", count=evidence.verified)


def models(evidence: Evidence) -> Finding:
    """Take every server step again and compare the model with the committed one."""
    record, identity, terms = evidence.record, evidence.identity, evidence.terms
    assert identity is not None
    server, rule, base = fresh_server(terms), rule_of(terms), initial_model(terms)
    for number in evidence.rounds():
        manifest = record.manifest(evidence.number, number)
        total = evidence.opened.total(number)
        after = open_model(record, evidence.number, number, identity)
        computed = server.advance(base, total, rule.total_weight(manifest.delivered_weight))
        check_next_model(number, computed, after, exact=terms.strategy.name in AVERAGING)
        base = after
    return Finding("models", count=evidence.verified)


def cut(evidence: Evidence) -> Finding:
    """Find nobody left out who announced; where rounds were left out, find the fault of the first of them."""
    for number in evidence.rounds():
        evidence.check_announcements(number)
    committed = len(evidence.view.rounds)
    if evidence.verified == committed:
        return Finding("cut_none")
    assert evidence.identity is not None
    replay = Replay(evidence.record, evidence.number, evidence.identity, opened=evidence.opened)
    good = sum(1 for _ in replay.rounds())
    if good > evidence.verified:
        raise AuditFault("audit.cut_too_early", round=evidence.verified + 1)
    return Finding("cut_rightly", round=evidence.verified + 1, fault=replay.fault)


def skills(evidence: Evidence) -> Finding:
    """Measure every model on the validation set and compare with the agreed skills."""
    agreed, own = _agreed(evidence), evidence.scores.table
    _compare("skill", agreed.skills, own.skills, evidence.terms.goal.tolerance_ppb)
    start, final = (f"{skill / 1e9:.3f}" for skill in (own.skills[0], agreed.final_ppb))
    return Finding("skills", start=start, final=final, round=agreed.best_round)


def contributions(evidence: Evidence) -> Finding:
    """Compute every provider's share of the actual steps and compare with the agreed scores."""
    agreed, own = _agreed(evidence), evidence.scores.table
    _compare("score", agreed.scores, own.scores, evidence.terms.goal.tolerance_ppb)
    return Finding("contributions", count=len(own.scores))


def _agreed(evidence: Evidence) -> ScoreTable:
    return evidence.outcome.agreement.table if evidence.outcome else evidence.scores.table


def _compare(kind: str, agreed: tuple[int, ...], own: tuple[int, ...], tolerance: int) -> None:
    if len(agreed) != len(own):
        raise AuditFault("audit.other_length", kind=kind)
    for place, (theirs, ours) in enumerate(zip(agreed, own, strict=True)):
        if abs(theirs - ours) > tolerance:
            raise AuditFault("audit.other_value", kind=kind, place=place, agreed=theirs, found=ours)
