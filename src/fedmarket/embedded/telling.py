"""A settled task told from the record: who was paid what and why, as the report's plain values."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fedmarket.agents.actor import Action
from fedmarket.domain.canonical import blob_id
from fedmarket.domain.outcome import Outcome
from fedmarket.embedded.report import ProviderLine, RoundLine, TaskReport
from fedmarket.learning.metrics import Measurement
from fedmarket.record.evaluation import Scores
from fedmarket.record.live import Record


@dataclass(frozen=True)
class Telling:
    """What the record does not hold: names for people, what was watched while it ran, balances around it."""

    names: Mapping[str, str]
    actions: Sequence[Action]
    seconds: Mapping[int, float]
    balances: Mapping[str, tuple[int, int]]


def round_line(record: Record, number: int, round_number: int, measured: Measurement, telling: Telling) -> RoundLine:
    """Tell one committed round; `measured` is its model on the validation set."""
    manifest = record.manifest(number, round_number)
    gas = [a.receipt.gas_used for a in telling.actions if a.verb == "commit_round" and a.receipt]
    return RoundLine(
        number=round_number,
        loss=measured.loss,
        skill_ppb=measured.skill_ppb,
        skill_stderr_ppb=measured.skill_stderr_ppb,
        figures=measured.figures,
        updates=len(manifest.updates),
        refused=tuple((line.provider, line.reason) for line in manifest.exclusions),
        gas=gas[round_number - 1],
        seconds=telling.seconds[round_number],
    )


def tell(record: Record, number: int, outcome: Outcome, scores: Scores, telling: Telling) -> TaskReport:
    """Tell a task that was settled by agreement; `scores` are one evaluator's, for the standard errors."""
    view, terms = record.task(number), record.terms(number)
    settlement, table = outcome.settlement, outcome.agreement.table
    measured = scores.measurements
    rounds = tuple(round_line(record, number, r, measured[r], telling) for r in range(1, len(measured)))
    gas: dict[str, list[int]] = {}
    for action in telling.actions:
        if action.receipt:
            gas.setdefault(action.verb, []).append(action.receipt.gas_used)
    return TaskReport(
        task=number,
        chain_id=record.chain.chain_id,
        market=record.chain.market,
        requester=view.requester,
        aggregator=view.active_aggregator,
        model_id=blob_id(view.model_after(table.best_round)),
        escrow=view.terms.escrow,
        budget=view.terms.performance,
        owed=settlement.owed,
        refund=settlement.refund,
        fees=settlement.fees,
        released=settlement.released,
        forfeited=sum(settlement.forfeited.values()),
        skill_initial_ppb=terms.goal.start_ppb,
        skill_final_ppb=table.final_ppb,
        skill_target_ppb=terms.goal.target_ppb,
        best_round=table.best_round,
        initial_loss=scores.measurements[0].loss,
        rounds=rounds,
        providers=_providers(record, number, outcome, scores, telling),
        names=telling.names,
        balances=telling.balances,
        gas={verb: tuple(used) for verb, used in sorted(gas.items())},
    )


def _providers(
    record: Record, number: int, outcome: Outcome, scores: Scores, telling: Telling
) -> tuple[ProviderLine, ...]:
    view, settlement = record.task(number), outcome.settlement
    manifests = [record.manifest(number, r) for r in range(1, len(view.rounds) + 1)]
    refused = Counter((line.provider, line.reason) for manifest in manifests for line in manifest.exclusions)
    delivered = Counter(entry.provider for manifest in manifests for entry in manifest.updates)
    return tuple(
        ProviderLine(
            account=provider.account,
            name=telling.names.get(provider.account, provider.account),
            weight=provider.weight,
            score_ppb=score,
            stderr_ppb=scores.stderr_ppb.get(provider.account, 0),
            pay=settlement.pay[provider.account],
            participation=settlement.participation[provider.account],
            owed=settlement.owed[provider.account],
            debit=settlement.debit[provider.account],
            bond=provider.bond,
            forfeited=settlement.forfeited.get(provider.account, 0),
            delivered=delivered[provider.account],
            rounds=len(manifests),
            refused={reason: count for (who, reason), count in refused.items() if who == provider.account},
        )
        for provider, score in zip(view.providers, outcome.agreement.table.scores, strict=True)
    )
