"""What a run has come to: counted, so that a test can prove that the random actors get deep."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.contracts.stateful.books import Book
from tests.contracts.stateful.brinks import BRINKS
from tests.contracts.stateful.call_rules import Deed
from tests.contracts.stateful.dossier import Dossier
from tests.contracts.stateful.limits import LIMITS

from fedmarket.domain.lifecycle import Status
from fedmarket.domain.reference.state import Task, Vote


@dataclass(frozen=True)
class Moment:
    """An accepted call of one task, after its effects: the fields of its events by name, and what is known by now."""

    deed: Deed
    events: dict[str, dict[str, Any]]
    task: Task
    book: Book
    dossier: Dossier
    gained: int

    def of(self, name: str, field: str) -> Any:
        """Return a field of an event that this call logged, None if it logged none."""
        return self.events.get(name, {}).get(field)

    @property
    def vote(self) -> Vote | None:
        """The vote by which this very call settled the task."""
        return self.dossier.settled_by if "TaskSettled" in self.events else None

    @property
    def settled(self) -> bool:
        """Whether this call settled the task."""
        return "TaskSettled" in self.events

    @property
    def fell_back(self) -> bool:
        """Whether this call brought the task into its fallback."""
        return "TaskFellBack" in self.events

    @property
    def cancelled(self) -> bool:
        """Whether this call closed the task as cancelled."""
        return bool(self.of("TaskClosed", "status") == Status.CANCELLED)


MILESTONES: dict[str, Callable[[Moment], bool]] = {
    "cancelled by the requester": lambda now: "TaskCancelled" in now.events,
    "cancelled for want of a start": lambda now: now.cancelled and not now.book.started,
    "cancelled without a round": lambda now: now.cancelled and now.book.started,
    "started": lambda now: "TaskStarted" in now.events,
    "started with fewer than the most": lambda now: (
        "TaskStarted" in now.events and now.task.providers < now.task.terms.max_providers
    ),
    "announced": lambda now: "UpdateAnnounced" in now.events,
    "empty round": lambda now: now.of("RoundCommitted", "n_updates") == 0,
    "lying round": lambda now: "RoundCommitted" in now.events and not now.dossier.truthful,
    "all rounds committed": lambda now: (
        now.of("RoundCommitted", "round") == now.task.terms.rounds and now.task.terms.rounds > 1
    ),
    "taken over": lambda now: "TakenOver" in now.events,
    "taken over twice": lambda now: "TakenOver" in now.events and len(now.book.stalled) == 2,
    "standby skipped": lambda now: len(now.book.stalled) < (now.of("TakenOver", "attempt") or 0),
    "stopped": lambda now: "TrainingStopped" in now.events,
    "training closed with rounds": lambda now: now.of("TaskClosed", "status") == Status.SCORING,
    "revealed after a missed commit": lambda now: "ScoresRevealed" in now.events and not now.task.commits_done_at,
    "voted after a missed reveal": lambda now: "Confirmed" in now.events and not now.task.reveals_done_at,
    "vote changed": lambda now: "Confirmed" in now.events and now.deed.sender in now.dossier.repented,
    "settled by a fair vote": lambda now: now.settled and now.dossier.fair,
    "settled by a lying vote": lambda now: now.settled and not now.dossier.fair,
    "settled under an allow-list": lambda now: now.settled and not now.task.terms.open_admission,
    "settled under listed prices": lambda now: now.settled and now.task.terms.priced,
    "settled under open admission": lambda now: now.settled and now.task.terms.open_admission,
    "settled by one evaluator": lambda now: now.settled and len(now.task.terms.evaluators) == 1,
    "settled by three evaluators": lambda now: now.settled and len(now.task.terms.evaluators) == 3,
    "settled by two of three": lambda now: now.settled and len(now.book.voters) == 2,
    "settled over a dissenting vote": lambda now: now.settled and len(set(now.task.ballots.values())) > 1,
    "evaluator forfeited by vote": lambda now: now.vote is not None and now.vote.forfeited > 0,
    "evaluator left unpaid by vote": lambda now: now.vote is not None and now.vote.unpaid > 0,
    "silent evaluator forfeited": lambda now: now.settled and len(now.book.revealers) < len(now.task.terms.evaluators),
    "provider bonds forfeited by vote": lambda now: now.vote is not None and now.vote.forfeits > 0,
    "debits voted": lambda now: now.vote is not None and now.vote.debits > 0,
    "bad round found": lambda now: now.vote is not None and now.vote.rounds_verified < now.task.round,
    "bad round of a standby found": lambda now: now.settled and (now.task.bad_seat or 0) > 0,
    "bad round of a stalled seat found": lambda now: now.settled and now.task.bad_seat in now.book.stalled,
    "fell back by vote": lambda now: now.fell_back and "Confirmed" in now.events,
    "fell back by silence": lambda now: now.fell_back and "TaskClosed" in now.events,
    "fell back by vote with a revealed seat unheard": lambda now: (
        now.fell_back and "Confirmed" in now.events and now.book.voters < now.book.revealers
    ),
    "fell back by silence among different votes": lambda now: (
        now.fell_back and "TaskClosed" in now.events and len(set(now.task.ballots.values())) > 1
    ),
    "fell back under listed prices": lambda now: now.fell_back and now.task.terms.priced,
    "fell back with nothing delivered": lambda now: (
        now.fell_back and now.dossier.truthful and not now.dossier.delivered
    ),
    "fell back after a lie": lambda now: now.fell_back and not now.dossier.truthful,
    "trigger rewarded": lambda now: now.deed.verb in ("close", "take_over") and now.gained > 0,
    "claimed": lambda now: now.deed.verb == "claim",
    "claimed with a debit": lambda now: now.deed.verb == "claim" and now.deed.args[3] > 0,
    "claimed after a lying vote": lambda now: now.deed.verb == "claim" and not now.dossier.fair,
    "claimed in a fallback": lambda now: now.deed.verb == "claim_fallback" and now.deed.args[4] > 0,
    "paid in a fallback after a lie": lambda now: (
        now.deed.verb == "claim_fallback" and not now.dossier.truthful and now.of("Claimed", "owed") > 0
    ),
    "paid by weight for a training cut short": lambda now: (
        now.deed.verb == "claim_fallback"
        and not now.task.terms.priced
        and now.task.terms.participation > 0
        and now.task.round < now.task.terms.rounds
        and now.of("Claimed", "owed") > 0
    ),
    "paid by price for a training cut short": lambda now: (
        now.deed.verb == "claim_fallback"
        and now.task.terms.priced
        and now.task.round < now.task.terms.rounds
        and now.of("Claimed", "owed") > 0
    ),
    "announcer took its bond": lambda now: now.deed.verb == "claim_fallback" and now.deed.args[4] == 0,
    "claimed with an earlier round's leaf": lambda now: (
        now.deed.verb == "claim_fallback" and now.deed.args[4] > 0 and now.deed.args[2] < now.task.round
    ),
    "claimed for another": lambda now: (
        now.deed.verb in ("claim", "claim_fallback") and now.deed.sender != now.deed.args[1]
    ),
    "seat claimed": lambda now: now.deed.verb == "claim_seat",
    "first of three aggregators paid": lambda now: (
        (now.of("SeatClaimed", "fee") or 0) > 0
        and now.deed.args[1] == now.task.terms.aggregators[0]
        and set(now.book.committers) == {0, 1, 2}
    ),
    "rest refunded": lambda now: now.deed.verb == "refund" and now.task.status is not Status.CANCELLED,
    "refunded after a cancel": lambda now: now.deed.verb == "refund" and now.task.status is Status.CANCELLED,
    "swept after a settlement": lambda now: now.deed.verb == "sweep" and now.task.status is Status.SETTLED,
    "swept after a fallback": lambda now: now.deed.verb == "sweep" and now.task.status is Status.FALLBACK,
}
"""By name, what an accepted call must have done; the depth test demands each of them."""

AT_ONCE = "three tasks at once"
"""Noted where it happens: it is no call's doing."""

