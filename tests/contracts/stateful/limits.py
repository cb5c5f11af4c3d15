"""The amounts and counts at which an answer changes: at the limit yes, beyond it by one no."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.contracts.stateful.call_rules import Deed

from fedmarket.domain.chain_terms import MAX_ROUNDS, ChainTerms
from fedmarket.domain.reference.scoring import paid_by
from fedmarket.domain.reference.state import Task, Vote


@dataclass(frozen=True)
class Limit:
    """A verb, its reason beyond the limit, and how far a call's arguments stay below it (negative: beyond)."""

    verb: str
    reason: str
    margin: Callable[..., int]

    def names(self) -> tuple[str, str]:
        """Return the names of a call just at the limit and of one just beyond."""
        return f"{self.verb} up to {self.reason} -> accepted", f"{self.verb} beyond by one -> {self.reason}"


def _terms(reason: str, margin: Callable[[ChainTerms], int]) -> Limit:
    return Limit("open_task", reason, lambda task, terms: margin(terms))


def _vote(reason: str, margin: Callable[[Task, Vote], int]) -> Limit:
    return Limit("confirm", reason, lambda task, task_id, vote: margin(task, vote))


LIMITS = (
    _terms(
        "reward_too_large", lambda terms: min(terms.aggregator_bond, terms.evaluator_bond) - 2 * terms.trigger_reward
    ),
    _terms("bad_rounds", lambda terms: MAX_ROUNDS - terms.rounds),
    _terms("bad_royalty", lambda terms: 10_000 - terms.royalty_bps),
    _terms("bad_provider_limits", lambda terms: terms.max_providers - terms.min_providers),
    _terms("bad_weight_limits", lambda terms: terms.max_weight - terms.min_weight),
    _terms("bad_window", lambda terms: terms.windows.round - 1 - terms.windows.submit),
    _terms(
        "bond_too_small",
        lambda terms: terms.provider_bond * terms.min_weight - 2 * terms.performance if terms.open_admission else 9,
    ),
    Limit("join", "task_full", lambda task, *_: task.terms.max_providers - task.providers - 1),
    Limit(
        "join",
        "too_much_weight",
        lambda task, task_id, listing, weight, *_: task.terms.max_weight - task.total_weight - weight,
    ),
    Limit("start", "too_few_providers", lambda task, *_: task.providers - task.terms.min_providers),
    Limit("start", "too_little_weight", lambda task, *_: task.total_weight - task.terms.min_weight),
    Limit("commit_round", "too_many_updates", lambda task, *args: task.providers - args[5]),
    Limit("commit_round", "too_much_weight", lambda task, *args: task.total_weight - args[6]),
    Limit("commit_round", "weight_without_updates", lambda task, *args: args[6] - args[5]),
    Limit("stop", "too_early", lambda task, *_: task.round - task.terms.patience),
    _vote("bad_rounds_verified", lambda task, vote: task.round - vote.rounds_verified),
    _vote("bad_best_round", lambda task, vote: vote.rounds_verified - vote.best_round),
    _vote("too_few_agree", lambda task, vote: paid_by(task, vote).bit_count() - task.terms.quorum),
    _vote("bonds_exceeded", lambda task, vote: task.purse_bonds - vote.debits - vote.forfeits if vote.debits else 9),
    _vote("debits_not_owed", lambda task, vote: vote.owed - vote.debits if vote.debits else 9),
    _vote(
        "owed_exceeds_budget",
        lambda task, vote: task.terms.performance + task.terms.participation + vote.debits - vote.owed,
    ),
    Limit("claim_fallback", "too_many_delivered", lambda task, *args: args[2] - args[4] if args[4] else 9),
)
"""Guards on amounts and counts, with how far a call stays below them (9, where one does not apply to it)."""


def met(task: Task | None, call: Deed) -> Iterator[tuple[Limit, int]]:
    """Yield the limits that a call stands at (0) or just beyond (-1)."""
    for limit in LIMITS:
        if limit.verb == call.verb and (task or call.verb == "open_task"):
            margin = limit.margin(task, *call.args)
            if margin in (0, -1):
                yield limit, margin


def names_of(stood: list[tuple[Limit, int]], reason: str | None) -> list[str]:
    """Return what a call at its limits came to, as `Limit.names` would put it; nothing where something else decided."""
    decided = [(limit, margin) for limit, margin in stood if reason == (limit.reason if margin else None)]
    return [limit.names()[-margin] for limit, margin in decided]