REFUSALS: dict[str, frozenset[str]] = {
    verb: frozenset(reasons.split())
    for verb, reasons in {
        "open_task": (
            "amount_too_large bad_aggregators bad_patience bad_provider_limits bad_rounds bad_royalty "
            "bad_seat bad_weight_limits bad_window bond_too_small evaluators_not_odd no_escrow "
            "no_terms one_role_only open_with_participation open_with_prices payment_failed "
            "reward_too_large task_exists"
        ),
        "take_seat": "not_a_seat payment_failed seat_taken start_deadline_passed unknown_task wrong_status",
        "join": (
            "amount_too_large bad_weight join_deadline_passed not_admitted one_role_only "
            "open_with_prices payment_failed task_full too_much_weight unknown_task wrong_status"
        ),
        "cancel": "not_the_requester start_deadline_passed unknown_task wrong_status",
        "start": (
            "joining_open seat_empty start_deadline_passed too_few_providers too_little_weight "
            "unknown_task wrong_status"
        ),
        "announce": "not_a_provider submit_deadline_passed unknown_task wrong_round wrong_status",
        "commit_round": (
            "empty_commitment not_the_aggregator round_deadline_passed submission_open "
            "too_many_updates too_much_weight unknown_task weight_without_updates wrong_round "
            "wrong_status"
        ),
        "take_over": "not_a_standby not_your_turn training_deadline_passed unknown_task wrong_status",
        "stop": "not_the_requester round_deadline_passed too_early unknown_task wrong_status",
        "close": "too_early unknown_task wrong_status",
        "commit_scores": (
            "already_committed commit_deadline_passed empty_commitment not_an_evaluator unknown_task wrong_status"
        ),
        "reveal_scores": (
            "already_revealed commits_open never_committed not_an_evaluator reveal_deadline_passed "
            "unknown_task wrong_status wrong_table"
        ),
        "confirm": (
            "already_confirmed bad_best_round bad_rounds_verified bad_seats bad_vote bonds_exceeded "
            "confirm_deadline_passed debit_without_rule debits_not_owed never_revealed not_an_evaluator "
            "owed_exceeds_budget reveals_open sum_mismatch too_few_agree unknown_task wrong_status"
        ),
        "claim": "bonds_exhausted nothing_owed owed_exhausted unknown_task wrong_proof wrong_status",
        "claim_fallback": (
            "bonds_exhausted never_delivered not_yours nothing_owed too_many_delivered unknown_task "
            "wrong_proof wrong_round_slot wrong_status"
        ),
        "claim_seat": "nothing_owed unknown_task wrong_status",
        "refund": "nothing_owed unknown_task wrong_status",
        "sweep": "nothing_owed too_early unknown_task wrong_status",
        "flush_forfeits": "nothing_owed",
    }.items()
}
"""By verb, every reason for which it refuses; the depth test demands each of them, and that there is no other."""


def wanted(times: int) -> dict[str, int]:
    """Return how often each thing must be reached: milestones so many times, refusals, brinks and limits once."""
    refusals = (f"{verb}: {reason}" for verb, reasons in REFUSALS.items() for reason in reasons)
    edges = (name for edge in (*BRINKS, *LIMITS) for name in edge.names())
    return dict.fromkeys((*MILESTONES, AT_ONCE), times) | dict.fromkeys((*refusals, *edges), 1)


def missing(reached: Counter[str], times: int) -> list[str]:
    """Return what was reached less often than wanted, with how often it was."""
    return [f"{name} ({reached[name]})" for name, least in wanted(times).items() if reached[name] < least]


def unknown(reached: Counter[str]) -> set[str]:
    """Return the refusals that were met and are in no list."""
    return {name for name in reached if ": " in name} - set(wanted(1))
